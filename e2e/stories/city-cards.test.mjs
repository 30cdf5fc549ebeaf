// A card of the city: defined in the console, brought into force by a second person, given at a desk, seen in the portal.

// A city of its own, because only one can be the first administrator of a city.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

let city, browser, url, sizes, languages, fit, person, picture, joined, staff
before(async () => {
  city = await ownCity()
  // The helpers read the city's address once.
  ;({ url, sizes, languages } = await import('../lib/city.mjs'))
  const browsers = await import('../lib/browser.mjs')
  ;({ fit, person } = browsers)
  ;({ picture } = await import('../lib/look.mjs'))
  ;({ joined } = await import('../lib/portal.mjs'))
  staff = await import('../lib/staff.mjs')
  browser = await browsers.launch()
})
after(async () => {
  await browser?.close()
  await city?.stop()
})

const key = 'volunteer_pass'

/** Looks at a page in every language and at these sizes. */
async function look (page, path, name, all) {
  for (const language of languages) {
    await page.goto(`${url}${path}?lang=${language}`)
    for (const size of all) {
      await page.setViewportSize(sizes[size])
      await fit(page, `${path} in ${language} at ${size} size`)
      await picture(page, size, language, name)
    }
  }
  await page.goto(`${url}${path}?lang=ja`)
  await page.setViewportSize(sizes[all[0]])
}

test('a card is defined without code and comes into force by two', async () => {
  const administrator = await person(browser, sizes.desk)
  await staff.becomeFirstAdministrator(administrator)
  const officer = await person(browser, sizes.desk)
  await staff.join(officer, await staff.invite(administrator, '証明 次郎', ['certificate_officer']))
  await look(officer, '/staff/cards', 'city-cards-list', ['desk', 'phone'])
  await look(officer, '/staff/cards/new', 'city-cards-new', ['desk', 'phone', 'narrow'])
  const form = officer.locator('form[action="/staff/cards/new"]')
  await form.locator('input[name=key]').fill(key)
  await form.locator('input[name=name]').fill('ボランティア手帳')
  await form.locator('input[name=name_easy]').fill('ボランティアの カード')
  await form.locator('input[name=name_english]').fill('Volunteer pass')
  await form.locator('input[name=office]').fill('市民協働課')
  await form.locator('input[name=prefix]').fill('V')
  await form.locator('input[name=own_card]').fill('250')
  await form.locator('input[name=own_card_again]').fill('400')
  await form.locator('button[type=submit]').click()
  await officer.getByText('下書きを保存しました').waitFor()
  await fit(officer, 'a draft')
  await officer.locator(`form[action="/staff/cards/${key}/ask"] input[name=why]`).fill('要綱の施行')
  await officer.locator(`form[action="/staff/cards/${key}/ask"] button`).click()
  await officer.getByText('ほかの職員がします').waitFor()
  assert.equal(await officer.locator(`form[action="/staff/cards/${key}/approve"]`).count(), 0)
  await administrator.goto(`${url}/staff/cards/${key}`)
  await administrator.locator(`form[action="/staff/cards/${key}/approve"] button`).click()
  await administrator.getByText('このカードが始まりました').waitFor()
  // A system of the department that is to write waits for the second person.
  const clients = officer.locator(`form[action="/staff/cards/${key}/clients"]`)
  await officer.goto(`${url}/staff/cards/${key}`)
  await clients.locator('input[name=client]').fill('ボランティア台帳')
  await clients.locator('input[name=write]').check()
  await clients.locator('input[name=why]').fill('窓口での二重入力をなくす')
  await clients.locator('button').click()
  await officer.getByText('鍵を一度だけ表示します').waitFor()
  await look(officer, `/staff/cards/${key}`, 'city-cards-one', ['desk', 'phone'])
  await administrator.goto(`${url}/staff/approvals`)
  await administrator.getByText('ボランティア台帳').waitFor()
  await administrator.goto(`${url}/staff/cards/${key}`)
  await look(administrator, `/staff/cards/${key}`, 'city-cards-system', ['desk', 'phone'])
  await administrator.locator(`form[action="/staff/cards/${key}/clients/allow"] button`).click()
  await administrator.getByText('番号の登録と停止を認めました').waitFor()
  // A file with slips is told row by row.
  await officer.goto(`${url}/staff/cards/${key}/files`)
  await officer.locator('input[type=file]').setInputFiles({
    name: 'members.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('宛名番号,番号,有効期限\nR0000001,V0000001,\nNOBODY,V00000018,1234.5678.9018\n')
  })
  await officer.locator(`form[action="/staff/cards/${key}/files/members"] button`).click()
  await officer.getByText('か所に直すところがあります').waitFor()
  await fit(officer, 'a refused file')
  await picture(officer, 'desk', 'ja', 'city-cards-file-refused')
  await officer.setViewportSize(sizes.phone)
  await fit(officer, 'a refused file on a phone')
  await picture(officer, 'phone', 'ja', 'city-cards-file-refused')
  await officer.setViewportSize(sizes.desk)
  await look(officer, `/staff/cards/${key}/files`, 'city-cards-files', ['desk', 'phone'])
  await look(officer, `/staff/cards/${key}/stickers`, 'city-cards-stickers', ['desk', 'phone'])
})

