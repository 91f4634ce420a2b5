// A template tag that escapes every value, so that no page can forget to.

/** Text that is HTML already; only {@link html} and {@link drawing} make it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Value = string | number | Html | false | undefined | readonly Html[]

export function html(pieces: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(pieces.reduce((text, piece, index) => text + render(values[index - 1]) + piece))
}

/** SVG written in this shop's own files. */
export function drawing(svg: string): Html {
  return new Html(svg)
}

function render(value: Value): string {
  if (value === false || value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
