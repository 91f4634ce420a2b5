// Pages of text: receipt, problem pages, not found. Reads well on a screen and prints on A4 and on
// the 80 mm rolls of counter printers.

import { baseStyles } from '../checkout/base.styles.ts'

const receiptStyles = `
.paper { max-width: 40rem; margin: 0 auto; padding: clamp(1rem, 5vw, 3rem) 1.25rem; }
.paper-sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 18px;
  padding: clamp(1.25rem, 5vw, 2.5rem); box-shadow: var(--shadow); display: flex;
  flex-direction: column; gap: 1.25rem; }
.paper h1 { font-size: 1.5rem; line-height: 1.3; font-weight: 680; text-wrap: balance; }
.paper h2 { font-size: 1.0625rem; font-weight: 650; margin-bottom: 0.5rem; }
.paper-foot { margin-top: 1rem; color: var(--soft); font-size: 0.875rem; display: flex;
  align-items: center; gap: 0.45rem; }
.brand { display: inline-flex; align-items: center; gap: 0.45rem; }
.coin { width: 20px; height: 20px; fill: none; stroke: currentcolor; stroke-width: 1.6; }
.ribbon { padding: 0.4rem 1rem; background: var(--calm-tint); color: var(--calm); text-align: center;
  font-size: 0.875rem; font-weight: 600; }
.receipt-head { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap;
  align-items: baseline; }
.receipt-kind { color: var(--soft); font-size: 0.9375rem; }
.lines { width: 100%; border-collapse: collapse; font-size: 0.9375rem;
  font-variant-numeric: tabular-nums; }
.lines th { text-align: left; color: var(--soft); font-weight: 500; font-size: 0.875rem; }
.lines th, .lines td { padding: 0.55rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; }
.lines td + td, .lines th + th, .lines tfoot td { text-align: right; padding-left: 0.75rem; white-space: nowrap; }
.lines tfoot td, .lines tfoot th { border-bottom: 0; padding: 0.3rem 0; font-weight: 400;
  font-size: 0.9375rem; }
.lines tfoot tr:first-child > * { padding-top: 0.8rem; }
.lines tfoot th { color: inherit; }
.lines .total > * { font-weight: 680; font-size: 1.125rem; }
.receipt-note { padding: 0.75rem 1rem; border-radius: var(--round); background: var(--tint);
  border: 1px solid var(--line); color: var(--soft); font-size: 0.875rem; }
.bilingual { display: grid; gap: 1.75rem; }
.code-name { font: 500 0.9375rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  color: var(--soft); overflow-wrap: anywhere; }
.paper section { display: flex; flex-direction: column; gap: 0.4rem; }
@media print {
  @page { margin: 14mm; }
  :root { --paper: #fff; --sheet: #fff; --tint: #fff; --line: #bbb; --ink: #000; --soft: #333; }
  body { font-size: 10.5pt; }
  .paper { padding: 0; max-width: none; }
  .paper-sheet { border: 0; box-shadow: none; padding: 0; gap: 0.9rem; }
  .no-print { display: none !important; }
  .lines tr { break-inside: avoid; }
}
@media print and (max-width: 90mm) {
  @page { margin: 3mm; }
  body { font-size: 8.5pt; line-height: 1.4; }
  .paper h1 { font-size: 12pt; }
  .facts { display: block; }
  .facts dd { text-align: left; margin-bottom: 0.3rem; }
  .lines, .facts { font-size: 8.5pt; }
  .lines .total > * { font-size: 10pt; }
  .receipt-note { padding: 0.4rem 0; border-width: 1px 0; border-radius: 0; }
}
`

export const paperStyles = `${baseStyles}\n${receiptStyles}`
