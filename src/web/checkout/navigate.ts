// Goes to the wallet: the page's only way out, and only to web addresses the hub gave.

import type { CheckoutNextAction } from '../../http/checkout-types.ts'

/** Carries out a redirect, form or app action. False when it is none of these or not allowed. */
export function goToWallet(action: CheckoutNextAction): boolean {
  switch (action.type) {
    case 'redirect':
      return isWebAddress(action.url) && follow(action.url)
    case 'app':
      return (
        !/^(javascript|data|vbscript|blob|file):/i.test(action.link.trim()) && follow(action.link)
      )
    case 'form':
      return isWebAddress(action.action) && submit(action.action, action.fields)
    case 'qr':
    case 'sheet':
    case 'address':
    case 'none':
      return false
  }
}

function isWebAddress(url: string): boolean {
  return ['https:', 'http:'].includes(new URL(url, location.href).protocol)
}

// Inside a shop's page the wallet takes the whole window: wallets refuse to be framed.
function follow(url: string): boolean {
  const link = document.createElement('a')
  link.href = url
  link.target = '_top'
  link.click()
  return true
}

function submit(action: string, fields: Record<string, string>): boolean {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = action
  form.target = '_top'
  form.acceptCharset = 'utf-8'
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.append(input)
  }
  document.body.append(form)
  form.submit()
  form.remove()
  return true
}
