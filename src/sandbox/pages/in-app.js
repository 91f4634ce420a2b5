// A page inside the payer's app: hands the merchant's parameters to the bridge.
const main = document.querySelector('main')
const texts = JSON.parse(main.dataset.texts)
const notice = document.querySelector('.notice')
const form = document.getElementById('call')

form.addEventListener('submit', (event) => {
  event.preventDefault()
  let parameters
  try {
    parameters = JSON.parse(form.elements.parameters.value)
  } catch {
    notice.textContent = texts.malformed
    return
  }
  window.WeixinJSBridge.invoke('getBrandWCPayRequest', parameters, ({ err_msg: result }) => {
    notice.textContent = texts.result.replace('{result}', result)
  })
})
