// Every page of the terminals of one card, at the size of a machine and of a desk, in Japanese and easy Japanese, with usual and
// large text: accessible, made for fingers, nothing cut off. And the machine that nobody watches comes back by itself.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, go, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { picture } from '../lib/look.mjs'
import { touchable } from '../lib/touch.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

const screens = { kiosk: sizes.kiosk, desk: sizes.desk }
// Japanese last: what follows is read in it.
const spoken = ['ja-easy', 'ja'].filter((language) => languages.includes(language))
const faults = []

/** Looks at the page as it stands; what is wrong is told at the end, all at once. */
async function see (page, name) {
  for (const [size, screen] of Object.entries(screens)) {
    await page.setViewportSize(screen)
    const language = await page.evaluate(() => document.documentElement.lang)
    const isLarge = await page.evaluate(() => document.body.classList.contains('large'))
    const easy = /easy/i.test(language) || await page.locator('ruby').count() > 0 ? 'ja-easy' : 'ja'
    await picture(page, size, easy, `terminal-${name}${isLarge ? '-large' : ''}`)
    for (const check of [fit, touchable]) {
      await check(page, `${name} ${language} ${isLarge ? 'large' : 'usual'} at ${size} size`).catch((error) => faults.push(error.message))
    }
  }
}

/** Looks at what stands at this address in every way it can be shown. */
async function look (page, path, name) {
  for (const language of spoken) {
    for (const text of ['large', 'usual']) {
      const answer = await go(page, `${url}${path}?lang=${language}&text=${text}`)
      assert.equal(answer.status(), 200, path)
      assert.equal(new URL(page.url()).pathname, path, `${path} is shown`)
      await see(page, name)
    }
  }
}

/** Chooses a card of the drawer and types the PIN on its label. */
async function put (form, place, pin = true) {
  const choice = form.locator('select[name=card]')
  await choice.selectOption(String(place))
  if (pin) await form.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(await choice.locator('option').nth(place).textContent())[1])
}

/** A terminal of this sort. */
async function at (sort) {
  const page = await person(browser, sizes.desk)
  await page.goto(`${url}/demo/terminal/${sort}`)
  return page
}

/** Shows the first card from `place` on that is taken; its place. */
async function shows (page, path, place, person) {
  for (; ; place += 1) {
    await page.goto(`${url}${path}`)
    const form = page.locator(`form[action="${path}"]`).first()
    assert.ok(place < await form.locator('select[name=card] option').count(), 'some card of the drawer is taken')
    const hasPin = await form.locator('input[name=pin]').count() > 0
    await put(form, place, hasPin)
    await form.locator('button[type=submit]').first().click()
    if (new URL(page.url()).pathname === person) return place
  }
}

const told = () => {
  const all = faults.splice(0)
  assert.equal(all.length, 0, `${all.length} pages:\n${all.join('\n\n')}`)
}

test('the library counter', async () => {
  const page = await at('library_counter')
  await look(page, '/counter/library', 'library')
  await page.locator('summary').click()
  await see(page, 'library-once')
  const once = page.locator('form[action="/counter/library/once"]')
  await put(once, 6)
  await once.locator('button').click()
  await see(page, 'library-once-done')
  await shows(page, '/counter/library', 6, '/counter/library/person')
  await look(page, '/counter/library/person', 'library-person')
  await page.locator('input[name=number]').fill('あ')
  await page.keyboard.press('Enter')
  await page.locator('[role=alert]').waitFor()
  await look(page, '/counter/library/person', 'library-refused')
  await page.locator('input[name=number]').fill('L-7654321')
  await page.keyboard.press('Enter')
  await page.getByText('L-7654321').waitFor()
  await look(page, '/counter/library/person', 'library-known')
  told()
})

test('the desk of the city’s cards', async () => {
  const page = await at('city_card_desk')
  await look(page, '/counter/cards', 'cards')
  await shows(page, '/counter/cards', 6, '/counter/cards/person')
  await look(page, '/counter/cards/person', 'cards-person')
  await look(page, '/counter/cards/issue/sports_hall', 'cards-issue')
  told()
})

