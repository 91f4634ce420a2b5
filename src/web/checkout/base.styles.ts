// Colours, type and the parts every screen uses: buttons, titles, cards of facts, notices.

export const baseStyles = `
:root {
  color-scheme: light dark;
  --paper: #f3f1ec; --sheet: #ffffff; --tint: #faf8f4; --line: #e4e0d7;
  --ink: #1d1b16; --soft: #5f5a50; --accent: #0b6350; --accent-pressed: #084b3d; --accent-ink: #fff;
  --good: #17703f; --good-tint: #e6f4ea; --bad: #a9261c; --bad-tint: #fdecea;
  --calm: #6b4c06; --calm-tint: #fbf2dc; --focus: #0b57d0;
  --wallet: #3c4043; --wallet-pressed: #202124; --wallet-ink: #fff;
  --round: 14px;
  --shadow: 0 1px 2px rgb(60 50 30 / 6%), 0 12px 40px -12px rgb(60 50 30 / 14%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12120f; --sheet: #1c1c19; --tint: #21211d; --line: #35342e;
    --ink: #f2f0e9; --soft: #b3aea2; --accent: #5cc7a9; --accent-pressed: #83d9c1;
    --accent-ink: #06261e; --good: #6fd39a; --good-tint: #173524; --bad: #ff9c92;
    --bad-tint: #3b1c19; --calm: #efc96e; --calm-tint: #352b13; --focus: #9cc2ff;
    --shadow: 0 0 0 1px rgb(255 255 255 / 3%), 0 12px 40px -12px rgb(0 0 0 / 60%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; background: var(--paper); }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 400 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
:lang(zh-TW) body, body:lang(zh-TW) {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "PingFang TC", "Microsoft JhengHei",
    "Noto Sans CJK TC", "Noto Sans TC", sans-serif;
}
body:lang(ja) {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Hiragino Sans",
    "Hiragino Kaku Gothic ProN", "Yu Gothic UI", "Noto Sans CJK JP", "Noto Sans JP", sans-serif;
}
:lang(zh), :lang(ja) { line-break: strict; text-spacing-trim: normal; text-autospace: normal; }
h1, h2, p, dl, dd, ul { margin: 0; padding: 0; }
ul { list-style: none; }
a { color: var(--accent); text-underline-offset: 0.2em; }
button { font: inherit; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; border-radius: 6px; }
[hidden] { display: none !important; }
.sr {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.screen { display: flex; flex-direction: column; gap: 1.25rem; animation: arrive 0.24s ease-out; }
@keyframes arrive { from { opacity: 0; transform: translateY(4px); } }
.screen-title { font-size: 1.3rem; line-height: 1.35; font-weight: 650; text-wrap: balance; }
.screen-title:focus { outline: none; }
.screen-text { color: var(--soft); text-wrap: balance; overflow-wrap: anywhere; }
.words { display: flex; flex-direction: column; gap: 0.4rem; }
.actions { display: flex; flex-direction: column; gap: 0.65rem; }
.button {
  display: flex; align-items: center; justify-content: center; gap: 0.65rem; width: 100%;
  min-height: 50px; padding: 0.6rem 1rem; border: 1px solid transparent; border-radius: var(--round);
  background: var(--accent); color: var(--accent-ink); font-weight: 600; font-size: 1.0625rem;
  line-height: 1.3; text-align: center; text-decoration: none; cursor: pointer;
  transition: background-color 0.15s;
}
.button:hover { background: var(--accent-pressed); }
.button:disabled { opacity: 0.6; cursor: default; }
.button.second { background: transparent; color: var(--ink); border-color: var(--line); }
.button.second:hover { background: var(--tint); border-color: var(--soft); }
.link {
  align-self: center; display: inline-flex; align-items: center; justify-content: center;
  min-height: 44px; padding: 0.25rem 0.75rem; border: 0; background: none; color: var(--accent);
  font-weight: 550; text-align: center; text-decoration: underline; text-decoration-thickness: 1px;
  text-underline-offset: 0.25em; cursor: pointer;
}
.facts { display: grid; grid-template-columns: auto 1fr; gap: 0.5rem 1.25rem; font-size: 0.9375rem; }
.facts dt { color: var(--soft); }
.facts dd { text-align: right; text-wrap: balance; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.notice {
  display: flex; flex-direction: column; gap: 0.2rem; padding: 0.85rem 1rem;
  border-radius: var(--round); background: var(--calm-tint); color: var(--ink); font-size: 0.9375rem;
}
.notice strong { color: var(--calm); font-weight: 650; }
.sign { width: 56px; height: 56px; border-radius: 50%; padding: 14px; fill: none; stroke-width: 2.4;
  stroke: currentcolor; stroke-linecap: round; stroke-linejoin: round; }
.sign-good { background: var(--good-tint); color: var(--good); }
.sign-bad { background: var(--bad-tint); color: var(--bad); }
.sign-calm { background: var(--calm-tint); color: var(--calm); }
.spinner {
  width: 44px; height: 44px; border-radius: 50%; border: 3px solid var(--line);
  border-top-color: var(--accent); animation: turn 0.9s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 0s !important; transition: none !important; }
  .spinner { animation: none; border-style: dotted; border-color: var(--accent); }
}
@media (forced-colors: active) { .button { border-color: ButtonText; } }
`
