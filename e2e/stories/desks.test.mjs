// The terminals of the demo, from its first page: each is accessible in every language; no form answers with a page, so loading
// again does nothing twice and the links to languages work; a fee is taken in cash, with a receipt on paper, and given back.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { picture } from '../lib/look.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

const FRONTS = ['library_counter', 'hospital_desk', 'revisit_machine', 'city_card_desk', 'staff_desk', 'loading_desk']

test('each terminal is one step from the first page, which says what to do there', async () => {
  const page = await person(browser, sizes.desk)
  for (const language of languages) {
    for (const [size, screen] of [['desk', sizes.desk], ['phone', sizes.phone], ['narrow', sizes.narrow]]) {
      await page.setViewportSize(screen)
      await page.goto(`${url}/?lang=${language}`)
      await fit(page, `the first page in ${language} at ${size} size`)
      await picture(page, size, language, 'demo-first')
    }
  }
  for (const sort of FRONTS) {
    await page.setViewportSize(sizes.desk)
    await page.goto(`${url}/?lang=ja`)
    const front = page.locator('section.card', { has: page.locator(`a[href="/demo/terminal/${sort}"]`) }).last()
    const steps = await front.locator('li').allInnerTexts()
    assert.ok(steps.length >= 2, `${sort} has its steps`)
    assert.ok(steps.every((step) => !/start-front|\{/.test(step)), steps.join(' / '))
    await front.locator('a').click()
    const path = new URL(page.url()).pathname
    assert.notEqual(path, '/', sort)
    for (const language of languages) {
      await page.goto(`${url}${path}?lang=${language}`)
      for (const [size, screen] of [['desk', sizes.desk], ['phone', sizes.phone], ['narrow', sizes.narrow], ['kiosk', sizes.kiosk]]) {
        await page.setViewportSize(screen)
        await fit(page, `${path} in ${language} at ${size} size`)
        await picture(page, size, language, `front-${sort}`)
      }
    }
  }
})

/** The desk of the city's cards with the card at this place of the drawer read. */
async function atDesk (place) {
  const page = await person(browser, sizes.desk)
  await page.goto(`${url}/demo/terminal/city_card_desk`)
  await page.goto(`${url}/counter/cards?lang=ja`)
  const form = page.locator('form[action="/counter/cards"]').first()
  const choice = form.locator('select[name=card]')
  await choice.selectOption(String(place))
  await form.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(await choice.locator('option').nth(place).textContent())[1])
  await form.locator('button').click()
  await page.waitForURL(/\/counter\/cards\/person$/)
  return page
}

test('a fee is taken once however often the page is loaded, with a receipt on paper, and given back', async () => {
  const page = await atDesk(3)
  await page.goto(`${url}/counter/cards/issue/sports_hall`)
  const form = page.locator('form[action="/counter/cards/issue/sports_hall"]')
  // What was typed and refused need not be typed again, in another language neither.
  await form.locator('input[value=own_card]').check()
  await form.locator('input[name=number]').fill('S99')
  await form.locator('button').click()
  await page.getByText('番号のけた数が合いません').waitFor()
  assert.equal(await form.locator('input[name=number]').inputValue(), 'S99')
  assert.ok(await form.locator('input[value=own_card]').isChecked())
  assert.doesNotMatch(page.url(), /S99/, 'no number stands in an address')
  await fit(page, 'a number that was refused')
  await page.locator('.languages a[hreflang=en]').click()
  assert.equal(await form.locator('input[name=number]').inputValue(), 'S99')
  await page.locator('.languages a[hreflang=ja]').first().click()
  await form.locator('input[value=own_card]').check()
  await form.locator('input[name=number]').fill('')
  await form.locator('button').click()
  await page.waitForURL(/\/counter\/cards\/receipt\/sports_hall\/[0-9a-z]+$/)
  const receipt = new URL(page.url()).pathname
  assert.match(await page.locator('main').innerText(), /200円/)
  await fit(page, 'the receipt')
  const number = await page.locator('main code').first().innerText()

  // Loaded again, in another language, by going back: the same receipt, nothing given again.
  await page.reload()
  await page.locator('.languages a[hreflang=en]').click()
  assert.equal(new URL(page.url()).pathname, receipt)
  await page.locator('.languages a[hreflang=ja]').first().click()
  await page.goBack()
  await page.goto(`${url}/counter/cards/person?lang=ja`)
  assert.equal(await page.locator('.secret', { hasText: number }).count(), 1)
  const sports = page.locator('section.card', { hasText: 'スポーツ施設利用者カード' })
  assert.equal(await sports.locator('.secret').count(), 1, 'one card')

  // The receipt is a paper.
  await page.goto(`${url}${receipt}`)
  const paper = await page.request.get(`${url}${await page.locator('a[href$="/paper"]').getAttribute('href')}`)
  assert.equal(paper.status(), 200)
  assert.match(paper.headers()['content-type'], /application\/pdf/)
  assert.equal((await paper.body()).subarray(0, 5).toString(), '%PDF-')

  // Every address of a form, loaded as a page, leads to the desk.
  const undo = await page.locator('form[action*="/undo/"]').getAttribute('action')
  for (const address of [undo, '/counter/cards/next', `${undo.replace('/undo/', '/change/')}/lost`]) {
    await page.goto(`${url}${address}?lang=ja`)
    assert.equal(new URL(page.url()).pathname, '/counter/cards', address)
  }
})

test('within half a minute a slip is taken back, and loading the page again takes nothing more back', async () => {
  const page = await atDesk(4)
  await page.goto(`${url}/counter/cards/issue/bicycle_parking`)
  const form = page.locator('form[action="/counter/cards/issue/bicycle_parking"]')
  await form.locator('input[value=own_card]').check()
  await form.locator('button').click()
  await page.waitForURL(/\/receipt\//)
  const receipt = page.url()
  await page.locator('form[action*="/undo/"] button').click()
  await page.waitForURL(/\/counter\/cards\/person$/)
  await page.getByText('取り消しました').waitFor()
  await fit(page, 'a slip taken back')
  await page.reload()
  await page.getByText('取り消しました').waitFor()
  const parking = page.locator('section.card', { hasText: '駐輪場定期利用券' })
  assert.match(await parking.innerText(), /まだ登録がありません/)
  const paper = await page.request.get(`${receipt}/paper`)
  assert.equal(paper.status(), 404, 'money that was given back has no receipt')
})
