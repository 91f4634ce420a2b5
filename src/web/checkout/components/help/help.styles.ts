// Help: always at the same place, at the foot of the payment column.

export const helpStyles = `
.help { border-top: 1px solid var(--line); padding-top: 0.5rem; }
.help summary { display: flex; align-items: center; gap: 0.5rem; min-height: 44px; cursor: pointer;
  font-weight: 550; color: var(--soft); list-style: none; }
.help summary::-webkit-details-marker { display: none; }
.help summary::before { content: "?"; display: grid; place-items: center; width: 22px; height: 22px;
  border: 1.5px solid currentcolor; border-radius: 50%; font-size: 0.8rem; font-weight: 650; }
.help[open] summary { color: var(--ink); }
.help-body { display: flex; flex-direction: column; gap: 0.75rem; padding: 0.25rem 0 0.5rem;
  font-size: 0.9375rem; }
.help-body .facts { align-items: center; row-gap: 0; }
.help-body :is(dt, dd) { display: flex; align-items: center; min-height: 44px; }
.help-body dd { flex-wrap: wrap; justify-content: flex-end; column-gap: 0.75rem; }
.help-body dd a { display: inline-flex; align-items: center; min-height: 44px; }
.help-body .copy { min-height: 44px; padding: 0; }
.help-number { font-size: 0.8125rem; overflow-wrap: anywhere; }
`
