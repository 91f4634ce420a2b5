// Outlines of the page's signs, shared by the server's HTML and the browser's.

export type SignKind = 'good' | 'bad' | 'calm'

export const SIGN_PATHS: Record<SignKind, string> = {
  good: 'M5 12.5l4.5 4.5L19 7.5',
  bad: 'M12 4v10M12 19.5v.01',
  calm: 'M12 3.5V12l5.5 3.5',
}

/** A coin with a square hole, as 通宝 coins have. */
export const COIN_PATH = 'M10 1.2a8.8 8.8 0 1 0 0 17.6a8.8 8.8 0 1 0 0-17.6M7 7h6v6H7z'
