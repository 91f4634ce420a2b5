// Apple Pay's button as the browser or Apple's SDK draws it, at the size of the others.

export const applepayMarkStyles = `
apple-pay-button {
  --apple-pay-button-width: 100%; --apple-pay-button-height: 54px; --apple-pay-button-padding: 0px;
  --apple-pay-button-border-radius: 14px; --apple-pay-button-box-sizing: border-box;
  display: block; width: 100%; height: 54px;
}
@supports (-webkit-appearance: -apple-pay-button) {
  .apple-native {
    display: block; width: 100%; height: 54px; padding: 0; border: 0; border-radius: 14px; cursor: pointer;
    -webkit-appearance: -apple-pay-button; -apple-pay-button-type: plain;
    -apple-pay-button-style: black;
  }
  .apple-native.light { -apple-pay-button-style: white; }
}
`
