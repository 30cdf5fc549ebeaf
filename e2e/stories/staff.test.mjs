// Staff: from the one-time token to a resident's record, and the record of having looked.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'
import { becomeFirstAdministrator, fillFirstAdministrator, invite, join, takeDesk } from '../lib/staff.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('nobody sees the console without signing in', async () => {
  const page = await person(browser, sizes.desk)
  for (const path of ['/staff', '/staff/register', '/staff/accounts', '/staff/audit']) {
    const answer = await page.request.get(`${url}${path}`, { maxRedirects: 0 })
    assert.ok([302, 303, 401, 403].includes(answer.status()), `${path}: ${answer.status()}`)
  }
  await page.goto(`${url}/staff/sign-in`)
  await fit(page, 'sign-in')
})

describe('a city begins', () => {
  let administrator
  let clerk
  before(async () => {
    administrator = await person(browser, sizes.desk)
    await becomeFirstAdministrator(administrator)
    clerk = await person(browser, sizes.desk)
    await join(clerk, await invite(administrator, '窓口 花子', ['counter_clerk']))
  })

  test('the token of the first administrator works once', async () => {
    const page = await person(browser, sizes.desk)
    await fillFirstAdministrator(page, '管理 二郎')
    await page.locator('form[data-passkey] button[type=submit]').click()
    await page.locator('.passkey-status', { hasText: '使われたか' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/staff/first')
  })

  test('the administrator gives roles but does not see residents', async () => {
    const answer = await administrator.goto(`${url}/staff/register`)
    assert.equal(answer.status(), 403)
    for (const path of ['/staff', '/staff/accounts', '/staff/me']) {
      await administrator.goto(`${url}${path}`)
      await fit(administrator, path)
    }
  })

  test('the clerk says for which work, finds a resident, and is told that the look is shown', async () => {
    await clerk.goto(`${url}/staff/register`)
    await fit(clerk, 'register before a work is chosen')
    await takeDesk(clerk, 'inquiry')
    assert.match(await clerk.locator('.desk').innerText(), /本人に表示/)
    await clerk.locator('input[name=kana]').fill('さとう')
    await clerk.locator('form[action="/staff/register"] button[type=submit]').click()
    const found = clerk.locator('form[action="/staff/person"]')
    await found.first().waitFor()
    const count = await found.count()
    assert.ok(count > 0 && count <= 20, `${count} rows`)
    await fit(clerk, 'search results')
    const resident = await found.first().locator('input[name=resident]').inputValue()
    await found.first().locator('button').click()
    await clerk.waitForURL(/\/staff\/person\/[^/]+$/)
    assert.ok(!clerk.url().includes(resident), 'no address names a resident')
    await fit(clerk, 'a resident')
    await clerk.locator('a[href$="/household"]').click()
    await clerk.waitForURL(/\/household$/)
    await fit(clerk, 'a household')
  })

  test('another browser is not signed in by it', async () => {
    const stranger = await person(browser, sizes.desk)
    const answer = await stranger.goto(`${url}/staff`)
    assert.equal(answer.status(), 401)
    assert.doesNotMatch(await stranger.locator('body').innerText(), /窓口 花子/)
  })

  test('signing out closes the console', async () => {
    await clerk.goto(`${url}/staff`)
    await clerk.locator('form[action="/staff/sign-out"] button').click()
    await clerk.waitForURL(/\/staff\/sign-in/)
    const answer = await clerk.request.get(`${url}/staff/register`, { maxRedirects: 0 })
    assert.notEqual(answer.status(), 200)
  })
})
