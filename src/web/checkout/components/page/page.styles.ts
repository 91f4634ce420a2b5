// The shell: ribbon, merchant, two columns on a wide screen and one on a phone, footer.

export const pageStyles = `
tb-page, tb-order-summary, tb-wallet-list, tb-address-panel, tb-qr-panel, tb-waiting, tb-problem-panel, tb-success,
tb-ended, tb-help { display: contents; }
.ribbon {
  padding: 0.4rem 1rem; background: var(--calm-tint); color: var(--calm); text-align: center;
  font-size: 0.875rem; font-weight: 600; border-bottom: 1px solid var(--line);
}
.offline {
  position: sticky; top: 0; z-index: 2; padding: 0.7rem 1rem; background: var(--ink);
  color: var(--paper); text-align: center; font-size: 0.9375rem; font-weight: 550;
}
.page {
  min-height: 100dvh; max-width: 60rem; margin: 0 auto; padding: 0 1.25rem;
  display: flex; flex-direction: column;
}
.ribbon ~ .page { min-height: calc(100dvh - 2.2rem); }
.columns { display: flex; flex-direction: column; margin: 0 -1.25rem; background: var(--sheet); }
.order { padding: 1.25rem; background: var(--tint); border-bottom: 1px solid var(--line); }
.side { padding: 1.5rem 1.25rem; display: flex; flex-direction: column; gap: 1.5rem; }
.stage { display: flex; flex-direction: column; min-height: 12rem; }
.foot {
  margin-top: auto; padding: 1rem 0 1.25rem; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem;
  align-items: center; justify-content: space-between; color: var(--soft); font-size: 0.875rem;
}
.brand { display: inline-flex; align-items: center; gap: 0.45rem; min-height: 44px; }
.coin { width: 20px; height: 20px; fill: none; stroke: currentcolor; stroke-width: 1.6; }
.languages { display: flex; flex-wrap: wrap; margin: 0 -0.5rem; }
.languages a {
  display: inline-flex; align-items: center; justify-content: center; min-height: 44px;
  min-width: 44px; padding: 0 0.5rem; color: var(--soft); text-decoration: none;
}
.languages a:hover { color: var(--ink); text-decoration: underline; }
.languages a[aria-current] { color: var(--ink); font-weight: 600; }
@media (min-width: 52rem) {
  .page { padding-top: clamp(1.5rem, 6vh, 4.5rem); }
  .columns {
    flex-direction: row; margin: 0; border: 1px solid var(--line); border-radius: 22px;
    overflow: hidden; box-shadow: var(--shadow);
  }
  .order { flex: 1 1 44%; padding: 2.25rem; border-bottom: 0; border-right: 1px solid var(--line); }
  .side { flex: 1 1 56%; padding: 2.25rem; }
  .stage { flex: 1; min-height: 25rem; }
}
@media print { .foot, .ribbon { display: none; } }
`
