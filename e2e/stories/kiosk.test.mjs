// The main job: a card, a PIN, a signed paper.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { Kiosk, takePaper } from '../lib/kiosk.mjs'
import { codes, keep, pdfsig, text } from '../lib/paper.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

for (const language of languages) {
  for (const size of ['kiosk', 'phone']) {
    test(`a resident takes out a paper (${language}, ${size})`, async () => {
      const page = await person(browser, sizes[size])
      const bytes = await takePaper(page, language, (where) => fit(page, `${where} in ${language} at ${size} size`))
      const path = keep(bytes)
      const judgement = pdfsig(path)
      assert.match(judgement, /Signature is Valid/, judgement)
      assert.match(judgement, /Total document signed/, judgement)
      assert.match(text(path).replace(/\s/g, ''), /住民票/)
    })
  }
}

describe('the paper', () => {
  let path
  before(async () => {
    const page = await person(browser, sizes.kiosk)
    path = keep(await takePaper(page, 'ja'))
  })

  test('is no longer at the machine once it was taken', async () => {
    const page = await person(browser, sizes.kiosk)
    const answer = await page.request.get(`${url}/kiosk/paper.pdf`)
    assert.equal(answer.status(), 403)
  })

  test('carries a code that leads to the page where anyone checks it', () => {
    const [code] = codes(path)
    assert.match(code, /\/verify#/)
  })
})

test('a wrong PIN says how many tries are left, and nothing is lost', async () => {
  const page = await person(browser, sizes.kiosk)
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage('ja')
  const pin = await kiosk.putCard(1)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin === '0000' ? '0001' : '0000')
  await kiosk.at('/kiosk/pin')
  assert.match(await page.locator('[role=alert]').innerText(), /あと2回/)
  await fit(page, 'wrong PIN')
  await kiosk.typePin(pin)
  await kiosk.at('/kiosk/kind')
  await page.locator('form[action="/kiosk/session/stop"] button').click()
  await kiosk.at('/kiosk/ended')
})

test('the machine can be used with a keyboard alone', async () => {
  const page = await person(browser, sizes.kiosk)
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  const reach = async (locator) => {
    for (let presses = 0; presses < 80; presses++) {
      if (await locator.evaluate((element) => element === document.activeElement)) return page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
    }
    assert.fail('the button cannot be reached with the Tab key')
  }
  await reach(page.locator('form[action="/kiosk/start"]', { has: page.locator('input[value="ja"]') }).locator('button'))
  await kiosk.at('/kiosk/card')
  const pin = /\d{4}/.exec(await page.locator('form[action="/kiosk/card"] button span').first().innerText())[0]
  await reach(page.locator('form[action="/kiosk/card"] button').first())
  await kiosk.at('/kiosk/pin')
  await page.locator('#pin:focus').waitFor()
  await page.keyboard.type(pin)
  await page.keyboard.press('Enter')
  await kiosk.at('/kiosk/kind')
  await reach(page.locator('form[action="/kiosk/kind"] button').first())
  await kiosk.at('/kiosk/choose')
  await reach(kiosk.go('/kiosk/choose'))
  await kiosk.at('/kiosk/confirm')
  await reach(page.locator('form[action="/kiosk/session/stop"] button'))
  await kiosk.at('/kiosk/ended')
})

test('the machine works without script', async () => {
  const page = await person(browser, sizes.kiosk, { javaScriptEnabled: false })
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage('ja')
  const pin = await kiosk.putCard(0)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin)
  await kiosk.takeKind()
  await kiosk.choose('applicant')
  await kiosk.confirm()
  await kiosk.pay()
  await kiosk.at('/kiosk/print')
  await kiosk.go('/kiosk/print').click()
  assert.ok((await kiosk.paper()).length > 10_000)
  await kiosk.takeEverything()
})

test('nobody starts a session by naming a resident', async () => {
  const page = await person(browser, sizes.kiosk)
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  for (const path of ['/kiosk/start', '/kiosk/card', '/kiosk/pin', '/kiosk/kind', '/kiosk/choose', '/kiosk/confirm', '/kiosk/pay', '/kiosk/print', '/kiosk/take']) {
    const answer = await page.request.post(`${url}${path}`, { form: { resident: 'R0000001' }, headers: { origin: url } })
    assert.equal(answer.status(), 403, path)
  }
})

describe('their own cards', () => {
  // A card that no other story uses, for it is reported lost here.
  const signIn = async (page) => {
    const kiosk = new Kiosk(page)
    await kiosk.arrive()
    await kiosk.chooseLanguage('ja')
    const pin = await kiosk.putCard(3)
    await kiosk.at('/kiosk/pin')
    await kiosk.typePin(pin)
    return { kiosk, pin }
  }

  test('a person enrols their card for taps without PIN, sees it, and stops it when it is lost', async () => {
    const page = await person(browser, sizes.phone)
    const { kiosk, pin } = await signIn(page)
    await kiosk.at('/kiosk/kind')
    await kiosk.go('/kiosk/cards/open').click()
    await kiosk.at('/kiosk/cards')
    await fit(page, 'own cards')
    assert.match(await page.locator('.kiosk-cards').innerText(), /マイナンバーカード[^]*使えます/)

    await page.locator('#tap-pin').fill(pin === '0000' ? '0001' : '0000')
    await kiosk.go('/kiosk/cards/enrol').click()
    await page.locator('[role=alert]').waitFor()
    assert.match(await page.locator('[role=alert]').innerText(), /あと2回/)
    await page.locator('#tap-pin').fill(pin)
    await kiosk.go('/kiosk/cards/enrol').click()
    await page.locator('[role=status]').filter({ hasText: 'かざし利用を登録しました' }).waitFor()
    assert.match(await page.locator('.kiosk-cards').innerText(), /暗証番号なし/)
    assert.equal(await page.locator('#tap-pin').count(), 0)
    await fit(page, 'own cards, enrolled')

    await page.locator('form[action="/kiosk/cards/stop"]', { has: page.locator('input[value=lost]') }).locator('button').click()
    await page.locator('[role=status]').filter({ hasText: '止めました' }).waitFor()
    assert.match(await page.locator('.kiosk-cards').innerText(), /紛失の届けあり/)
    await kiosk.go('/kiosk/cards/back').click()
    await kiosk.at('/kiosk/kind')
    await page.locator('form[action="/kiosk/session/stop"] button').click()
    await kiosk.at('/kiosk/ended')
  })

  test('a card that was reported lost opens nothing', async () => {
    const page = await person(browser, sizes.kiosk)
    const { kiosk } = await signIn(page)
    await kiosk.at('/kiosk/pin')
    assert.match(await page.locator('[role=alert]').innerText(), /紛失/)
  })
})
