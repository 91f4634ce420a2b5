// Alipay's blue, dark enough to carry white text (5.1:1).

export const alipayMarkStyles = `
.mark-alipay { --wallet: #1166e3; --wallet-pressed: #0c52bb; --wallet-ink: #fff; }
`
