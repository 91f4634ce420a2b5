// Proves that nothing a merchant or payer wrote can become markup.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html, jsonForHtml } from './html.ts'

test('every value is escaped, in text and in attributes', () => {
  const evil = `"><script>alert(1)</script>'\``
  assert.equal(
    html`<a title="${evil}">${evil}</a>`.text,
    '<a title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#96;">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#96;</a>',
  )
})

test('nested HTML stays, lists are joined, nothing is left out as nothing', () => {
  assert.equal(
    html`<ul>${['a<', html`<b>c</b>`]}${null}${false}${undefined}${0}</ul>`.text,
    '<ul>a&lt;<b>c</b>0</ul>',
  )
})

test('embedded data cannot end its element and reads back equal', () => {
  const data = { name: '</script><!--<script>&\u2028' }
  const { text } = jsonForHtml(data)
  assert.doesNotMatch(text, /[<>&\u2028]/)
  assert.deepEqual(JSON.parse(text), data)
})
