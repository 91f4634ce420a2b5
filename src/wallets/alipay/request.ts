// One signed request in its four envelopes: call, redirect, form and order string.

import { encodeForm } from '../../encoding/form.ts'
import type { JsonObject } from '../../encoding/json.ts'
import type { Milliseconds } from '../../ports.ts'
import type { AlipayAccount } from './account.ts'
import { encryptContent } from './encryption.ts'
import { requestText, SIGN_TYPE, signText } from './signature.ts'
import { beijingTime } from './time.ts'

export interface AlipayRequest {
  method: string
  content: JsonObject
  notifyUrl?: string
  returnUrl?: string
}

export type SignedParameters = ReadonlyMap<string, string>

/** Longer addresses are cut by some browsers and proxies (sheet section 2). */
const MAX_URL_LENGTH = 2000

/** All parameters of a request with their signature, not yet percent-encoded (sheet 3.0, 4.1). */
export function signedParameters(
  account: AlipayAccount,
  request: AlipayRequest,
  now: Milliseconds,
): SignedParameters {
  const content = JSON.stringify(request.content)
  const { contentKey, certificates, appAuthToken } = account
  const parameters = new Map<string, string>([
    ['app_id', account.appId],
    ['method', request.method],
    ['format', 'JSON'],
    ['charset', 'utf-8'],
    ['sign_type', SIGN_TYPE],
    ['timestamp', beijingTime(now)],
    ['version', '1.0'],
  ])
  if (certificates) {
    const newest = certificates.applications.find(
      (own) => own.validFrom <= now && now <= own.validTo,
    )
    parameters.set('app_cert_sn', (newest ?? certificates.applications[0])?.sn ?? '')
    parameters.set('alipay_root_cert_sn', certificates.rootSn)
  }
  if (appAuthToken) parameters.set('app_auth_token', appAuthToken)
  if (request.notifyUrl) parameters.set('notify_url', request.notifyUrl)
  if (request.returnUrl) parameters.set('return_url', request.returnUrl)
  if (contentKey) parameters.set('encrypt_type', 'AES')
  parameters.set('biz_content', contentKey ? encryptContent(content, contentKey) : content)
  parameters.set('sign', signText(requestText(parameters), account.privateKey))
  return parameters
}

/** Public parameters in the query, `biz_content` in the body (sheet 3.0). */
export function postForm(gatewayUrl: string, parameters: SignedParameters) {
  const open = [...parameters].filter(([name]) => name !== 'biz_content')
  return {
    action: `${gatewayUrl}?${encodeForm(open)}`,
    fields: { biz_content: parameters.get('biz_content') ?? '' },
  }
}

/** A redirect, or a form to post when the address would be too long for one. */
export function pageAction(gatewayUrl: string, parameters: SignedParameters) {
  const url = `${gatewayUrl}?${encodeForm(parameters)}`
  if (url.length <= MAX_URL_LENGTH) return { type: 'redirect' as const, url }
  return { type: 'form' as const, ...postForm(gatewayUrl, parameters) }
}

/** What the merchant's app hands to Alipay's SDK (sheet 4.2). */
export function orderString(parameters: SignedParameters): string {
  return encodeForm(parameters)
}
