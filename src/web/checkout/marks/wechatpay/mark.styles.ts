// WeChat's green: as it is on the logo, and on the button dark enough to carry white text (5:1).

export const wechatpayMarkStyles = `
.mark-wechatpay { --wallet: #068139; --wallet-pressed: #05682e; --wallet-ink: #fff;
  --wallet-logo: #07c160; }
`
