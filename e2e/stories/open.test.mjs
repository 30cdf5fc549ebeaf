// The first page anyone sees.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

for (const [name, size] of Object.entries(sizes)) {
  test(`the first page can be read by anyone at ${name} size`, async () => {
    const page = await person(browser, size)
    const answer = await page.goto(`${url}/`)
    assert.equal(answer.status(), 200)
    assert.equal(await page.locator('html').getAttribute('lang'), 'ja')
    await fit(page, '/')
  })
}

test('a page that is not there says so and shows the way back', async () => {
  const page = await person(browser, sizes.phone)
  const answer = await page.goto(`${url}/there-is-no-such-page`)
  assert.equal(answer.status(), 404)
  assert.ok(await page.locator('a[href="/"]').count() > 0)
  await fit(page, '404')
})

test('no page runs a script or style from elsewhere', async () => {
  const page = await person(browser, sizes.desk)
  const foreign = []
  page.on('request', (request) => { if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url()) })
  const answer = await page.goto(`${url}/`)
  const policy = answer.headers()['content-security-policy'] ?? ''
  assert.match(policy, /script-src 'self'/)
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval/)
  assert.deepEqual(foreign, [])
})
