// What went wrong and what to do about it.

export const problemPanelStyles = `
.problem .sign { margin-bottom: -0.25rem; }
`
