// The hub's icon: a coin with a square hole. In pages it stands as data, so it costs no request.

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="10" fill="#0b6350"/><path d="M6.500 6.500h7v7h-7z" fill="#fff"/></svg>'

/** For `<link rel="icon">`. */
export const ICON_ADDRESS = `data:image/svg+xml,${encodeURIComponent(ICON)}`
