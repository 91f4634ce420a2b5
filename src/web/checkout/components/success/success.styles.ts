// Paid: the one screen that may be a little festive.

export const successStyles = `
.success .sign { width: 64px; height: 64px; padding: 16px; }
.success .sign path { stroke-dasharray: 24; animation: draw 0.45s 0.1s ease-out backwards; }
@keyframes draw { from { stroke-dashoffset: 24; } }
.success .facts { padding: 1rem 0; border-top: 1px solid var(--line);
  border-bottom: 1px solid var(--line); }
.success .facts .sum { font-weight: 650; color: var(--ink); }
`
