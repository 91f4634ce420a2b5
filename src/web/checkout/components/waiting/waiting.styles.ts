// A calm spinner with one sentence.

export const waitingStyles = `
.waiting { flex: 1; align-items: center; justify-content: center; text-align: center; }
.waiting .logo-tile { width: 44px; height: 44px; }
.waiting .actions { width: 100%; }
`
