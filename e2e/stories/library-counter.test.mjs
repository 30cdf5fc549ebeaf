// A terminal at the library's counter: a card is enrolled once with its PINs, then shown; the patron number appears.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { picture } from '../lib/look.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

/** Chooses the drawer's card at this place in the form, and answers with its PIN. */
async function take (form, place) {
  const choice = form.locator('select[name="card"]')
  await choice.selectOption(String(place))
  const label = await choice.locator('option').nth(place).textContent()
  return /PIN (\d{4})/.exec(label)[1]
}

test('a card is enrolled once, and from then on only shown', async () => {
  const page = await person(browser, sizes.desk)
  const place = 5
  await page.goto(`${url}/demo/terminal/library_counter`)
  assert.match(page.url(), /\/counter\/library$/)
  for (const language of languages) {
    await page.goto(`${url}/counter/library?lang=${language}`)
    for (const [name, size] of [['desk', sizes.desk], ['phone', sizes.phone], ['narrow', sizes.narrow]]) {
      await page.setViewportSize(size)
      await fit(page, `/counter/library in ${language} at ${name} size`)
      await picture(page, name, language, 'library-counter')
    }
  }
  await page.goto(`${url}/counter/library?lang=ja`)
  await page.setViewportSize(sizes.desk)

  const once = page.locator('form[action="/counter/library/once"]')
  if (await once.count()) {
    if (!(await once.isVisible())) await page.locator('summary').click()
    await once.locator('input[name="pin"]').fill(await take(once, place))
    await once.locator('button').click()
  }
  const shown = page.locator('form[action="/counter/library"]').first()
  await take(shown, place)
  await shown.locator('button').click()
  assert.match(page.url(), /\/counter\/library\/person$/)
  await fit(page, 'a person without a number')
  await picture(page, 'desk', 'ja', 'library-counter-nobody')

  await page.locator('input[name="number"]').fill('L-1234567')
  await page.keyboard.press('Enter')
  await page.getByText('L-1234567').waitFor()
  await fit(page, 'a person with a number')
  await picture(page, 'desk', 'ja', 'library-counter-person')

  await page.locator('form[action$="/lost"] button').click()
  await page.getByText('紛失の届けあり').waitFor()
  await page.locator('form[action$="/resume"] button').click()
  await page.getByText('使えます').first().waitFor()
  await page.locator('form[action="/counter/library/next"] button').click()
  assert.match(page.url(), /\/counter\/library$/)
  await page.goto(`${url}/counter/library/person`)
  assert.match(page.url(), /\/counter\/library$/, 'the person is forgotten')
})
