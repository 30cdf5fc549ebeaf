// The city hospital: a card is linked at the desk, and its holder received at the re-visit machine, at its own size and on a
// phone's. Names stand nowhere on the machine.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

async function look (page, name) {
  for (const size of ['kiosk', 'phone', 'desk']) {
    await page.setViewportSize(sizes[size])
    await fit(page, `${name} at ${size} size`)
    if (process.env.YAKUBA_PICTURES) await page.screenshot({ path: `${process.env.YAKUBA_PICTURES}/hospital-${name}-${size}.png` })
  }
}

/** Shows a card of the drawer with the PIN on its label; whether it was taken. */
async function show (page, path, place) {
  await page.goto(`${url}${path}`)
  const form = page.locator(`form[action="${path}"]`).first()
  const options = form.locator('select[name=card] option')
  if (place >= await options.count()) return undefined
  const pin = /PIN (\d{4})/.exec(await options.nth(place).innerText())[1]
  await form.locator('select[name=card]').selectOption(String(place))
  await form.locator('input[name=pin]').fill(pin)
  await form.locator('button[type=submit]').first().click()
  return new URL(page.url()).pathname !== path
}

test('a card is linked at the desk and received at the machine', async () => {
  const desk = await person(browser, sizes.desk)
  await desk.goto(`${url}/demo/terminal/hospital_desk`)
  await look(desk, 'desk')
  let place = 0
  for (let taken = false; !taken; place += 1) {
    taken = await show(desk, '/counter/hospital', place)
    assert.notEqual(taken, undefined, 'some card of the drawer may be used')
    if (taken) break
  }
  await look(desk, 'person')
  const link = desk.locator('form[action="/counter/hospital/link"]')
  await link.locator('input[name=chart]').fill(`P-${1002 + place}`)
  await link.locator('button[type=submit]').click()
  await desk.getByText('自動では結び付けませんでした').waitFor()
  await look(desk, 'waits')
  await link.locator('input[name=chart]').fill(`P-${1001 + place}`)
  await link.locator('button[type=submit]').click()
  await desk.getByText('結び付けました').waitFor()
  await look(desk, 'linked')
  const changed = desk.locator('form[action="/counter/hospital/changed"]')
  await changed.locator('button[type=submit]').click()
  await desk.getByText('同意がないため').waitFor()
  await changed.locator('input[name=agreed]').check()
  await changed.locator('button[type=submit]').click()
  await desk.getByText('病院に届きました').waitFor()
  await look(desk, 'told')

  const machine = await person(browser, sizes.kiosk)
  await machine.goto(`${url}/demo/terminal/revisit_machine`)
  assert.equal(new URL(machine.url()).pathname, '/revisit')
  await look(machine, 'revisit')
  await machine.goto(`${url}/revisit/tag`)
  await look(machine, 'tag')
  await machine.goto(`${url}/revisit/card`)
  await look(machine, 'card')
  const receive = machine.locator('form[action="/revisit/receive"] button')
  for (let tries = 0; tries < 60; tries += 1) {
    assert.ok(await show(machine, '/revisit/card', place))
    // The simulated hospital tells today's bookings some seconds after the start.
    if (await receive.count() > 0) break
    await machine.waitForTimeout(500)
  }
  await look(machine, 'today')
  await machine.setViewportSize(sizes.kiosk)
  await receive.click()
  await machine.locator('.revisit-number').waitFor()
  assert.equal(new URL(machine.url()).pathname, '/revisit/receipt')
  await look(machine, 'receipt')
  await machine.locator('form[action="/revisit/next"] button').click()
  assert.equal(new URL(machine.url()).pathname, '/revisit')
  await machine.goto(`${url}/revisit/today`)
  assert.equal(new URL(machine.url()).pathname, '/revisit', 'the person is forgotten')
  await machine.goto(`${url}/revisit/queue`)
  await look(machine, 'queue')
})
