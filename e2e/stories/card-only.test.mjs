// Somebody with only a card, at the machine's screen: no phone, no e-mail. A letter is opened, heard, printed; who looked is
// read; then nothing is left.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { Kiosk } from '../lib/kiosk.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

/** A machine with a voice and a printer of the browser's, both of which only note what they were given. */
async function machine () {
  const page = await person(browser, sizes.kiosk, { acceptDownloads: false })
  await page.addInitScript(() => {
    window.said = []
    window.printed = 0
    window.print = () => { window.printed += 1 }
    window.SpeechSynthesisUtterance = class { constructor (text) { this.text = text } }
    const voices = ['ja-JP', 'en-US'].map((lang) => ({ lang }))
    Object.defineProperty(window, 'speechSynthesis', {
      value: {
        getVoices: () => voices,
        speak: (one) => { window.said.push(one.text) },
        cancel: () => {},
        addEventListener: () => {}
      }
    })
  })
  return page
}

async function look (page, name) {
  if (process.env.YAKUBA_PICTURES) await page.screenshot({ path: `${process.env.YAKUBA_PICTURES}/card-only-${name}.png` })
}

/** Types on the pad, as a finger does. */
async function press (page, pin) {
  for (const digit of pin) await page.locator(`#pad button[data-digit="${digit}"]`).click()
}

/** Puts a card on for letters and comes into the portal. */
async function arrive (page, language, place) {
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage(language)
  await kiosk.go('/kiosk/card/letters').click()
  await kiosk.at('/kiosk/card')
  await fit(page, `card for letters in ${language}`)
  await look(page, `card-${language}`)
  const pin = await kiosk.putCard(place)
  await kiosk.at('/kiosk/pin')
  await press(page, pin)
  await kiosk.go('/kiosk/pin').click()
  await kiosk.at('/kiosk/letters')
  await fit(page, `the way to the letters in ${language}`)
  await look(page, `ticket-${language}`)
  await page.locator('form[action*="/portal/terminal"] button').click()
  await page.waitForURL((address) => address.pathname === '/portal', { timeout: 20_000 })
  for (let tries = 0; tries < 60 && await page.locator('.greeting').count() === 0; tries++) {
    await page.waitForTimeout(500)
    await page.reload()
  }
  assert.equal(await page.locator('.greeting').count(), 1, 'the city knows who it is')
  return kiosk
}

for (const language of languages) {
  test(`a card alone is enough (${language})`, async () => {
    const page = await machine()
    const kiosk = await arrive(page, language, languages.indexOf(language))
    assert.equal(await page.locator('html').getAttribute('data-language'), language)
    await fit(page, `home at the terminal in ${language}`)
    await look(page, `home-${language}`)
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
    assert.ok(links.every((link) => /^(\/portal|\?|#|\/kiosk)/.test(link)), `a link leads out: ${links}`)
    assert.ok(!links.some((link) => link.startsWith('/portal/settings')), 'settings have no sense there')

    for (const path of ['/portal/letters', '/portal/looked', '/portal/events']) {
      await page.locator(`nav.tabs a[href="${path}"]`).click()
      await page.waitForURL((address) => address.pathname === path)
      await fit(page, `${path} at the terminal in ${language}`)
      await look(page, `${path.split('/').at(-1)}-${language}`)
    }
    await page.locator('nav.tabs a[href="/portal/letters"]').click()
    const letter = page.locator('.letter-title a').first()
    if (await letter.count() > 0) {
      await letter.click()
      await page.waitForSelector('article.letter')
      await fit(page, `a letter at the terminal in ${language}`)
      await look(page, `letter-${language}`)
    }
    const aloud = page.locator('#aloud')
    assert.ok(await aloud.isVisible(), 'there is a voice')
    await aloud.click()
    const said = await page.evaluate(() => window.said)
    assert.ok(said.join('').includes((await page.locator('h1').innerText()).split('\n')[0].slice(0, 2)), said.join(' '))
    assert.equal(await aloud.getAttribute('aria-pressed'), 'true')
    await aloud.click()
    assert.equal(await aloud.getAttribute('aria-pressed'), 'false')
    await page.locator('#print').click()
    assert.equal(await page.evaluate(() => window.printed), 1)

    await page.locator('form[action="/portal/terminal/end"] button').click()
    await kiosk.at('/kiosk/ended')
    await fit(page, `ended in ${language}`)
    await look(page, `ended-${language}`)
    const cookies = (await page.context().cookies()).map((one) => one.name)
    assert.deepEqual(cookies.filter((name) => name !== 'yakuba-terminal'), [], 'only the machine is known')
    await page.goBack().catch(() => {})
    const left = await page.evaluate(async () => (await fetch('/portal', { cache: 'no-store' })).status)
    assert.equal(left, 401)
    await page.context().close()
  })
}

test('without a voice there is no button to hear, and taking the card sends the screen home', async () => {
  const page = await person(browser, sizes.kiosk)
  await page.addInitScript(() => { Object.defineProperty(window, 'speechSynthesis', { value: undefined }) })
  await arrive(page, 'ja', 3)
  assert.ok(await page.locator('#aloud').isHidden())
  // The machine's other window is told to stop, as pulling the card does.
  const other = await page.context().newPage()
  await other.goto(`${url}/kiosk/ended`)
  await page.waitForURL((address) => ['/kiosk/ended', '/kiosk'].includes(address.pathname), { timeout: 30_000 })
  await page.context().close()
})

test('no script: the way there and back, and the page goes home by itself', async () => {
  const page = await person(browser, sizes.kiosk, { javaScriptEnabled: false })
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage('ja')
  await kiosk.go('/kiosk/card/letters').click()
  const pin = await kiosk.putCard(4)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin)
  await kiosk.at('/kiosk/letters')
  await page.locator('form[action*="/portal/terminal"] button').click()
  await page.waitForURL((address) => address.pathname === '/portal', { timeout: 20_000 })
  assert.ok(await page.locator('#aloud').isHidden())
  assert.match(await page.content(), /http-equiv="refresh" content="95;url=\/portal\/terminal\/over"/)
  await page.locator('form[action="/portal/terminal/end"] button').click()
  await kiosk.at('/kiosk/ended')
  await page.context().close()
})
