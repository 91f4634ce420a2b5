// A QR code as an SVG image (CK-22): level M, four modules of margin, dark on white in every theme.

import { encode } from 'uqr'

const MARGIN = 4
const DARK = '#111111'

/**
 * An SVG document whose code holds exactly `content`. Throws when it is too long for a code.
 * The content goes into the picture only, never into its text.
 */
export function qrSvg(content: string): string {
  const { data, size } = encode(content, { ecc: 'M', border: MARGIN })
  const path = data.map((row, y) => rowPath(row, y)).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="264" height="264" shape-rendering="crispEdges"><path fill="#ffffff" d="M0 0h${size}v${size}H0z"/><path fill="${DARK}" d="${path}"/></svg>`
}

// One horizontal stroke per run of dark modules keeps the picture small.
function rowPath(row: readonly boolean[], y: number): string {
  let path = ''
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue
    const start = x
    while (row[x + 1]) x += 1
    path += `M${start} ${y}h${x - start + 1}v1h-${x - start + 1}z`
  }
  return path
}
