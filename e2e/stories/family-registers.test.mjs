// The family register: a resident's papers, and somebody who lives elsewhere applying at the machine and from a PC.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { Kiosk } from '../lib/kiosk.mjs'
import { look } from '../lib/look.mjs'
import { keep, pdfsig, text } from '../lib/paper.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

/** Signs in with the drawer's card whose label says this. */
async function signIn (page, language, label) {
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage(language)
  const labels = await kiosk.cards()
  const place = labels.findIndex((one) => one.includes(label))
  assert.ok(place >= 0, `${label} is not in the drawer: ${labels}`)
  const pin = await kiosk.putCard(place)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin)
  return { kiosk, pin }
}

for (const language of languages) {
  test(`a resident takes the whole register (${language})`, async () => {
    const page = await person(browser, sizes.kiosk)
    const { kiosk } = await signIn(page, language, '夫婦2人')
    await kiosk.takeKind('family_register_certificate')
    await fit(page, `the whole register in ${language}`)
    await kiosk.go('/kiosk/choose').click()
    await fit(page, `confirming in ${language}`)
    await kiosk.confirm()
    await kiosk.pay()
    const path = keep(await kiosk.paper())
    assert.match(pdfsig(path), /Signature is Valid/)
    const said = text(path).replace(/\s/g, '')
    for (const word of ['全部事項証明', '大輔', '真理子', '養子縁組']) assert.ok(said.includes(word), word)
    await kiosk.takeEverything()
  })
}

test('one person, and some of the appendix, are chosen by name', async () => {
  const page = await person(browser, sizes.phone)
  const { kiosk } = await signIn(page, 'ja', '夫婦2人')
  await kiosk.takeKind('family_register_person_certificate')
  await fit(page, 'choosing one person')
  await page.locator('input[name=member][value="1"]').check()
  await kiosk.go('/kiosk/choose').click()
  await kiosk.at('/kiosk/confirm')
  assert.match(await page.locator('.kiosk-facts').innerText(), /真理子/)
  await page.locator('a[href="/kiosk/choose?back=1"]').click()
  await page.locator('a[href="/kiosk/kind?back=1"]').click()
  await kiosk.takeKind('family_register_appendix')
  await fit(page, 'choosing of the appendix')
  await page.locator('input[name=item][value=domicile]').check()
  await kiosk.choose('applicant')
  await kiosk.at('/kiosk/confirm')
  assert.match(await page.locator('.kiosk-facts').innerText(), /本籍・筆頭者/)
  await page.locator('form[action="/kiosk/session/stop"] button').click()
})

test('whose register is elsewhere is told where to go, and may take the other papers', async () => {
  const page = await person(browser, sizes.kiosk)
  const { kiosk } = await signIn(page, 'ja', '母と子')
  await kiosk.at('/kiosk/kind')
  await page.locator('form[action="/kiosk/kind"]', { has: page.locator('input[value="family_register_certificate"]') }).locator('button').click()
  await page.locator('[role=alert]').waitFor()
  assert.match(await page.locator('[role=alert]').innerText(), /本籍地の市区町村/)
  await fit(page, 'told where to go')
  await kiosk.takeKind()
  await page.locator('form[action="/kiosk/session/stop"] button').click()
})

/** The demo's person who lives elsewhere, before the first question. */
async function beginToApply (page, language = 'ja') {
  const { kiosk, pin } = await signIn(page, language, '市外に住む')
  await page.locator('form[action="/kiosk/apply/open"] button').click()
  await kiosk.at('/kiosk/apply')
  return { kiosk, pin }
}

/** Presses keys of the screen that spell into `field`, each by its words or its act. */
async function press (page, field, keys) {
  for (const key of keys) await page.locator(`.kiosk-keys[data-for=${field}] button:is([data-key="${key}"], [data-act="${key}"])`).click()
}

const next = (page) => page.locator('form[action="/kiosk/apply/text"] button[type=submit]').click()

