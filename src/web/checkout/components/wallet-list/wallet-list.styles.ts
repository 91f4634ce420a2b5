// Wallet buttons: equal size, the wallet's colour and logo.

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
.logo { flex: none; width: 26px; height: 26px; fill: currentcolor; }
.logo-tile { color: var(--wallet); background: #fff; border-radius: 22%; }
@media (forced-colors: active) { .wallet { border: 1px solid ButtonText; } }
`
