// A payment to an address: the code, then what to send, each line with its copy button.

export const addressPanelStyles = `
.address { align-items: center; text-align: center; }
.address .actions, .address .words, .address .facts, .address details { width: 100%; }
.address .facts { text-align: left; border-top: 1px solid var(--line); padding-top: 1rem; gap: 0.25rem 1rem; }
.address .facts dt { align-self: center; }
.address .facts dd { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end;
  column-gap: 0.75rem; min-height: 44px; }
.address .copy { padding: 0; align-self: center; }
.chunks { font: 500 0.9375rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.chunks span { display: inline-block; margin-inline-start: 0.4em; }
.chunks span:nth-child(2n) { color: var(--accent); }
.address details summary { min-height: 44px; display: inline-flex; align-items: center; cursor: pointer;
  color: var(--accent); font-weight: 550; text-decoration: underline; text-underline-offset: 0.25em;
  list-style: none; }
.address details summary::-webkit-details-marker { display: none; }
.address details .qr-card { margin: 0.5rem auto; }
.steps { display: flex; gap: 6px; width: min(100%, 264px); }
.steps li { flex: 1; height: 8px; border-radius: 4px; background: var(--line); }
.steps li.done { background: var(--accent); }
`
