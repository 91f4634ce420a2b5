// The frame of every page the hub serves: document, head, footer.

import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../web/checkout/languages.ts'
import { COIN_PATH } from '../../web/checkout/signs.ts'
import { type Html, html } from './html.ts'
import { ICON_ADDRESS } from './icon.ts'

export interface Document {
  language: Language
  title: string
  /** Address of the style sheet. */
  style: string
  head?: Html | null
  body: Html
}

/** A whole document. Every page may be opened by its address only, so none is indexed. */
export function documentOf({ language, title, style, head, body }: Document): string {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no">
<link rel="icon" href="${ICON_ADDRESS}">
<link rel="stylesheet" href="${style}">
${head}
</head>
<body>${body}</body>
</html>
`.text
}

export function coin(): Html {
  return html`<svg class="coin" viewBox="0 0 20 20" aria-hidden="true"><path d="${COIN_PATH}"></path></svg>`
}

export function brand(): Html {
  return html`<span class="brand">${coin()}<span><span lang="zh-CN">通宝</span> Tongbao</span></span>`
}

/** The same page in the other languages. */
export function languageLinks(language: Language, label: string): Html {
  const links = LANGUAGES.map((name) => {
    const current = name === language ? html` aria-current="true"` : null
    return html`<a href="?lang=${name}" lang="${name}"${current}>${LANGUAGE_NAMES[name]}</a>`
  })
  return html`<nav class="languages" aria-label="${label}">${links}</nav>`
}

/** Foot of a page of text. */
export function paperFoot(): Html {
  return html`<footer class="paper-foot no-print">${brand()}</footer>`
}
