// A push message reaches a browser whose portal is closed. No push service of a browser maker is reachable from tests, so
// DevTools hands the message to the service worker, as the browser does with what it opened.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, person } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('the service worker shows what came, and nothing that a message could smuggle in', async () => {
  const page = await person(browser, sizes.phone, { permissions: ['notifications'] })
  await page.goto(`${url}/`)
  const tools = await page.context().newCDPSession(page)
  const registered = new Promise((resolve) => tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    const found = registrations.find((one) => one.scopeURL === `${url}/portal/`)
    if (found) resolve(found.registrationId)
  }))
  await tools.send('ServiceWorker.enable')
  await page.evaluate(async () => {
    const made = await navigator.serviceWorker.register('/portal/push-worker.js')
    const worker = made.installing ?? made.waiting ?? made.active
    if (worker.state !== 'activated') await new Promise((resolve) => worker.addEventListener('statechange', () => worker.state === 'activated' && resolve()))
  })
  const registrationId = await registered
  const shown = async () => page.evaluate(async () => {
    const made = await navigator.serviceWorker.getRegistration('/portal/')
    return (await made.getNotifications()).map(({ title, body, data }) => ({ title, body, path: data.path }))
  })
  const deliver = async (data, count) => {
    // A worker that has just begun may miss one; said again it takes the place of the same, by its tag.
    for (let left = 100; (await shown()).length < count; left--) {
      assert.ok(left > 0, `${count} notifications in time`)
      if (left % 25 === 0) await tools.send('ServiceWorker.deliverPushMessage', { origin: url, registrationId, data })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await deliver(JSON.stringify({ v: 1, kind: 'letter', title: 'お手紙が届いています', line: '読んでください。', path: '/portal/letters/1' }), 1)
  assert.deepEqual(await shown(), [{ title: 'お手紙が届いています', body: '読んでください。', path: '/portal/letters/1' }])
  await deliver(JSON.stringify({ v: 1, kind: 'letter', title: 'x', line: '', path: '//evil.example/' }), 2)
  await deliver('not json', 3)
  const paths = (await shown()).map(({ path }) => path)
  assert.deepEqual(paths.filter((path) => path === '/portal').length, 2, `links stay here: ${paths}`)
  assert.deepEqual(page.faults, [])
})