test('the hospital’s desk and its machine', async () => {
  const desk = await at('hospital_desk')
  await look(desk, '/counter/hospital', 'hospital')
  const place = await shows(desk, '/counter/hospital', 4, '/counter/hospital/person')
  await look(desk, '/counter/hospital/person', 'hospital-person')
  const link = desk.locator('form[action="/counter/hospital/link"]')
  await link.locator('input[name=chart]').fill('P-9999')
  await link.locator('button[type=submit]').click()
  await look(desk, '/counter/hospital/person', 'hospital-waits')
  await link.locator('input[name=chart]').fill(`P-${1001 + place}`)
  await link.locator('button[type=submit]').click()
  await look(desk, '/counter/hospital/person', 'hospital-linked')
  told()

  const machine = await at('revisit_machine')
  for (const page of ['', '/card', '/tag', '/loaded', '/queue', '/numbers']) {
    await look(machine, `/revisit${page}`, `revisit${page.replace('/', '-')}`)
  }
  await machine.goto(`${url}/revisit/tag`)
  await machine.locator('input[name=tag]').fill('04FFFFFFFFFFFF')
  await machine.locator('form[action="/revisit/tag"] button').click()
  await look(machine, '/revisit/tag', 'revisit-refused')
  const receive = machine.locator('form[action="/revisit/receive"] button')
  for (let tries = 0; tries < 60; tries += 1) {
    await shows(machine, '/revisit/card', place, '/revisit/today')
    if (await receive.count() > 0) break
    await machine.waitForTimeout(500)
  }
  await look(machine, '/revisit/today', 'revisit-today')
  await receive.click()
  await machine.waitForURL(/\/revisit\/receipt$/)
  await look(machine, '/revisit/receipt', 'revisit-receipt')
  told()
})

test('a slip is printed from the machine’s own page, which comes back by itself and leaves nobody behind', async () => {
  const machine = await at('revisit_machine')
  const receive = machine.locator('form[action="/revisit/receive"] button')
  const desk = await at('hospital_desk')
  const place = await shows(desk, '/counter/hospital', 8, '/counter/hospital/person')
  const link = desk.locator('form[action="/counter/hospital/link"]')
  await link.locator('input[name=chart]').fill(`P-${1001 + place}`)
  await link.locator('button[type=submit]').click()
  await desk.getByText('結び付けました').waitFor()
  await shows(machine, '/revisit/card', place, '/revisit/today')
  await receive.click()
  const answer = await machine.goto(`${url}/revisit/receipt`)
  const number = await machine.locator('.revisit-number').innerText()

  // One tab, and none that stays: no link opens another.
  assert.equal(await machine.locator('[target]').count(), 0)
  await machine.evaluate(() => { window.print = () => { document.title = 'printed' } })
  await machine.locator('[data-print]').click()
  assert.equal(await machine.title(), 'printed')
  assert.equal(machine.context().pages().length, 1)

  // On paper: number and what is next in three languages, and nothing of the screen.
  await machine.emulateMedia({ media: 'print' })
  const slip = await machine.locator('.revisit-slip').innerText()
  assert.ok(slip.includes(number) && slip.includes('番号でお呼びします') && slip.includes('Your number will be called'), slip)
  assert.equal(await machine.locator('.revisit button:visible, .revisit a:visible').count(), 0)
  await picture(machine, 'kiosk', 'ja', 'terminal-slip')
  await machine.emulateMedia({ media: 'screen' })

  // It goes by itself, to the first page; there the person is let go, and no way back leads to them.
  const [seconds, next] = answer.headers().refresh.split(';url=')
  assert.ok(Number(seconds) <= 60 && next.startsWith('/revisit?'), answer.headers().refresh)
  assert.match(answer.headers()['cache-control'], /no-store/)
  await machine.goto(`${url}${next}`)
  await machine.goBack()
  await machine.waitForURL(/\/revisit(\?.*)?$/)
  assert.equal(await machine.locator('.revisit-number').count(), 0, 'no number is shown by going back')
})

test('the desk where staff IDs are checked, and the loading desk', async () => {
  const guard = await at('staff_desk')
  await look(guard, '/counter/staff', 'staff')
  await look(guard, '/counter/staff/once', 'staff-once')
  const check = guard.locator('form[action="/counter/staff"]')
  await guard.goto(`${url}/counter/staff?lang=ja&text=usual`)
  await put(check, 0)
  await check.locator('input[name=label]').fill('0000-0000-0000-0000')
  await check.locator('button[type=submit]').click()
  await see(guard, 'staff-refused')

  const desk = await at('loading_desk')
  await look(desk, '/counter/application', 'loading')
  for (const text of ['large', 'usual']) {
    for (const language of spoken) {
      await desk.goto(`${url}/counter/application?lang=${language}&text=${text}`)
      const form = desk.locator('form[action="/counter/application"]')
      await put(form, 2, false)
      await form.locator('button').click()
      for (const summary of await desk.locator('main summary').all()) await summary.click()
      await see(desk, 'loading-seen')
    }
  }
  told()
})
