// Staff IDs in a demo city: the personnel office sees the samples and stops one, anybody asks at the public page, a guard checks
// card and label with and without PIN; and a newcomer makes one with a card of the drawer and signs in with it. A city of its
// own: it has its own first administrator.

import assert from 'node:assert/strict'
import { join as path } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

const pictures = process.env.YAKUBA_PICTURES

describe('a staff ID', () => {
  let city, browser, lib, officer, sticker, member

  before(async () => {
    city = await ownCity()
    lib = { ...await import('../lib/city.mjs'), ...await import('../lib/browser.mjs'), ...await import('../lib/staff.mjs') }
    browser = await lib.launch()
    const administrator = await lib.person(browser, lib.sizes.desk)
    await lib.becomeFirstAdministrator(administrator)
    const link = await lib.invite(administrator, '人事 花子', ['personnel_officer'])
    officer = await lib.person(browser, lib.sizes.desk)
    await lib.join(officer, link)
  })

  after(async () => {
    await browser?.close()
    await city?.stop()
  })

  async function picture (page, name) {
    if (pictures) await page.screenshot({ path: path(pictures, `${name}.png`), fullPage: true })
  }

  async function asked (number, language = 'ja', size = lib.sizes.phone) {
    const page = await lib.person(browser, size)
    await page.goto(`${lib.url}/staff-id?lang=${language}#${number}`)
    await page.locator('#staff-id-filled:not([hidden])').waitFor()
    assert.ok(!page.url().includes('#'), 'the code leaves the address')
    await lib.fit(page, `/staff-id in ${language}`)
    await page.locator('#staff-id button').click()
    await page.locator('.alert').first().waitFor()
    await lib.fit(page, `the answer in ${language}`)
    return page
  }

  test('the personnel office sees the members and their IDs', async () => {
    await lib.open(officer, '/staff/staff-ids')
    assert.match(await officer.locator('main').innerText(), /見本　春子/)
    await lib.fit(officer, 'the list')
    await picture(officer, 'staff-id-list')
    await officer.locator('a', { hasText: '2001' }).click()
    member = officer.url()
    sticker = await officer.locator('code').first().innerText()
    assert.match(sticker, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/)
    await lib.fit(officer, 'a member')
    await picture(officer, 'staff-id-member')
    for (const place of ['labels', 'doors']) {
      await lib.open(officer, `/staff/staff-ids/${place}`)
      if (place === 'labels') await officer.locator('main details summary').first().click()
      await lib.fit(officer, place)
      await picture(officer, `staff-id-${place}`)
    }
    await lib.open(officer, '/staff/staff-ids/leaflet')
    await lib.fit(officer, 'the leaflet')
  })

  test('anybody finds out whether the person is an employee, and nothing else', async () => {
    for (const language of lib.languages) {
      const page = await asked(sticker, language, language === 'ja' ? lib.sizes.phone : lib.sizes.narrow)
      const text = await page.locator('main').innerText()
      assert.match(text, /市民課/)
      assert.doesNotMatch(text, /春子|2001/)
      await picture(page, `staff-id-public-${language}`)
    }
    const page = await asked('0000-0000-0000-0000', 'ja', lib.sizes.desk)
    assert.match(await page.locator('.alert').innerText(), /有効な身分証ではありません/)
  })

  test('a guard checks that card and label belong together', async () => {
    const desk = await lib.person(browser, lib.sizes.desk)
    await desk.goto(`${lib.url}/demo/terminal/staff_desk`)
    const check = async (place, withPin = true) => {
      const cards = await desk.locator('select[name=card] option').allInnerTexts()
      await desk.locator('select[name=card]').selectOption(String(place))
      if (withPin) await desk.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(cards[place])[1])
      await desk.locator('input[name=label]').fill(sticker)
      const answered = desk.waitForResponse((answer) => answer.request().method() === 'POST')
      await desk.locator('form.card button').click()
      await answered
      await desk.waitForLoadState()
      await desk.locator('.alert').first().waitFor()
      return desk.locator('.alert').first().innerText()
    }
    assert.match(await check(0), /有効です[\s\S]*市民課/)
    await lib.fit(desk, 'the desk')
    await picture(desk, 'staff-id-desk')
    assert.match(await check(1), /合いません/)

    // Somebody watches: once with the PINs, then the card alone.
    assert.match(await check(0, false), /登録がまだです/)
    await desk.locator('a[href="/counter/staff/once"]').click()
    await lib.fit(desk, 'enrolling for taps')
    await picture(desk, 'staff-id-desk-once')
    const first = await desk.locator('select[name=card] option').first().innerText()
    await desk.locator('select[name=card]').selectOption('0')
    await desk.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(first)[1])
    await desk.locator('form.card button').click()
    await desk.waitForURL(/\/counter\/staff$/)
    assert.match(await desk.locator('.alert').first().innerText(), /かざすだけで確かめられます/)
    assert.match(await check(0, false), /有効です[\s\S]*市民課/)
    await picture(desk, 'staff-id-desk-tap')
  })

  test('a newcomer makes a staff ID with a card of the drawer and signs in with it', async () => {
    await lib.open(officer, '/staff/staff-ids')
    await officer.locator('a', { hasText: '2004' }).click()
    await officer.locator('form[action$="/issue"] button').click()
    await officer.waitForURL(/done=/)
    await officer.locator('a.button[href$="/card"]').click()
    await lib.fit(officer, 'enrolling a card')
    await picture(officer, 'staff-id-enrol')
    const cards = await officer.locator('select[name=card] option').allInnerTexts()
    const place = cards.findIndex((label, at) => at > 2 && !/スマートフォン/.test(label))
    assert.ok(place > 2, `a card that is nobody's ID yet, of: ${cards}`)
    const shown = async (page, button) => {
      await page.locator('select[name=card]').selectOption(String(place))
      await page.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(cards[place])[1])
      await page.locator(`form.card button:has-text("${button}")`).click()
    }
    await shown(officer, '確かめて登録する')
    await officer.waitForURL(/done=staff-done-id-enrolled/)
    assert.match(await officer.locator('main').innerText(), /有効/)
    await picture(officer, 'staff-id-made')
    await lib.open(officer, '/staff/staff-ids/labels')
    assert.match(await officer.locator('main').innerText(), /2004/)

    // The officer's own, as it happens: linked once, and from then on the card and its PIN are enough.
    await lib.open(officer, '/staff/me/card')
    await lib.fit(officer, 'linking a card')
    await shown(officer, 'カードをサインインに使う')
    await officer.waitForURL(/done=staff-done-id-linked/)
    const pc = await lib.person(browser, lib.sizes.desk)
    await lib.open(pc, '/staff/sign-in')
    await pc.locator('a[href="/staff/sign-in/card"]').click()
    await lib.fit(pc, 'signing in with a card')
    await picture(pc, 'staff-id-sign-in')
    await shown(pc, 'カードでサインインする')
    await pc.waitForURL(/\/staff$/)
    assert.equal((await pc.goto(`${lib.url}/staff/staff-ids`)).status(), 200)
  })

  test('an ID that is lost is dead for anybody within seconds', async () => {
    await officer.goto(member)
    await officer.locator('a[href$="/do/lost"]').click()
    await lib.fit(officer, 'asking before an ID is lost')
    await officer.locator('form[action$="/do/lost"] button').click()
    await officer.waitForURL(/done=/)
    await officer.waitForTimeout(3000)
    const page = await asked(sticker)
    assert.match(await page.locator('.alert').innerText(), /有効な身分証ではありません/)
  })
})
