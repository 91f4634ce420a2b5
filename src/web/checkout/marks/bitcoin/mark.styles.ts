// The common orange; only dark text can be read on it (7.6:1).

export const bitcoinMarkStyles = `
.mark-bitcoin { --wallet: #f7931a; --wallet-pressed: #ffa63d; --wallet-ink: #21180a; }
.mark-bitcoin .logo, .logo.mark-bitcoin { fill-rule: evenodd; }
`
