// The emergency card: chosen in the portal with a preview, kept, written at the loading desk; then the console's pages about the
// city's application, at the sizes of a phone and a desk.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

const both = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } }

describe('the emergency card', () => {
  let city, browser, lib

  before(async () => {
    city = await ownCity()
    lib = {
      ...await import('../lib/city.mjs'), ...await import('../lib/browser.mjs'), ...await import('../lib/look.mjs'),
      ...await import('../lib/portal.mjs'), ...await import('../lib/staff.mjs')
    }
    browser = await lib.launch()
  })

  after(async () => {
    await browser?.close()
    await city?.stop()
  })

  /** The page once the city has told what may be chosen. */
  async function told (page, language, what) {
    for (let tries = 0; tries < 60; tries += 1) {
      await lib.go(page, `${lib.url}/portal/emergency-card?lang=${language}`)
      if (await page.locator(what).count() > 0) return
      await page.waitForTimeout(500)
    }
    assert.fail(`${what} did not come`)
  }

  test('is chosen, previewed and kept in the portal, and written at the desk', async () => {
    const phone = await lib.person(browser, both.phone)
    await lib.joined(phone, 0)
    for (const language of lib.languages) {
      await told(phone, language, 'input[name=name]')
      await lib.look(phone, both, language, 'emergency-card')
    }
    await told(phone, 'ja', 'input[name=name]')
    await phone.locator('input[name=name]').nth(1).check()
    await phone.locator('input[name=birth]').check()
    await phone.locator('select[name=blood]').selectOption('A+')
    await phone.locator('input[name=allergies]').fill('ペニシリン、そば')
    await phone.locator('input[name=medicines]').fill('血液を固まりにくくする薬')
    await phone.locator('input[name=contact]').fill('辻 一郎(夫)')
    await phone.locator('input[name=telephone]').fill('090-1234-5678')
    await phone.locator('select[name=language]').selectOption('ja')
    await phone.locator('form[action="/portal/emergency-card/preview"] button').click()
    await phone.locator('form[action="/portal/emergency-card/keep"]').waitFor()
    await lib.look(phone, both, 'ja', 'emergency-card-preview')
    const text = await phone.locator('pre').textContent()
    assert.match(text, /^yakuba emergency 1\nname: .+\nbirth: \d{4}-\d\d-\d\d\nblood-told: A\+\n/)
    await phone.locator('form[action="/portal/emergency-card/keep"] button').click()
    for (const language of lib.languages) {
      await told(phone, language, 'form[action="/portal/emergency-card/take-away"]')
      await lib.look(phone, both, language, 'emergency-card-kept')
    }
    assert.equal(await phone.locator('pre').textContent(), text)
    await phone.goto(`${lib.url}/portal/cards`)
    await phone.locator('a[href="/portal/emergency-card"]').waitFor()

    const desk = await lib.person(browser, both.desk)
    await desk.goto(`${lib.url}/demo/terminal/loading_desk`)
    const put = desk.locator('form[action="/counter/application"]')
    const pin = /PIN (\d{4})/.exec(await put.locator('select[name=card] option').nth(0).textContent())[1]
    await put.locator('select[name=card]').selectOption('0')
    await put.locator('button').click()
    const load = desk.locator('form[action="/counter/application/load"]')
    await load.waitFor()
    await desk.locator('form[action="/counter/application/load"] summary').click()
    await lib.look(desk, both, 'ja', 'city-application-load')
    await desk.setViewportSize(both.desk)
    await load.locator('input[name="pin"]').fill(pin)
    await load.locator('input[name="application-pin"]').fill('2468')
    await load.locator('button').click()
    await desk.getByText('のせました。').waitFor()
    await desk.getByText('に選んだとおり').waitFor()
    assert.ok(!(await desk.locator('main').innerText()).includes('ペニシリン'), 'the desk does not show what was chosen')
    await lib.look(desk, both, 'ja', 'city-application-written')

    // The portal is told that it was written, and takes it away from a card that still holds it.
    for (const language of lib.languages) {
      await told(phone, language, 'li .chip-success')
      await lib.look(phone, both, language, 'emergency-card-on-card')
    }
    await phone.locator('form[action="/portal/emergency-card/take-away"] button').click()
    for (const language of lib.languages) {
      await told(phone, language, 'li .chip-warning')
      await lib.look(phone, both, language, 'emergency-card-taken-away')
    }

    const administrator = await lib.person(browser, both.desk)
    await lib.becomeFirstAdministrator(administrator)
    const staff = await lib.person(browser, both.desk)
    await lib.join(staff, await lib.invite(administrator, '証明 花子', ['certificate_officer']))
    for (const language of lib.languages) {
      for (const [path, name] of [['', 'list'], ['/keys', 'keys'], ['/terminals', 'terminals']]) {
        await lib.open(staff, `/staff/city-application${path}?lang=${language}`)
        await lib.look(staff, both, language, `staff-city-application-${name}`)
      }
    }
    await lib.open(staff, '/staff/city-application?lang=ja')
    await staff.locator('a[href^="/staff/city-application/cards/"]').first().click()
    await lib.look(staff, both, 'ja', 'staff-city-application-card')
  })
})
