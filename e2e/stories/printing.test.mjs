// The printer of the machine: no paper, a jam, a cable pulled out. Nothing is lost, staff mend it, or the money goes back.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'
import { Kiosk } from '../lib/kiosk.mjs'
import { keep, pdfsig, text } from '../lib/paper.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

/** A person before the coin box with the fee in it. */
async function beforePayment (size, more = {}) {
  const page = await person(browser, sizes[size], more)
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage('ja')
  const pin = await kiosk.putCard(0)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin)
  await kiosk.takeKind()
  await kiosk.choose('applicant')
  await kiosk.confirm()
  await kiosk.at('/kiosk/pay')
  for (let coins = 0; coins < 2; coins++) {
    await page.locator('form[action="/kiosk/pay/insert"]', { has: page.locator('input[value="100"]') }).locator('button').click()
    await page.waitForLoadState('load')
  }
  return { page, kiosk }
}

/** Does this to the simulated printer of the machine. */
async function printer (page, trouble) {
  await page.locator('form[action$="/tray"]', { has: page.locator(`input[value="${trouble}"]`) }).locator('button').click()
  await page.waitForLoadState('load')
}

/** Pays; then, before the paper is sent, the printer fails. */
async function runsInto (page, kiosk, trouble, words) {
  const csrf = await page.locator('form[action="/kiosk/session/tray"] input[name=csrf]').first().inputValue()
  // The page sends the paper by itself, at once: it is kept from that for the moment in which the printer fails.
  await page.route('**/kiosk/print', (route) => route.request().method() === 'POST' ? route.abort() : route.continue())
  await kiosk.go('/kiosk/pay').click()
  await kiosk.at('/kiosk/print')
  const answer = await page.request.post(`${url}/kiosk/session/tray`, { form: { csrf, trouble }, headers: { origin: url }, maxRedirects: 0 })
  assert.equal(answer.status(), 303)
  await page.unroute('**/kiosk/print')
  await page.goto(`${url}/kiosk/print`, { waitUntil: 'commit' }).catch(() => {})
  await page.locator('h1', { hasText: words }).waitFor({ timeout: 15_000 })
}

for (const size of ['kiosk', 'phone']) {
  test(`nobody pays while the printer is out of paper; refilled, the paper comes (${size})`, async () => {
    const { page, kiosk } = await beforePayment(size)
    await printer(page, 'out-of-paper')
    await kiosk.go('/kiosk/pay').click()
    await kiosk.at('/kiosk/pay')
    assert.match(await page.locator('[role=alert]').innerText(), /用紙がなくなりました[^]*料金はいただいていません/)
    await fit(page, `out of paper before payment at ${size} size`)
    await printer(page, 'none')
    await kiosk.go('/kiosk/pay').click()
    const bytes = await kiosk.paper()
    assert.match(pdfsig(keep(bytes)), /Signature is Valid/)
    await page.locator('a[href="/kiosk/receipt"]').click()
    await kiosk.at('/kiosk/receipt')
    const receipt = await page.locator('.kiosk-receipt').innerText()
    assert.match(receipt, /見本市[^]*住民票の写し[^]*200円/)
    await fit(page, `receipt at ${size} size`)
    // On paper, for whoever wants it, from the same printer.
    assert.equal((await page.request.get(`${url}/kiosk/receipt.pdf`)).status(), 410, 'nobody is given one unasked')
    await kiosk.go('/kiosk/receipt/print').click()
    await page.locator('[role=status]', { hasText: '領収書を印刷しました' }).waitFor()
    await fit(page, `receipt on paper at ${size} size`)
    const printed = await page.request.get(`${url}/kiosk/receipt.pdf`)
    const words = text(keep(await printed.body(), 'receipt.pdf')).replaceAll(' ', '')
    assert.match(words, /領収書[^]*金額　?200円[^]*住民票の写し1通の交付手数料として[^]*領収日時[^]*年[^]*月[^]*日[^]*場所[^]*受付番号[0-9A-Z]{5}-[0-9A-Z]{5}[^]*見本市/)
    assert.equal(await kiosk.go('/kiosk/receipt/print').count(), 0, 'one is enough')
    await page.locator('a[href="/kiosk/take"]').click()
    await kiosk.takeEverything()
  })
}

test('paper runs out while it is printed: told, refilled, and the same paper comes', async () => {
  const { page, kiosk } = await beforePayment('kiosk')
  await runsInto(page, kiosk, 'out-of-paper', '用紙がなくなりました')
  assert.match(await page.locator('main').innerText(), /お金も手続きもなくなっていません[^]*係員をお呼びください/)
  await fit(page, 'out of paper')
  await printer(page, 'none')
  assert.ok((await kiosk.paper()).length > 10_000)
  await kiosk.takeEverything()
})

test('without script the receipt comes too, and nobody must take one', async () => {
  const { page, kiosk } = await beforePayment('kiosk', { javaScriptEnabled: false })
  await kiosk.go('/kiosk/pay').click()
  await kiosk.at('/kiosk/print')
  await kiosk.go('/kiosk/print').click()
  assert.ok((await kiosk.paper()).length > 10_000)
  await page.locator('a[href="/kiosk/receipt"]').click()
  await kiosk.go('/kiosk/receipt/print').click()
  await page.locator('[role=status]', { hasText: '領収書を印刷しました' }).waitFor()
  await page.locator('a[href="/kiosk/take"]').click()
  await kiosk.takeEverything()
  assert.equal((await page.request.get(`${url}/kiosk/receipt.pdf`, { maxRedirects: 0 })).ok(), false, 'it went with its person')
})

test('a jam that nobody mends gives the money back', async () => {
  const { page, kiosk } = await beforePayment('phone')
  await runsInto(page, kiosk, 'jam', '紙がつまりました')
  await fit(page, 'jam')
  await kiosk.go('/kiosk/print/stop').click()
  await kiosk.at('/kiosk/ended')
  assert.match(await page.locator('main').innerText(), /印刷できませんでした[^]*200円/)
  await fit(page, 'not printed')
  // The first screen says it before anybody puts a card down, and changes by itself when it is mended.
  await page.locator('a[href="/kiosk"]').click()
  await kiosk.at('/kiosk')
  assert.match(await page.locator('main').innerText(), /紙がつまりました[^]*Paper is stuck/)
  await fit(page, 'first screen, jam')
  await printer(page, 'none')
  await page.locator('form[action="/kiosk/start"]').first().waitFor()
})

test('without script the paper on its way is followed too', async () => {
  const { page, kiosk } = await beforePayment('kiosk', { javaScriptEnabled: false })
  await kiosk.go('/kiosk/pay').click()
  await kiosk.at('/kiosk/print')
  await printer(page, 'offline')
  await kiosk.go('/kiosk/print').click()
  await page.locator('h1', { hasText: 'つながりません' }).waitFor()
  await printer(page, 'none')
  assert.ok((await kiosk.paper()).length > 10_000)
  await kiosk.takeEverything()
})
