// Orders that can no longer be paid.

export const endedStyles = `
.ended .sign { margin-bottom: -0.25rem; }
`
