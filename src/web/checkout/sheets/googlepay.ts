// Google Pay's sheet, opened by Google's client (Google, "Google Pay API for Web", version 2.0).

import { loadScript, tapped } from './script.ts'
import type { ButtonLook, LoadSheet, SheetCalls } from './sheet.ts'

interface PaymentsClient {
  isReadyToPay(request: object): Promise<{ result: boolean }>
  loadPaymentData(request: object): Promise<PaymentData>
  createButton?(options: ButtonOptions): HTMLElement
}

interface PaymentData {
  paymentMethodData: { tokenizationData: { token: string } }
}

interface ButtonOptions {
  onClick(): void
  allowedPaymentMethods: unknown
  buttonColor: 'black' | 'white'
  buttonType: 'plain'
  buttonSizeMode: 'fill'
  buttonRadius: number
  buttonLocale: string
}

declare global {
  interface Window {
    google?: {
      payments: {
        api: {
          PaymentsClient: new (options: { environment: string; nonce?: string }) => PaymentsClient
        }
      }
    }
  }
}

interface Parameters {
  environment: string
  isReadyToPay: object & { allowedPaymentMethods?: unknown }
  paymentDataRequest: object
}

const RADIUS_PX = 14

export const load: LoadSheet = async ({ script, parameters }, nonce) => {
  if (!isParameters(parameters)) return null
  await loadScript(script, nonce)
  const api = window.google?.payments.api
  if (!api) return null
  const { environment, isReadyToPay, paymentDataRequest } = parameters
  const client = new api.PaymentsClient({ environment, ...(nonce !== '' && { nonce }) })
  const { result } = await client.isReadyToPay(isReadyToPay)
  if (!result) return null
  const buttons = new Map<boolean, HTMLElement | null>()
  return {
    button(look) {
      const known = buttons.get(look.dark)
      if (known !== undefined) return known
      const button = draw(client, isReadyToPay.allowedPaymentMethods, look)
      buttons.set(look.dark, button)
      return button
    },
    open: (calls) => void open(client, paymentDataRequest, calls),
  }
}

function isParameters(value: object): value is Parameters {
  const parts = ['environment', 'isReadyToPay', 'paymentDataRequest']
  return parts.every((name) => name in value)
}

async function open(client: PaymentsClient, request: object, calls: SheetCalls): Promise<void> {
  let data: PaymentData
  try {
    // Called before anything is waited for: the window it opens belongs to the tap.
    data = await client.loadPaymentData(request)
  } catch (error) {
    return calls.closed(!isCancel(error))
  }
  await calls.start(data.paymentMethodData.tokenizationData.token)
}

function isCancel(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && Reflect.get(error, 'statusCode') === 'CANCELED'
  )
}

function draw(
  client: PaymentsClient,
  allowedPaymentMethods: unknown,
  { language, dark }: ButtonLook,
): HTMLElement | null {
  if (!client.createButton) return null
  const button = client.createButton({
    onClick: () => tapped(button),
    allowedPaymentMethods,
    buttonColor: dark ? 'white' : 'black',
    buttonType: 'plain',
    buttonSizeMode: 'fill',
    buttonRadius: RADIUS_PX,
    buttonLocale: language.slice(0, 2),
  })
  return button
}
