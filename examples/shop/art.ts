// The shop's pictures: one flat drawing per good, the hills of the front page, the seal.

import { drawing, type Html } from './html.ts'

const picture = (ground: string, shapes: string): Html =>
  drawing(
    `<svg class="art" viewBox="0 0 200 200" aria-hidden="true"><rect width="200" height="200" fill="${ground}"/>${shapes}</svg>`,
  )

const leaf = (turn: number, length: number, fill: string, vein: string) =>
  `<g transform="translate(100 158) rotate(${turn})"><path d="M0 0C-${length * 0.34} -${length * 0.3} -${length * 0.26} -${length * 0.78} 0 -${length}C${length * 0.26} -${length * 0.78} ${length * 0.34} -${length * 0.3} 0 0Z" fill="${fill}"/><path d="M0 -4V-${length * 0.82}" stroke="${vein}" stroke-width="1.6" stroke-linecap="round"/></g>`

const card = (turn: number, sky: string, shapes: string) =>
  `<g transform="translate(15 12) scale(.85) rotate(${turn} 100 250)"><rect x="62" y="46" width="76" height="104" rx="4" fill="#fbf8f1"/><rect x="68" y="52" width="64" height="92" rx="2" fill="${sky}"/>${shapes}</g>`

const ART: Record<string, Html> = {
  longjing: picture(
    '#d9e0c8',
    `<ellipse cx="100" cy="162" rx="58" ry="7" fill="#b9c5a2"/>${leaf(-46, 84, '#7d9a58', '#5f7c40')}${leaf(44, 92, '#6a8a49', '#506d33')}${leaf(-4, 116, '#93ae69', '#6f8d4a')}<path d="M100 158v14" stroke="#506d33" stroke-width="4" stroke-linecap="round"/>`,
  ),
  dancong: picture(
    '#ead6c1',
    `<ellipse cx="101" cy="157" rx="64" ry="8" fill="#d5b897"/><path d="M143 96c30-8 34 42-3 40" fill="none" stroke="#8a4b32" stroke-width="9" stroke-linecap="round"/><path d="M60 118C44 116 40 100 28 90" fill="none" stroke="#8a4b32" stroke-width="12" stroke-linecap="round"/><path d="M54 112c0-22 20-36 46-36s48 14 48 36c0 26-18 44-48 44s-46-18-46-44Z" fill="#a65d3f"/><path d="M62 96c10-13 22-20 38-20s30 7 40 20c-26 8-54 8-78 0Z" fill="#b96e4d"/><circle cx="101" cy="68" r="8" fill="#8a4b32"/><path d="M70 118c2 14 9 23 20 28" fill="none" stroke="#c58562" stroke-width="4" stroke-linecap="round"/><path d="M88 50c-6-8 6-12 0-22M112 50c-6-8 6-12 0-22" fill="none" stroke="#fff8ee" stroke-width="3" stroke-linecap="round" opacity=".85"/>`,
  ),
  white: picture(
    '#e5ded2',
    `<ellipse cx="100" cy="160" rx="66" ry="8" fill="#cdc2b0"/><g fill="#9c8a6e"><path d="M42 132c0-12 26-20 58-20s58 8 58 20v10c0 12-26 20-58 20s-58-8-58-20Z"/></g><ellipse cx="100" cy="132" rx="58" ry="20" fill="#b7a586"/><path d="M52 100c0-11 22-18 48-18s48 7 48 18v10c0 11-22 18-48 18s-48-7-48-18Z" fill="#8d7b60"/><ellipse cx="100" cy="100" rx="48" ry="18" fill="#bfae90"/><ellipse cx="100" cy="98" rx="16" ry="5" fill="#a08e71"/><path d="M64 96c6-4 12-6 18-7M124 108c6-1 12-3 16-6M78 110l10 2M118 91l12 3" stroke="#8d7b60" stroke-width="2.4" stroke-linecap="round"/><path d="M116 74c10-20 22-26 36-28-4 16-14 26-36 28Z" fill="#8fa06f"/>`,
  ),
  gaiwan: picture(
    '#cfe0d8',
    `<ellipse cx="100" cy="160" rx="66" ry="9" fill="#afc8bd"/><path d="M48 148h104c-8 10-24 14-52 14s-44-4-52-14Z" fill="#8fb5a5"/><path d="M50 90h100c0 34-18 58-50 58S50 124 50 90Z" fill="#a9cabb"/><path d="M50 90h100c0 6-1 11-2 16-28 7-68 7-96 0-1-5-2-10-2-16Z" fill="#bcd8cb"/><path d="M56 86c6-22 24-30 44-30s38 8 44 30Z" fill="#a1c4b4"/><path d="M88 56c0-10 4-14 12-14s12 4 12 14Z" fill="#8fb5a5"/><path d="M66 110l12 14-6 12M124 108l-8 16 10 12M96 114l4 20" fill="none" stroke="#86ab9b" stroke-width="1.4"/><ellipse cx="100" cy="88" rx="54" ry="5" fill="#cfe5da"/>`,
  ),
  ink: picture(
    '#d5d4d2',
    `<ellipse cx="100" cy="164" rx="62" ry="7" fill="#bdbbb8"/><path d="M46 138c0-9 24-15 54-15s54 6 54 15v10c0 9-24 15-54 15s-54-6-54-15Z" fill="#3f3f43"/><ellipse cx="100" cy="138" rx="54" ry="15" fill="#55555a"/><ellipse cx="92" cy="139" rx="34" ry="8" fill="#26262a"/><g transform="rotate(24 112 92)"><rect x="98" y="36" width="28" height="104" rx="4" fill="#1d1d20"/><rect x="102" y="40" width="20" height="96" rx="2" fill="none" stroke="#b08d4c" stroke-width="1.4"/><text class="glyph" font-size="15" fill="#c9a35c"><tspan x="112" y="66">松</tspan><tspan x="112" y="90">烟</tspan><tspan x="112" y="114">墨</tspan></text></g>`,
  ),
  brush: picture(
    '#e8dfc8',
    `<path d="M34 158c30-18 52 10 84-4 16-7 26-16 46-14-18 4-22 18-44 24-30 8-56-10-86-6Z" fill="#2b2a28" opacity=".9"/><g transform="rotate(38 100 100)"><rect x="95" y="-6" width="10" height="108" rx="4" fill="#b58b4f"/><path d="M95 26h10M95 62h10" stroke="#94703c" stroke-width="2.4"/><rect x="93" y="98" width="14" height="10" rx="2" fill="#6b3a26"/><path d="M93 108c-4 18 0 34 7 52 7-18 11-34 7-52Z" fill="#f3ead8"/><path d="M93.5 132c1 9 3 18 6.5 28 3.5-10 5.5-19 6.5-28-4 4-9 4-13 0Z" fill="#2b2a28"/></g>`,
  ),
  notebook: picture(
    '#cdd6de',
    `<g transform="rotate(-7 100 100)"><path d="M58 44h92v118H58Z" fill="#f4efe2"/><path d="M54 40h92v118H54Z" fill="#34506b"/><path d="M54 40h14v118H54Z" fill="#2a4259"/><path d="M68 40v118M54 56h14M54 82h14M54 116h14M54 142h14" stroke="#e9e1cc" stroke-width="2"/><rect x="100" y="52" width="32" height="68" fill="#f4efe2"/><text class="glyph" font-size="22" fill="#33302a"><tspan x="116" y="80">手</tspan><tspan x="116" y="107">札</tspan></text><rect x="111" y="128" width="11" height="11" rx="2" fill="#b23a24"/></g>`,
  ),
  postcards: picture(
    '#e6d3cf',
    card(
      -21,
      '#e9eef2',
      '<path d="M68 124l22-26 16 14 26-22v54H68Z" fill="#b9c6d0"/><circle cx="92" cy="72" r="2" fill="#fff"/><circle cx="112" cy="80" r="2" fill="#fff"/><circle cx="104" cy="64" r="2" fill="#fff"/>',
    ) +
      card(
        -7,
        '#ecc98f',
        '<path d="M68 120c20-14 42-14 64 2v22H68Z" fill="#c07a3a"/><circle cx="112" cy="76" r="9" fill="#e2703a"/>',
      ) +
      card(
        7,
        '#bcdcd4',
        '<path d="M68 122c14-8 20 4 34-2s20-6 30 0v24H68Z" fill="#5f9a8c"/><circle cx="84" cy="74" r="10" fill="#f6e7a8"/>',
      ) +
      card(
        21,
        '#f6e4e4',
        '<path d="M76 140c12-22 12-44 34-66" fill="none" stroke="#6b4a3c" stroke-width="3" stroke-linecap="round"/><g fill="#e08e9b"><circle cx="110" cy="74" r="6"/><circle cx="98" cy="90" r="5"/><circle cx="112" cy="92" r="4"/><circle cx="88" cy="108" r="5"/><circle cx="104" cy="112" r="4"/></g>',
      ),
  ),
}

