// The loading desk: a card is put down, loaded with its holder's PIN, and erased again.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { picture } from '../lib/look.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('a card is loaded and erased at the loading desk', async () => {
  const page = await person(browser, sizes.desk)
  const place = 6
  await page.goto(`${url}/demo/terminal/loading_desk`)
  assert.match(page.url(), /\/counter\/application$/)
  for (const language of languages) {
    await page.goto(`${url}/counter/application?lang=${language}`)
    for (const [name, size] of [['desk', sizes.desk], ['phone', sizes.phone], ['narrow', sizes.narrow]]) {
      await page.setViewportSize(size)
      await fit(page, `/counter/application in ${language} at ${name} size`)
      await picture(page, name, language, 'city-application')
    }
  }
  await page.goto(`${url}/counter/application?lang=ja`)
  await page.setViewportSize(sizes.desk)
  const choice = page.locator('form[action="/counter/application"] select[name="card"]')
  await choice.selectOption(String(place))
  const pin = /PIN (\d{4})/.exec(await choice.locator('option').nth(place).textContent())[1]
  await page.locator('form[action="/counter/application"] button').click()
  const load = page.locator('form[action="/counter/application/load"]')
  await load.waitFor()
  await fit(page, 'a card without the application')
  await picture(page, 'desk', 'ja', 'city-application-nothing')
  await load.locator('input[name="pin"]').fill(pin)
  await load.locator('input[name="application-pin"]').fill('2468')
  await load.locator('button').click()
  await page.getByText('のせました。').waitFor()
  await fit(page, 'a loaded card')
  await picture(page, 'desk', 'ja', 'city-application-loaded')
  await page.locator('details', { has: page.locator('form[action="/counter/application/delete"]') }).locator('summary').click()
  const erase = page.locator('form[action="/counter/application/delete"]')
  await erase.locator('input[name="pin"]').fill(pin)
  await erase.locator('button').click()
  await page.getByText('削除しました。').waitFor()
})