test('at the desk the answer comes first, then the price, then the card', async () => {
  const page = await person(browser, sizes.desk)
  await page.goto(`${url}/demo/terminal/city_card_desk`)
  await look(page, '/counter/cards', 'city-cards-desk', ['desk', 'phone', 'narrow'])
  const form = page.locator('form[action="/counter/cards"]').first()
  const choice = form.locator('select[name="card"]')
  await choice.selectOption('2')
  const pin = /PIN (\d{4})/.exec(await choice.locator('option').nth(2).textContent())[1]
  await form.locator('input[name="pin"]').fill(pin)
  await form.locator('button').click()
  await page.waitForURL(/\/counter\/cards\/person$/)
  await look(page, '/counter/cards/person', 'city-cards-person', ['desk', 'phone'])
  await page.locator('a[href="/counter/cards/issue/sports_hall"]').click()
  await fit(page, 'the price')
  await picture(page, 'desk', 'ja', 'city-cards-price')
  await page.locator('form[action="/counter/cards/issue/sports_hall"] button').click()
  await page.getByText('交付の控え').first().waitFor()
  await fit(page, 'the receipt')
  await picture(page, 'desk', 'ja', 'city-cards-receipt')
  await page.locator('form[action*="/undo/"] button').click()
  await page.getByText('取り消しました').waitFor()
  await page.locator('form[action="/counter/cards/next"] button').first().click()
  await page.waitForURL(/\/counter\/cards$/)
})

test('in the portal a card is asked for, and its number is shown on demand', async () => {
  const page = await person(browser, sizes.phone)
  await joined(page, 0)
  await page.goto(`${url}/portal/cards`)
  const offers = page.locator('summary', { hasText: '申し込めるカード' })
  await offers.waitFor({ timeout: 20_000 })
  await fit(page, 'cards one may ask for')
  await offers.click()
  await page.locator('form:has(input[value="bicycle_parking"]) button').click()
  await page.getByText('申し込みました').waitFor()
  await page.getByText('番号を見る').first().waitFor({ timeout: 20_000 }).catch(async () => { await page.reload() })
  await page.getByText('番号を見る').first().waitFor({ timeout: 20_000 })
  await look(page, '/portal/cards', 'city-cards-mine', ['phone', 'desk', 'narrow'])
  await page.locator('summary', { hasText: '番号を見る' }).first().click()
  await page.locator('a[href$="/sticker"]').first().click()
  await page.locator('svg[width="25mm"]').waitFor()
  await fit(page, 'the number as a code')
  await picture(page, 'phone', 'ja', 'city-cards-sticker')
})
