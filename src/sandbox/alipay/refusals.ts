// What the gateway says when it does not do something: code, message, sub_code (sheet section 7).

export interface Refusal {
  code: string
  msg: string
  subCode: string
  subMsg: string
}

const MESSAGES: Record<string, string> = {
  '20000': 'Service Currently Unavailable',
  '40001': 'Missing Required Arguments',
  '40002': 'Invalid Arguments',
  '40003': 'Insufficient Conditions',
  '40004': 'Business Failed',
  '40006': 'Insufficient Permissions',
}

function refusal(code: string, subCode: string, subMsg: string): Refusal {
  return { code, msg: MESSAGES[code] ?? 'Business Failed', subCode, subMsg }
}

export const missing = (subCode: string, subMsg: string) =>
  refusal('40001', `isv.missing-${subCode}`, subMsg)
export const invalid = (subCode: string, subMsg: string) =>
  refusal('40002', `isv.${subCode}`, subMsg)
export const unfit = (subCode: string, subMsg: string) => refusal('40003', `isv.${subCode}`, subMsg)
export const business = (subCode: string, subMsg: string) =>
  refusal('40004', `ACQ.${subCode}`, subMsg)
export const unavailable = () => refusal('20000', 'isp.unknow-error', '系统繁忙')

/** The members of an answer that refuses. */
export function refusalMembers(given: Refusal): Record<string, string> {
  return { code: given.code, msg: given.msg, sub_code: given.subCode, sub_msg: given.subMsg }
}

export function isRefusal(value: object): value is Refusal {
  return 'subCode' in value
}
