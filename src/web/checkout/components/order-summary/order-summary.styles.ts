// Who is paid, how much, for what.

export const orderSummaryStyles = `
.order { display: flex; flex-direction: column; gap: 1.35rem; min-width: 0; }
.merchant { display: flex; align-items: center; gap: 0.75rem; font-size: 1.125rem; font-weight: 650;
  line-height: 1.3; overflow-wrap: anywhere; }
.avatar {
  flex: none; display: grid; place-items: center; width: 44px; height: 44px; border-radius: 12px;
  background: var(--accent); color: var(--accent-ink); font-size: 1.25rem; font-weight: 600;
}
.order-title { font-size: 1rem; font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
.order-amount { display: flex; flex-direction: column; }
.order-amount .label { color: var(--soft); font-size: 0.875rem; }
.amount {
  font-size: clamp(1.9rem, 1.5rem + 2.4vw, 2.6rem); font-weight: 680; line-height: 1.2;
  letter-spacing: -0.02em; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.amount .code { font-size: 0.42em; font-weight: 550; letter-spacing: 0.04em; color: var(--soft); }
.items summary { padding-right: 4px; display: inline-flex; align-items: center; gap: 0.4rem; min-height: 44px;
  cursor: pointer; color: var(--soft); font-size: 0.9375rem; list-style: none; }
.items summary::-webkit-details-marker { display: none; }
.items summary::after { content: ""; width: 7px; height: 7px; border: solid currentcolor;
  border-width: 0 1.6px 1.6px 0; transform: translateY(-2px) rotate(45deg); }
.items[open] summary::after { transform: translateY(2px) rotate(225deg); }
.items ul { border-top: 1px solid var(--line); }
.items li { display: flex; justify-content: space-between; gap: 1rem; padding: 0.6rem 0;
  border-bottom: 1px solid var(--line); font-size: 0.9375rem; }
.items li > :first-child { overflow-wrap: anywhere; min-width: 0; }
.items li > :last-child { flex: none; font-variant-numeric: tabular-nums; }
.items .count { color: var(--soft); white-space: nowrap; }
.order-facts { font-size: 0.875rem; }
@media (max-width: 51.99rem) {
  .order { gap: 0.6rem; }
  .avatar { width: 36px; height: 36px; border-radius: 10px; font-size: 1.05rem; }
}
`
