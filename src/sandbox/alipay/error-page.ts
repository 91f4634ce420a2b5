// Errors of page and wap payments, shown to the payer as HTML in GBK (sheet section 3.0).

import { encodeGbk } from '../gbk.ts'
import { html, languageOf } from '../pages/html.ts'
import type { Refusal } from './refusals.ts'

/** The bytes of the page. */
export function errorPage(refusal: Refusal, acceptLanguage: string | undefined): Buffer {
  const chinese = languageOf(acceptLanguage) === 'zh'
  const page = html`<!doctype html>
<html lang="${chinese ? 'zh-CN' : 'en'}">
<head>
<meta charset="gbk">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${chinese ? '支付宝沙箱 - 错误' : 'Alipay sandbox - error'}</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; margin: 0;
  min-height: 100vh; display: grid; place-items: center; background: light-dark(#f2f4f8, #10131a);
  color: light-dark(#1a2233, #e8ecf4) }
main { max-width: 30rem; margin: 1.5rem; padding: 2rem; border-radius: 16px;
  background: light-dark(#fff, #1a1f2a) }
h1 { font-size: 1.25rem; margin: 0 0 .5rem }
code { word-break: break-all; font-size: .875rem }
</style>
</head>
<body>
<main>
<h1>${chinese ? '抱歉，暂时无法完成此次付款' : 'Sorry, this payment cannot be made'}</h1>
<p>${chinese ? `请返回商家重新下单。${refusal.subMsg}` : `Please go back to the shop and order again. ${refusal.subMsg}`}</p>
<p><code>${refusal.code} ${refusal.subCode}</code></p>
</main>
</body>
</html>`
  return encodeGbk(page.text)
}
