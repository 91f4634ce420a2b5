// Switches faults on and off as their boxes are checked.
const saved = document.getElementById('saved')
const form = document.getElementById('faults')
const { wallet } = form.dataset

async function send(method, url, body) {
  const answer = await fetch(url, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  saved.classList.toggle('bad', !answer.ok)
  saved.textContent = answer.ok ? saved.dataset.saved : saved.dataset.failed
  return answer.ok
}

form.addEventListener('change', async ({ target }) => {
  const kind = target.name
  const ok = target.checked
    ? await send('POST', '/control/faults', { wallet, kind })
    : await send('DELETE', `/control/faults?wallet=${wallet}&kind=${kind}`)
  if (!ok) target.checked = !target.checked
})

document.getElementById('none').addEventListener('click', async () => {
  if (!(await send('DELETE', `/control/faults?wallet=${wallet}`))) return
  for (const box of form.querySelectorAll('input')) box.checked = false
})
