// PayPal's dark blue, which carries white text (11.7:1).

export const paypalMarkStyles = `
.mark-paypal { --wallet: #003087; --wallet-pressed: #00236a; --wallet-ink: #fff; }
`
