// The chain's page: its buttons and forms act through the control API, and it follows the chain.
const saved = document.getElementById('saved')
const REFRESH_MS = 3000

async function post(name, body) {
  const answer = await fetch(`/control/bitcoin/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const read = await answer.json()
  saved.classList.toggle('bad', !answer.ok)
  const why = read.problem?.message ?? read.problem?.code ?? ''
  saved.textContent = answer.ok ? saved.dataset.done : `${saved.dataset.failed}: ${why}`
  await refresh()
}

/** Draws what is there now, where something is different. */
async function refresh() {
  const answer = await fetch(window.location.href)
  const text = await answer.text()
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('live')
  const live = document.getElementById('live')
  if (fresh && fresh.innerHTML !== live.innerHTML) live.replaceWith(fresh)
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button[data-post]')
  if (button) post(button.dataset.post, JSON.parse(button.dataset.body))
})

for (const form of document.querySelectorAll('form[data-post]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const given = [...new FormData(form)].map(([name, value]) => [name, JSON.parse(value)])
    post(form.dataset.post, Object.fromEntries(given))
  })
}

setInterval(() => {
  const busy = document.getElementById('live').contains(document.activeElement)
  // A sandbox that was stopped is no reason to complain on its page.
  if (!busy && !document.hidden) refresh().catch(() => undefined)
}, REFRESH_MS)
