// Wallet buttons: equal size, the wallet's color and logo; from the fourth on a row in a list.

export const walletListStyles = `
.wallets { display: flex; flex-direction: column; gap: 0.75rem; }
.wallets form { display: contents; }
.wallet {
  display: flex; align-items: center; justify-content: center; gap: 0.7rem; width: 100%;
  min-height: 54px; padding: 0.6rem 1rem; border: 0; border-radius: var(--round);
  background: var(--wallet); color: var(--wallet-ink); font-size: 1.0625rem; font-weight: 620;
  line-height: 1.3; cursor: pointer; text-decoration: none; transition: background-color 0.15s;
}
.wallet:hover { background: var(--wallet-pressed); }
.wallet:disabled { opacity: 0.6; cursor: default; }
.wallet.row { justify-content: flex-start; background: transparent; color: var(--ink);
  border: 1px solid var(--line); font-weight: 550; }
.wallet.row:hover { background: var(--tint); border-color: var(--soft); }
.wallet-place { height: 54px; border-radius: var(--round); }
.wallet-place > * { width: 100%; height: 100%; }
.wallet-place:empty { background: var(--tint); }
.wallet-plain { display: flex; align-items: center; gap: 1rem; min-height: 54px; padding-left: 1rem;
  border: 1px solid var(--line); border-radius: var(--round); font-weight: 620; }
.wallet-plain > span { flex: 1; }
.wallet-plain .button { width: auto; min-width: 7rem; align-self: stretch; background: var(--ink);
  color: var(--sheet); }
.logo { flex: none; width: 26px; height: 26px; fill: currentcolor; }
.logo-tile { color: var(--wallet-logo, var(--wallet)); background: #fff; border-radius: 22%; }
.shared summary { display: flex; justify-content: center; align-items: center; min-height: 44px;
  cursor: pointer; color: var(--accent); font-weight: 550; text-decoration: underline;
  text-underline-offset: 0.25em; list-style: none; }
.shared summary::-webkit-details-marker { display: none; }
.shared { text-align: center; }
.shared .qr-card { margin: 0.5rem auto 0.75rem; }
.last-used { font-size: 0.875rem; text-align: center; }
.last-used .link { display: flex; margin: 0 auto; }
@media (forced-colors: active) { .wallet { border: 1px solid ButtonText; } }
`
