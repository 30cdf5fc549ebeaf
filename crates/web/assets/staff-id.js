// What the code of a staff ID says stands behind '#', which browsers send nowhere. It is put into the form; whoever holds the
// phone presses the button, and only then a server sees it.
(() => {
  'use strict'
  const code = location.hash.slice(1)
  const field = document.getElementById('code')
  if (!code || !field) return
  history.replaceState(null, '', location.pathname + location.search)
  field.value = code
  const filled = document.getElementById('staff-id-filled')
  if (filled) filled.hidden = false
  document.querySelector('#staff-id button')?.focus()
})()
