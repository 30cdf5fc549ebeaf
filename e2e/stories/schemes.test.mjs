// What can I use? Somebody with a phone registers, answers two questions, agrees to tax data, reads why, prints, stops.
//
//   /portal ─► /portal/interests ─► /portal/schemes ─► questions ─► consent (card) ─► judged anew ─► put away ─► stop

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { joined } from '../lib/portal.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

const pictures = process.env.YAKUBA_PICTURES

/** Looks again, as a person would, until the inside has judged. */
async function judged (page, is = /判定しました|しらべました|Judged on/) {
  for (let tries = 0; tries < 60; tries += 1) {
    await page.goto(`${url}/portal/schemes`)
    if (is.test(await page.locator('main').innerText())) return
    await page.waitForTimeout(1000)
  }
  assert.fail(`not judged within a minute: ${await page.locator('main').innerText()}`)
}

/** Fit at both widths; with a picture when asked. */
async function fits (page, path, language) {
  for (const size of [sizes.phone, sizes.narrow]) {
    await page.setViewportSize(size)
    assert.equal((await page.goto(`${url}${path}`)).status(), 200, path)
    await fit(page, `${path} in ${language} at ${size.width}`)
    if (pictures) {
      const name = `${path.replaceAll(/[/?=]/g, '_')}-${language}-${size.width}.png`
      await page.screenshot({ path: `${pictures}/${name}`, fullPage: true })
      await page.screenshot({ path: `${pictures}/first${name}` })
    }
  }
  await page.setViewportSize(sizes.phone)
}

for (const language of languages) {
  test(`registering, schemes and questions are fit for a phone (${language})`, async () => {
    const page = await person(browser, sizes.phone)
    await page.goto(`${url}/portal/sign-in?lang=${language}`)
    await joined(page, 3 + languages.indexOf(language))
    for (const path of ['/portal/schemes', '/portal/interests', '/portal/interests/questions']) await fits(page, path, language)
    await page.goto(`${url}/portal/interests`)
    await page.locator('#receives').check()
    await page.locator('#field-2').check()
    await page.locator(`form[action="/portal/interests"] button[type=submit]`).click()
    await judged(page)
    for (const path of ['/portal', '/portal/schemes', '/portal/schemes?all=1', '/portal/interests', '/portal/interests/questions', '/portal/consents']) {
      await fits(page, path, language)
    }
    const links = await page.locator('nav.tabs a').count()
    assert.equal(links, 5, 'five places in the bar')
    await page.context().close()
  })
}

describe('somebody who registers beforehand', () => {
  let phone
  before(async () => {
    const withScript = await person(browser, sizes.phone)
    await joined(withScript, 7)
    const storageState = await withScript.context().storageState()
    await withScript.context().close()
    phone = await person(browser, sizes.phone, { javaScriptEnabled: false, storageState })
  })
  after(() => phone.context().close())
  const card = (name) => phone.locator('article.scheme', { has: phone.locator('h3', { hasText: new RegExp(`^${name}$`) }) })

  test('is asked on the first page, registers without script, and is judged within a minute', async () => {
    await phone.goto(`${url}/portal`)
    await phone.locator('section[aria-labelledby=home-schemes] a').click()
    await phone.locator('#receives').check()
    await phone.locator('#age-41').check()
    await phone.locator('form[action="/portal/interests"] button[type=submit]').click()
    assert.match(await phone.locator('main').innerText(), /登録しました/)
    await judged(phone)
    assert.match(await phone.locator('main').innerText(), /見本の値です/)
    assert.equal(await phone.locator('article.scheme').count(), 23)
  })

  test('answers what the city does not hold, and more is known', async () => {
    const unknown = async () => Number(/わからない制度\((\d+)\)/.exec(await phone.locator('main').innerText())?.[1] ?? 0)
    const before = await unknown()
    await phone.goto(`${url}/portal/interests/questions`)
    await phone.locator('#single-0').check()
    await phone.locator('#receives-0').check()
    await phone.locator('#insurance-1').check()
    await phone.locator('#year-0').check()
    await phone.locator('form[action="/portal/interests/questions"] button[type=submit]').click()
    let now = before
    for (let tries = 0; tries < 60 && now >= before; tries += 1) {
      await phone.waitForTimeout(1000)
      await phone.goto(`${url}/portal/schemes`)
      now = await unknown()
    }
    assert.ok(now < before, `${now} of ${before} are not known`)
  })

  test('reads why, puts a scheme away and back', async () => {
    const first = phone.locator('article.scheme').first()
    await first.locator('summary').first().click()
    assert.ok(await first.locator('ul.reasons li').count() > 0)
    await phone.goto(`${url}/portal/schemes?all=1`)
    await card('前立腺がん検診').locator('button').click()
    assert.match(await phone.locator('main').innerText(), /関係ないとした制度\(1\)/)
    await phone.goto(`${url}/portal/schemes?all=1`)
    await card('前立腺がん検診').locator('button').click()
    assert.doesNotMatch(await phone.locator('main').innerText(), /関係ないとした制度/)
  })

  test('agrees to tax data with the card, finds it on the page of all consents, and stops', async () => {
    await phone.goto(`${url}/portal/consents/give/notices-tax`)
    assert.match(await phone.locator('main').innerText(), /所得の金額/)
    await phone.locator('form[action="/portal/consents/give/notices-tax"] button').click()
    const consents = await phone.locator('main').innerText()
    assert.match(consents, /税の情報/)
    assert.match(consents, /お知らせの登録/)
    await phone.locator('form[action="/portal/interests/stop"] button').click()
    assert.match(await phone.locator('main').innerText(), /登録をやめました/)
    await phone.goto(`${url}/portal/schemes`)
    assert.match(await phone.locator('main').innerText(), /まだ登録していません/)
  })
})
