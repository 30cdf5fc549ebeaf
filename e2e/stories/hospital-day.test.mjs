// A day at the re-visit machine: card and PIN, today's bookings, the receipt and its paper, a call by the staff that the phone
// shows. A city of its own, because only one can be the first administrator of a city.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

let city, browser, url, sizes, languages, fit, person, picture, joined, staff, paper
before(async () => {
  city = await ownCity()
  // The helpers read the city's address once.
  ;({ url, sizes, languages } = await import('../lib/city.mjs'))
  const browsers = await import('../lib/browser.mjs')
  ;({ fit, person } = browsers)
  ;({ picture } = await import('../lib/look.mjs'))
  ;({ joined } = await import('../lib/portal.mjs'))
  staff = await import('../lib/staff.mjs')
  paper = await import('../lib/paper.mjs')
  browser = await browsers.launch()
})
after(async () => {
  await browser?.close()
  await city?.stop()
})

/** Looks at the page that stands, in every language, at every size a machine or its demo has. */
async function look (page, name) {
  const path = new URL(page.url()).pathname
  for (const language of languages) {
    await page.goto(`${url}${path}?lang=${language}`)
    for (const size of ['kiosk', 'desk', 'phone', 'narrow']) {
      await page.setViewportSize(sizes[size])
      await fit(page, `${path} in ${language} at ${size} size`)
      await picture(page, size, language, name)
    }
  }
  await page.goto(`${url}${path}?lang=ja`)
  await page.setViewportSize(sizes.kiosk)
}

/** Everything to press is 72 px high at least. */
async function pressable (page, where) {
  const small = await page.evaluate(() => [...document.querySelectorAll('main :is(a, button, select, input:not([type=hidden]))')]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 72).map((one) => one.outerHTML))
  assert.deepEqual(small, [], `${where} has something too small to press`)
}

/** Chooses a card of the drawer in a form and types the PIN on its label. */
async function show (page, path, place) {
  await page.goto(`${url}${path}`)
  const form = page.locator(`form[action="${path}"]`).first()
  const label = await form.locator('select[name=card] option').nth(place).innerText()
  await form.locator('select[name=card]').selectOption(String(place))
  await form.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(label)[1])
  await form.locator('button[type=submit]').first().click()
  return new URL(page.url()).pathname !== path
}

test('somebody is received by their card, has a paper, and is called on their phone', async () => {
  const desk = await person(browser, sizes.desk)
  await desk.goto(`${url}/demo/terminal/hospital_desk`)
  let place = 0
  while (!await show(desk, '/counter/hospital', place)) place += 1
  const link = desk.locator('form[action="/counter/hospital/link"]')
  await link.locator('input[name=chart]').fill(`P-${1001 + place}`)
  await link.locator('button[type=submit]').click()
  await desk.getByText('結び付けました').waitFor()

  // At home, before the visit.
  const phone = await person(browser, sizes.phone)
  await joined(phone, place)

  const machine = await person(browser, sizes.kiosk)
  await machine.goto(`${url}/demo/terminal/revisit_machine`)
  assert.equal(new URL(machine.url()).pathname, '/revisit')
  await look(machine, 'revisit')
  await pressable(machine, 'the first page')
  assert.doesNotMatch(await machine.locator('main').innerText(), /hospital-|taps-/, 'no word is missing')
  await machine.goto(`${url}/revisit/loaded`)
  await look(machine, 'revisit-loaded')
  await pressable(machine, 'the page for cards without PIN')
  await machine.goto(`${url}/revisit`)
  await machine.locator('a[href="/revisit/tag"]').click()
  await look(machine, 'revisit-tag')
  await pressable(machine, 'the page for tags')
  await machine.locator('input[name=tag]').fill('04FFFFFFFFFFFF')
  await machine.locator('button[type=submit]').click()
  await machine.locator('[role=alert]').waitFor()
  await fit(machine, 'a tag nobody has')
  await machine.goto(`${url}/revisit`)
  await machine.locator('a[href="/revisit/card"]').click()
  await look(machine, 'revisit-card')
  await pressable(machine, 'the page for cards')

  const receive = machine.locator('form[action="/revisit/receive"] button')
  for (let tries = 0; tries < 60; tries += 1) {
    assert.ok(await show(machine, '/revisit/card', place))
    // The simulated hospital tells today's bookings some seconds after the start.
    if (await receive.count() > 0) break
    await machine.waitForTimeout(500)
  }
  await look(machine, 'revisit-today')
  await pressable(machine, 'the page of bookings')
  await receive.click()
  assert.equal(new URL(machine.url()).pathname, '/revisit/receipt')
  const number = (await machine.locator('.revisit-number').innerText()).trim()
  await look(machine, 'revisit-receipt')
  await pressable(machine, 'the receipt')
  await machine.reload()
  assert.equal((await machine.locator('.revisit-number').innerText()).trim(), number, 'a reload gives no other number')

  // The slip is printed from this very page (terminals.test.mjs reads it); no other tab is left open.
  assert.equal(await machine.locator('a[target=_blank]').count(), 0)
  assert.ok(!(await machine.content()).includes(`P-${1001 + place}`), 'no chart number is on the slip')

  await machine.locator('form[action="/revisit/next"] button').click()
  assert.equal(new URL(machine.url()).pathname, '/revisit')
  await machine.goto(`${url}/revisit/receipt`)
  assert.equal(new URL(machine.url()).pathname, '/revisit', 'the person is forgotten')

  // The staff call the number; first to nobody.
  const administrator = await person(browser, sizes.desk)
  await staff.becomeFirstAdministrator(administrator)
  const clerk = await person(browser, sizes.desk)
  await staff.join(clerk, await staff.invite(administrator, '受付 花子', ['counter_clerk']))
  await staff.open(clerk, '/staff/hospital')
  const call = clerk.locator('form[action="/staff/hospital/call"]')
  assert.doesNotMatch(await clerk.locator('main').innerText(), /MSH-10/, 'the hospital of the demo says the same the same way')
  await call.locator('input[name=number]').fill('99')
  await call.locator('input[name=to]').fill('診察室3')
  await call.locator('button').click()
  await clerk.locator('#number-error').waitFor()
  await fit(clerk, 'a call of nobody')
  await picture(clerk, 'desk', 'ja', 'hospital-call-wrong')
  assert.equal(await call.locator('input[name=to]').inputValue(), '診察室3', 'what was typed stands there')
  await call.locator('input[name=number]').fill(number)
  await call.locator('button').click()
  await clerk.waitForURL(/\/staff\/hospital\?done=/)

  await machine.goto(`${url}/revisit/queue`)
  await machine.getByText('診察室3').waitFor()
  await look(machine, 'revisit-queue')

  const called = phone.getByText('受付番号が呼ばれました')
  for (let tries = 0; tries < 60 && await called.count() === 0; tries += 1) {
    await phone.waitForTimeout(500)
    await phone.goto(`${url}/portal/hospital`)
  }
  await phone.getByText('診察室3').waitFor()
  await fit(phone, 'called on the phone')
  await picture(phone, 'phone', 'ja', 'hospital-portal')
  const again = await phone.request.get(`${url}${await phone.locator('a[href$="/receipt"]').getAttribute('href')}`)
  assert.equal(again.headers()['content-type'], 'application/pdf')
  const said = paper.text(paper.keep(await again.body()))
  for (const words of ['受付票', number, 'Your number will be called', '診察券番号は印刷していません']) assert.ok(said.includes(words), `${words}: ${said}`)
  assert.ok(!said.includes(`P-${1001 + place}`), 'no chart number is on paper')
})
