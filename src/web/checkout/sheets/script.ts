// Loads a wallet's own script, once.

const loading = new Map<string, Promise<void>>()

/** Rejects when the browser cannot load it. `nonce` lets the script's own styles in. */
export function loadScript(src: string, nonce: string): Promise<void> {
  const known = loading.get(src)
  if (known) return known
  const loaded = new Promise<void>((resolve, reject) => {
    const script = document.createElement('script')
    Object.assign(script, { src, nonce, async: true })
    script.addEventListener('load', () => resolve())
    script.addEventListener('error', () => reject(new Error(`${src} did not load`)))
    document.head.append(script)
  })
  loading.set(src, loaded)
  return loaded
}

/** Makes a click on a wallet's own button the page's tap, in the same instant. */
export function tapped(button: HTMLElement): void {
  button.dispatchEvent(new CustomEvent('tb-tap', { bubbles: true }))
}
