// What the payer's app gives to pages and mini programs inside it: here the payment sheet is the
// sandbox's phone in a frame over the page.
;(() => {
  const sandbox = new URL(document.currentScript.src).origin
  let call

  function openSheet(parameters, done) {
    const frame = document.createElement('iframe')
    frame.src = `${sandbox}/wechatpay/phone?text=${encodeURIComponent(JSON.stringify(parameters))}`
    frame.title = 'WeChat Pay sandbox'
    frame.style.cssText = 'position:fixed;inset:0;width:100%;height:100%;border:0;z-index:99999'
    document.body.append(frame)
    call = { frame, done }
  }

  window.addEventListener('message', (event) => {
    if (!call || event.origin !== sandbox || event.source !== call.frame.contentWindow) return
    const { frame, done } = call
    call = undefined
    frame.remove()
    done(event.data.result)
  })

  window.WeixinJSBridge = {
    invoke(name, parameters, callback) {
      if (name !== 'getBrandWCPayRequest') return callback({ err_msg: `${name}:fail` })
      openSheet(parameters, (result) => callback({ err_msg: `get_brand_wcpay_request:${result}` }))
    },
  }
  window.wx = {
    ...window.wx,
    requestPayment({ success, fail, complete, ...parameters }) {
      openSheet(parameters, (result) => {
        const ok = result === 'ok'
        const told = {
          errMsg: `requestPayment:${ok ? 'ok' : `fail${result === 'cancel' ? ' cancel' : ''}`}`,
        }
        ;(ok ? success : fail)?.(told)
        complete?.(told)
      })
    },
  }
  document.dispatchEvent(new Event('WeixinJSBridgeReady'))
})()
