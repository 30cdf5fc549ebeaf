// The first page anyone sees.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'

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

for (const language of languages) {
  test(`the time given back is for anybody to see (${language})`, async () => {
    for (const size of [sizes.phone, sizes.narrow, sizes.desk]) {
      const page = await person(browser, size)
      await page.goto(`${url}/?lang=${language}`)
      await page.locator('a[href="/effect"]').click()
      await page.locator('.big').first().waitFor()
      assert.ok(await page.locator('svg.bars').count() >= 2 && await page.locator('table').count() >= 2)
      await fit(page, `/effect in ${language}`)
    }
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

test('very large text, and easy Japanese without readings, fit a phone and a machine', async () => {
  const page = await person(browser, sizes.phone)
  await page.goto(`${url}/verify?lang=ja-easy`)
  await page.locator('.sight a').first().click()
  await page.locator('.sight a').nth(1).click()
  assert.equal(await page.locator('rt').first().isVisible(), false)
  const letters = await page.locator('main p').first().evaluate((one) => parseFloat(getComputedStyle(one).fontSize))
  assert.ok(letters >= 24, `${letters} px`)
  await fit(page, '/verify in very large text')
  const machine = await person(browser, sizes.kiosk)
  await machine.goto(`${url}/kiosk/demo`)
  await machine.locator('.sight a').first().click()
  await fit(machine, 'the first screen in very large text')
  await machine.locator('form[action="/kiosk/start"] button').first().click()
  await fit(machine, 'the card screen in very large text')
})