test('the questions can be answered without script, back and forth, in every language and on a phone', async () => {
  for (const language of languages) {
    const page = await person(browser, sizes.phone, { javaScriptEnabled: false })
    await beginToApply(page, language)
    await page.locator('button[name=other]').click()
    for (const key of ['か', 'voiced', '1']) await page.locator(`button[name=key][value="${key}"]`).click()
    assert.equal(await page.locator('#text').inputValue(), 'が1')
    await next(page)
    await page.locator('button[name=who][value=applicant]').click()
    await page.locator('#password').waitFor()
    for (let steps = 0; steps < 3; steps++) await page.locator('form[action="/kiosk/apply/back"] button').click()
    await page.locator('button[name=other]').waitFor()
    await page.locator('form[action="/kiosk/stop"] button').click()
  }
})

test('somebody who lives elsewhere applies at the machine with a finger', async () => {
  const page = await person(browser, sizes.kiosk)
  const { kiosk, pin } = await beginToApply(page)
  const shown = (name) => look(page, { kiosk: sizes.kiosk }, 'ja', name)
  await shown('apply-town')
  await page.locator('button[name=town]', { hasText: /^中央$/ }).click()
  await page.locator('#text').waitFor()
  await shown('apply-number')
  await press(page, 'text', ['1', '丁目', '1', '0', '9', 'erase', '0', '番地'])
  assert.equal(await page.locator('#text').inputValue(), '1丁目100番地')
  await next(page)
  await page.locator('button[name=who]').first().waitFor()
  await shown('apply-head')
  await page.locator('button[name=who][value=other]').click()
  await page.locator('#text').waitFor()
  await press(page, 'text', ['つ', 'し', 'voiced', '　', 'は', 'な', 'こ'])
  assert.equal(await page.locator('#text').inputValue(), 'つじ　はなこ')
  await shown('apply-reading')
  await next(page)
  await page.locator('#password').waitFor()
  assert.match(await page.locator('.kiosk-facts').innerText(), /中央1丁目100番地[^]*つじ　はなこ/)
  await shown('apply-sign')
  // A password that cannot be one, then the right one; what was spelled before is still there.
  await press(page, 'pin', [...pin])
  await press(page, 'password', ['N', '0'])
  await kiosk.go('/kiosk/apply').click()
  await page.locator('[role=alert]').waitFor()
  await press(page, 'pin', [...pin])
  await press(page, 'password', [...'YAKUBA1'])
  await kiosk.go('/kiosk/apply').click()
  await kiosk.at('/kiosk/applied')
  await fit(page, 'applied')
  await page.goto(`${url}/kiosk/ended`)
  const again = await person(browser, sizes.kiosk)
  await signIn(again, 'ja', '市外に住む')
  await again.locator('[role=alert]').waitFor()
  assert.match(await again.locator('[role=alert]').innerText(), /審査中/)
})

test('the page for a PC explains itself, refuses what is no certificate, and knows no strange receipt', async () => {
  for (const size of ['narrow', 'desk']) {
    const page = await person(browser, sizes[size])
    await page.goto(`${url}/registration`)
    await fit(page, `the page for a PC at ${size} size`)
    const files = page.locator('details', { has: page.locator('#certificate') })
    await files.locator('summary').click()
    await fit(page, `with files at ${size} size`)
    await files.locator('input[name=domicile]').fill('見本県見本市中央一丁目100番地')
    await files.locator('input[name=head]').fill('辻花子')
    await page.locator('#certificate').setInputFiles({ name: 'auth.der', mimeType: 'application/octet-stream', buffer: Buffer.from('no certificate') })
    await page.locator('form[action="/registration/statement"] button').click()
    assert.match(await page.locator('main').innerText(), /証明書として受け付けられません/)
    await page.goto(`${url}/registration`)
    await page.locator('input[name=receipt]').fill('00000000000000000000000000')
    await page.locator('form[action="/registration/status"] button').click()
    assert.match(await page.locator('main').innerText(), /受付番号の申請はありません/)
  }
})
