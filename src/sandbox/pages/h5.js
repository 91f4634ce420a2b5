// The page between shop and app: watches the order and goes back to the shop once it is paid.
const main = document.querySelector('main')
const texts = JSON.parse(main.dataset.texts)
const notice = document.querySelector('.notice')
const { back, state: address } = main.dataset

async function watch() {
  let state = 'payable'
  try {
    const answer = await fetch(address)
    if (answer.ok) state = (await answer.json()).state
  } catch {
    // The sandbox is away for a moment; the next look will tell.
  }
  if (state === 'payable') {
    setTimeout(watch, document.hidden ? 3000 : 1000)
    return
  }
  document.getElementById('open').hidden = true
  notice.classList.toggle('bad', state === 'closed')
  notice.textContent = state === 'closed' ? texts.closed : back ? texts.paid : texts.done
  if (state === 'paid' && back) setTimeout(() => window.location.assign(back), 900)
}

watch()
