// The other kinds of paper at the machine: the registered seal, taxes and income. Copies are all there is to choose.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes } from '../lib/city.mjs'
import { Kiosk } from '../lib/kiosk.mjs'
import { keep, pdfsig, text } from '../lib/paper.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

/** Signs in with the card whose label begins so. */
async function signIn (page, language, label) {
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage(language)
  const place = (await kiosk.cards()).findIndex((card) => card.includes(label))
  assert.ok(place >= 0, `a card for: ${label}`)
  const pin = await kiosk.putCard(place)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin)
  await kiosk.at('/kiosk/kind')
  return kiosk
}

const kinds = [
  ['seal_registration_certificate', /印鑑登録証明書/, /登録された印影/],
  ['tax_certificate', /課税（所得）証明書/, /合計所得金額/]
]

for (const language of languages) {
  for (const [kind, title, says] of kinds) {
    test(`a resident takes out ${kind} (${language})`, async () => {
      const page = await person(browser, sizes[language === 'ja' ? 'kiosk' : 'phone'])
      const kiosk = await signIn(page, language, '夫婦2人')
      await fit(page, `kinds in ${language}`)
      await kiosk.takeKind(kind)
      assert.equal(await page.locator('input[name=who], input[name=item]').count(), 0, 'nothing but copies')
      await fit(page, `copies of ${kind} in ${language}`)
      await kiosk.go('/kiosk/choose').click()
      await kiosk.at('/kiosk/confirm')
      await fit(page, `confirming ${kind} in ${language}`)
      await kiosk.confirm()
      await kiosk.pay()
      const path = keep(await kiosk.paper())
      assert.match(pdfsig(path), /Signature is Valid/)
      const words = text(path).replace(/\s/g, '')
      assert.match(words, title)
      assert.match(words, says)
      await kiosk.takeEverything()
    })
  }
}

const refused = [['印鑑登録は停止中', 'seal_registration_certificate'], ['印鑑登録は廃止済み', 'seal_registration_certificate'], ['所得の申告なし', 'tax_certificate']]

for (const [label, kind] of refused) {
  test(`${label}: the one sentence before a coin is put in, and the other papers are still theirs`, async () => {
    const page = await person(browser, sizes.kiosk)
    const kiosk = await signIn(page, 'ja', label)
    await kiosk.takeKind(kind)
    await kiosk.go('/kiosk/choose').click()
    await kiosk.confirm()
    await kiosk.at('/kiosk/kind')
    const said = await page.locator('[role=alert]').innerText()
    assert.match(said, /この端末では発行できません。窓口でお手続きください。/)
    assert.doesNotMatch(await page.locator('main').innerText(), /停止|廃止|申告/)
    await fit(page, 'another paper after a refusal')
    await kiosk.takeKind()
    await kiosk.at('/kiosk/choose')
    await page.locator('form[action="/kiosk/session/stop"] button').click()
  })
}
