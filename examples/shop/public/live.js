// Looks every two seconds whether the order has changed, and then shows the page anew.

const shown = document.currentScript.dataset.status

async function look() {
  if (document.hidden) return
  try {
    const answer = await fetch(`${location.pathname}/status`)
    const { status } = await answer.json()
    if (answer.ok && status !== shown) location.reload()
  } catch (error) {
    // Offline for a moment; the next look comes soon.
    console.warn(error)
  }
}

setInterval(look, 2000)
document.addEventListener('visibilitychange', look)
