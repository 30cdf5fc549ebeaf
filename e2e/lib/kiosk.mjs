// A person at the certificate machine: one method per screen, in whatever language the screens are.

import assert from 'node:assert/strict'
import { url } from './city.mjs'

export class Kiosk {
  constructor (page) { this.page = page }

  /** The button of the form that posts to `action`. */
  go (action) { return this.page.locator(`form[action="${action}"] button[type=submit]`) }

  /** Makes this browser a machine of the demo, and stands before its first screen. */
  async arrive () {
    await this.page.goto(`${url}/kiosk/demo`)
    if (new URL(this.page.url()).pathname !== '/kiosk') await this.page.goto(`${url}/kiosk`)
    await this.at('/kiosk')
  }

  /** Waits for the screen of this path. */
  async at (path) {
    await this.page.waitForURL((address) => address.pathname === path, { timeout: 20_000 })
  }

  async chooseLanguage (language) {
    await this.page.locator('form[action="/kiosk/start"]', { has: this.page.locator(`input[value="${language}"]`) }).locator('button').click()
    await this.at('/kiosk/card')
  }

  /** Labels of the cards in the drawer. */
  async cards () { return this.page.locator('form[action="/kiosk/card"] button strong').allInnerTexts() }

  /** Takes the card at this place out of the drawer, puts it on the reader, and returns the PIN on its label. */
  async putCard (place) {
    const card = this.page.locator('form[action="/kiosk/card"] button').nth(place)
    const pin = /\d{4}/.exec(await card.locator('span').innerText())?.[0]
    assert.ok(pin, 'the label shows a PIN')
    await card.click()
    return pin
  }

  async typePin (pin) {
    await this.page.locator('#pin').fill(pin)
    await this.go('/kiosk/pin').click()
  }

  /** Takes a kind of certificate, by its word. */
  async takeKind (kind = 'residence_certificate') {
    await this.at('/kiosk/kind')
    await this.page.locator('form[action="/kiosk/kind"]', { has: this.page.locator(`input[value="${kind}"]`) }).locator('button').click()
    await this.at('/kiosk/choose')
  }

  /** `who` is household or applicant; `items` the optional ones to print. */
  async choose (who, items = []) {
    await this.page.locator(`input[name=who][value=${who}]`).check()
    for (const item of items) await this.page.locator(`input[name=item][value=${item}]`).check()
    await this.go('/kiosk/choose').click()
  }

  async confirm () {
    await this.at('/kiosk/confirm')
    await this.go('/kiosk/confirm').click()
  }

  /** Puts in hundred-yen coins until the machine has enough. */
  async pay () {
    await this.at('/kiosk/pay')
    const hundred = this.page.locator('form[action="/kiosk/pay/insert"]', { has: this.page.locator('input[value="100"]') }).locator('button')
    for (let coins = 0; coins < 20 && await this.go('/kiosk/pay').count() === 0; coins++) {
      await hundred.click()
      await this.page.waitForLoadState('load')
    }
    await this.go('/kiosk/pay').click()
  }

  /** Waits until the paper is there and returns its bytes. */
  async paper () {
    await this.at('/kiosk/take')
    const answer = await this.page.request.get(`${url}/kiosk/paper.pdf`)
    assert.equal(answer.status(), 200)
    assert.equal(answer.headers()['content-type'], 'application/pdf')
    return answer.body()
  }

  async takeEverything () {
    await this.go('/kiosk/take').click()
    await this.at('/kiosk/ended')
  }
}

/** Walks the seven steps in `language`, calling `look` with the name of each screen, and returns the paper. */
export async function takePaper (page, language, look = async () => {}) {
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await look('start')
  await kiosk.chooseLanguage(language)
  await look('card')
  const pin = await kiosk.putCard(0)
  await kiosk.at('/kiosk/pin')
  await look('pin')
  await kiosk.typePin(pin)
  await kiosk.at('/kiosk/kind')
  await look('kind')
  await kiosk.takeKind()
  await look('choose')
  await kiosk.choose('household', ['relationship'])
  await kiosk.at('/kiosk/confirm')
  await look('confirm')
  await kiosk.confirm()
  await kiosk.at('/kiosk/pay')
  await look('pay')
  await kiosk.pay()
  const bytes = await kiosk.paper()
  await look('take')
  await kiosk.takeEverything()
  await look('ended')
  return bytes
}
