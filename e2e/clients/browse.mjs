// The simplest browser: cookies, redirects, and the first form of a page sent as it stands.

const unescape = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<')
const attribute = (tag, name) => {
  const found = new RegExp(`\\b${name}=(?:"([^"]*)"|'([^']*)')`).exec(tag)
  return found ? unescape(found[1] ?? found[2]) : undefined
}

/** The fields of a form as a person who agrees would send them. */
function fields (form) {
  const all = new URLSearchParams()
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const [name, kind] = [attribute(tag, 'name'), attribute(tag, 'type') ?? 'text']
    if (!name || (['radio', 'checkbox'].includes(kind) && !/\bchecked\b/.test(tag))) continue
    all.append(name, attribute(tag, 'value') || (['text', 'password'].includes(kind) ? 'somebody' : ''))
  }
  const button = /<button\b[^>]*\bname="decision"[^>]*>/.exec(form)
  if (button) all.append('decision', attribute(button[0], 'value'))
  return all
}

/** Goes where a person would, from `address` until the browser is sent to `back`; the address with the answer. */
export async function agree (address, back) {
  const cookies = new Map()
  let next = new URL(address)
  let form
  for (let step = 0; step < 20; step += 1) {
    const answer = await fetch(next, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; '), accept: 'text/html' }
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      cookies.set(name, value.join('='))
    }
    form = undefined
    const location = answer.headers.get('location')
    if (location) {
      if (answer.status === 307) throw new Error('a redirect with 307 sends a form on')
      next = new URL(location, next)
      if (next.href.startsWith(back)) return next
      continue
    }
    const page = await answer.text()
    const found = /<form\b[^>]*method="post"[^>]*>[\s\S]*?<\/form>/i.exec(page)
    if (!found) throw new Error(`${answer.status} at ${next.pathname}: no form on the page`)
    form = fields(found[0])
    next = new URL(attribute(found[0].slice(0, found[0].indexOf('>') + 1), 'action'), next)
  }
  throw new Error('the browser went in circles')
}