const NOTHING = drawing('')

export function art(goodId: string): Html {
  return ART[goodId] ?? NOTHING
}

export const HILLS = drawing(
  `<svg class="hills" viewBox="0 0 1200 320" preserveAspectRatio="xMaxYMax slice" aria-hidden="true"><circle class="sun" cx="930" cy="104" r="46"/><path class="hill far" d="M0 236c90-30 150-96 236-84 74 10 96 62 176 54 96-10 130-128 248-128 108 0 140 96 236 92 92-4 128-66 196-66 46 0 78 24 108 50v166H0Z"/><path class="hill mid" d="M0 268c110-10 168-66 268-58 92 8 132 58 232 46 110-14 170-82 290-72 104 8 146 60 240 56 68-2 116-26 170-40v120H0Z"/><path class="hill near" d="M0 292c150-34 280-6 420 0 190 8 300-46 470-40 120 4 210 30 310 20v48H0Z"/><g class="boat" transform="translate(232 6)"><path d="M560 272c18 8 52 8 70-1-6 12-14 15-34 15s-30-4-36-14Z"/><path d="M592 271c0-14 6-20 16-20s15 6 17 19Z"/><path d="M572 270v-34" stroke-width="2.5"/></g></svg>`,
)

export const SEAL = drawing(
  '<svg class="seal" viewBox="0 0 40 40" aria-hidden="true"><rect x="1" y="1" width="38" height="38" rx="8"/><path d="M6.5 27.5 13 16l3.3 5.200L21 10l12.5 17.500h-7L21 18.600l-3.4 8.900H15l-2.2-5.3-3 5.300Z"/><path d="M8 30.600c4-1.8 8-1.8 12 0s8 1.8 12 0v2c-4 1.8-8 1.8-12 0s-8-1.8-12 0Z"/></svg>',
)

export const CART = drawing(
  '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9h16l-1.6 10.200a1 1 0 0 1-1 .8H6.600a1 1 0 0 1-1-.8ZM8 9c0-6 8-6 8 0" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"/></svg>',
)
