// What a wallet's app gives to pages inside it, for attempts that are paid there (CK-14): found on the
// page without loading anything.

interface WeixinBridge {
  invoke(
    name: string,
    parameters: Record<string, string>,
    answer: (result: { err_msg: string }) => void,
  ): void
}

declare global {
  interface Window {
    WeixinJSBridge?: WeixinBridge
  }
}

const WAIT_MS = 3_000

/** `done`: the app says so, which proves nothing. `closed`: by the payer. `none`: no app around us. */
export type BridgeResult = 'done' | 'closed' | 'none'

const BRIDGES: Record<string, (parameters: Record<string, string>) => Promise<BridgeResult>> = {
  wechatpay: async (parameters) => {
    const bridge = window.WeixinJSBridge ?? (await waited('WeixinJSBridgeReady'))
    if (!bridge) return 'none'
    return new Promise((resolve) => {
      bridge.invoke('getBrandWCPayRequest', parameters, ({ err_msg: said }) =>
        resolve(said.endsWith(':ok') ? 'done' : 'closed'),
      )
    })
  },
}

/** Opens the wallet of an attempt whose action is a sheet. */
export async function openBridge(
  wallet: string,
  parameters: Record<string, string>,
): Promise<BridgeResult> {
  return (await BRIDGES[wallet]?.(parameters)) ?? 'none'
}

// The app tells when its bridge is there, sometimes after the page.
function waited(event: string): Promise<WeixinBridge | undefined> {
  return new Promise((resolve) => {
    const found = () => resolve(window.WeixinJSBridge)
    document.addEventListener(event, found, { once: true })
    setTimeout(found, WAIT_MS)
  })
}
