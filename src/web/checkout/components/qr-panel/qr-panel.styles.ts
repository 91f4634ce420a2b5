// The code: dark on white in both themes, as large as a phone finds comfortable.

export const qrPanelStyles = `
.qr { align-items: center; text-align: center; }
.qr .actions { width: 100%; }
.qr-heading { display: inline-flex; align-items: center; justify-content: center; gap: 0.6rem; }
.qr-card {
  position: relative; padding: 6px; border-radius: 18px; background: #fff;
  border: 1px solid var(--line); width: min(100%, 264px);
}
.qr-card img { display: block; width: 100%; min-width: 200px; height: auto; aspect-ratio: 1;
  border-radius: 12px; background: #fff; }
.qr-card.old img { opacity: 0.07; }
.qr-blank { aspect-ratio: 1; display: grid; place-items: center; }
.qr-blank .spinner { border-color: #e4e0d7; border-top-color: #0b6350; }
.qr-amount { font-size: 1.35rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.qr-time { color: var(--soft); font-variant-numeric: tabular-nums; font-size: 0.9375rem; }
.qr-test { display: inline-flex; flex-wrap: wrap; align-items: center; justify-content: center;
  gap: 0 0.5rem; padding: 0.25rem 0.75rem; border: 1px dashed var(--calm); border-radius: var(--round);
  background: var(--calm-tint); font-size: 0.9375rem; }
.qr-test span { color: var(--calm); font-weight: 650; }
.qr-test .link { padding: 0.25rem; color: var(--ink); }
.qr-row { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 0.5rem; }
`
