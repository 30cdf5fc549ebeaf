// A resident joins the citizen portal on a phone without a reader: the simulated app, a passkey, a lost phone.
//
//   /portal/sign-in ─► the app (another site) ─► back ─► welcome ─► passkey ─► out ─► in by passkey ─► stop code

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { data, languages, sizes, url } from '../lib/city.mjs'
import { addPasskey, byApp, joined, signOut } from '../lib/portal.mjs'
import { authenticator } from '../lib/staff.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

for (const language of languages) {
  test(`every page one comes in by is fit for a phone (${language})`, async () => {
    for (const size of [sizes.phone, sizes.narrow, sizes.desk]) {
      const page = await person(browser, size)
      for (const path of ['/portal/sign-in', '/portal/sign-in/card', '/portal/sign-in/forgotten', '/portal/sign-in/code', '/portal/sign-in/reset', '/portal/stop']) {
        await page.goto(`${url}${path}?lang=${language}`)
        await fit(page, `${path} in ${language} at ${size.width}`)
      }
      await page.context().close()
    }
  })

  test(`every page inside is fit for a phone (${language})`, async () => {
    const page = await person(browser, sizes.phone)
    await page.goto(`${url}/portal/sign-in?lang=${language}`)
    await joined(page, languages.indexOf(language))
    await fit(page, `welcome in ${language}`)
    for (const path of [
      '/portal', '/portal/settings', '/portal/settings/security', '/portal/cards', '/portal/step-up',
      '/portal/library', '/portal/hospital', '/portal/emergency-card'
    ]) {
      for (const size of [sizes.phone, sizes.narrow]) {
        await page.setViewportSize(size)
        await page.goto(`${url}${path}`)
        await fit(page, `${path} in ${language} at ${size.width}`)
      }
    }
    await page.context().close()
  })
}

describe('somebody with a phone and no reader', () => {
  let phone
  before(async () => {
    phone = await person(browser, sizes.phone)
    await authenticator(phone)
    await joined(phone)
  })

  test('is greeted by name and registers a passkey at once', async () => {
    assert.match(await phone.locator('main').innerText(), / さん/)
    await addPasskey(phone, 'わたしのスマホ')
    assert.match(await phone.locator('main').innerText(), /わたしのスマホ/)
  })

  test('comes back by the passkey, which the browser may offer by itself', async () => {
    await signOut(phone)
    // A browser that offers it in the field's autofill may be in already; else the button asks.
    const button = phone.locator('form[data-passkey=get] button[type=submit]')
    await Promise.race([phone.waitForURL((address) => address.pathname === '/portal'), button.click().catch(() => {})])
    await phone.waitForURL((address) => address.pathname === '/portal', { timeout: 20_000 })
    assert.match(await phone.locator('main').innerText(), / さん/)
  })

  test('shows the card again before something that matters, by the app, and comes back to where they were', async () => {
    await phone.goto(`${url}/portal/settings/security`)
    assert.equal(await phone.locator('form[action="/portal/settings/stop-code"]').count(), 0, 'a passkey is not the card')
    await phone.locator('a[href^="/portal/step-up"]').first().click()
    await phone.locator('form[action="/portal/step-up/app"] button').click()
    await phone.locator('button[value="0"]').click()
    await phone.waitForURL((address) => address.pathname === '/portal/settings/security', { timeout: 20_000 })
    assert.equal(await phone.locator('form[action="/portal/settings/stop-code"]').count(), 1)
  })

  test('sets an address and a password, with the code from the letter', async () => {
    await phone.locator('form[action="/portal/settings/email"] input[name=email]').fill('hanako@example.jp')
    await phone.locator('form[action="/portal/settings/email"] button').click()
    await phone.waitForURL((address) => address.pathname === '/portal/settings/email/code')
    const place = join(data, 'outside', 'mail')
    const letter = readFileSync(join(place, readdirSync(place).sort().at(-1)), 'utf8')
    await phone.locator('input[name=code]').fill(/\d{6}/.exec(letter.split('\n\n')[1])[0])
    await phone.locator('form[action="/portal/settings/email/code"] button').click()
    await phone.waitForURL((address) => address.pathname === '/portal/settings/security')
    await phone.locator('form[action="/portal/settings/password"] input').last().fill('four plain words here')
    await phone.locator('form[action="/portal/settings/password"] button').click()
    await phone.locator('.alert', { hasText: 'パスワードを設定しました' }).waitFor()
    await fit(phone, 'security, with everything set')
  })

  test('stops a lost phone from another browser by the code kept at home, and the card opens it again', async () => {
    await phone.locator('form[action="/portal/settings/stop-code"] button').click()
    const code = await phone.locator('.secret').innerText()
    await fit(phone, 'stop code')
    const home = await person(browser, sizes.desk)
    await home.goto(`${url}/portal/stop`)
    await home.locator('input[name=code]').fill(code)
    await home.locator('form[action="/portal/stop"] button').click()
    await home.locator('.alert', { hasText: '止めました' }).waitFor()
    await fit(home, 'stopped')
    const answer = await phone.goto(`${url}/portal`)
    assert.equal(answer.status(), 401, 'the phone is out')
    await joined(home)
    assert.match(await home.locator('main').innerText(), / さん/)
  })
})

test('the simulated app is fit for a phone', async () => {
  const page = await person(browser, sizes.phone)
  await page.goto(`${url}/portal/sign-in`)
  await page.locator('form[action="/portal/sign-in/app"] button').first().click()
  await page.waitForURL((address) => address.pathname.includes('/realms/main/'), { timeout: 20_000 })
  await fit(page, 'the simulated app')
  const button = await page.locator('button').first().boundingBox()
  assert.ok(button.height >= 44 && button.width > 300, 'a button is as large as a thumb needs')
  await page.context().close()
})

test('whoever does not agree at the app is not in, and whoever never came is told how', async () => {
  const page = await person(browser, sizes.phone)
  await page.goto(`${url}/portal/sign-in`)
  await page.locator('form[action="/portal/sign-in/app"]').first().locator('button').click()
  await page.locator('button[value=nobody]').click()
  await page.locator('.alert', { hasText: '同意されなかった' }).waitFor()
  await fit(page, 'not agreed')
})

test('it works without script, but for passkeys and cards', async () => {
  const page = await person(browser, sizes.phone, { javaScriptEnabled: false })
  await byApp(page, 1)
  await page.goto(`${url}/portal/settings`)
  assert.equal(await page.locator('h1').count(), 1)
})
