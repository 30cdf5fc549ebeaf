// A demo's console by clicks alone, from the first page: a personnel officer issues a staff ID, a certificate officer defines a
// card of the city, another brings it into force; what is hard to undo asks again. No address is typed, no passkey is made.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

const samples = { personnel: 0, cards: 1, second: 2 }

describe('the console of a demo', () => {
  let city, browser, lib, look

  before(async () => {
    city = await ownCity()
    lib = { ...await import('../lib/city.mjs'), ...await import('../lib/browser.mjs') }
    look = await import('../lib/look.mjs')
    browser = await lib.launch()
  })

  after(async () => {
    await browser?.close()
    await city?.stop()
  })

  /** The page as it stands, on a phone and at a desk. */
  async function seen (page, name) {
    for (const size of ['phone', 'desk']) {
      await page.setViewportSize(lib.sizes[size])
      await lib.fit(page, `${name} at ${size} size`)
      await look.picture(page, size, 'ja', `staff-console-${name}`)
    }
  }

  /** From the first page to the console, with this card of the drawer. */
  async function signedIn (place) {
    const page = await lib.person(browser, lib.sizes.desk)
    await page.goto(`${lib.url}/`)
    await page.locator('h2 a[href="/staff"]').click()
    if (place === samples.personnel) await seen(page, 'not-signed-in')
    assert.equal(await page.locator('.alert-error').count(), 0, 'not a refusal')
    const card = page.locator('section.card', { has: page.locator(`a[href$="card=${place}"]`) })
    const pin = /暗証番号: (\d{4})/.exec(await card.innerText())[1]
    await card.locator('a.button').click()
    if (place === samples.cards) await seen(page, 'card-chosen')
    assert.equal(await page.locator('select[name=card]').inputValue(), String(place), 'that card lies on top')
    await page.locator('input[name=pin]').fill(pin)
    await page.locator('form[action$="/drawer"] button').click()
    await page.waitForURL(/\/staff$/)
    return page
  }

  test('the first page says what to try', async () => {
    const page = await lib.person(browser, lib.sizes.desk)
    await page.goto(`${lib.url}/`)
    assert.match(await page.locator('main').innerText(), /人事担当/)
    await seen(page, 'first-page')
    await page.locator('h3 a[href="/staff/sign-in"]').click()
    await seen(page, 'sign-in')
    assert.equal(await page.locator('a[href*="card="]').count(), 3)
    for (const language of lib.languages) {
      for (const path of ['/staff', '/staff/sign-in', '/']) {
        await page.goto(`${lib.url}${path}?lang=${language}`)
        await lib.fit(page, `${path} in ${language}`)
      }
    }
  })

  test('a personnel officer issues a staff ID, and each deed that is hard to undo asks again', async () => {
    const page = await signedIn(samples.personnel)
    await page.locator('nav a[href="/staff/staff-ids"]').first().click()
    await page.locator('a', { hasText: '2004' }).click()
    const member = page.url()
    await page.locator('form[action$="/issue"] button').click()
    await page.locator('a.button[href$="/card"]').click()
    const cards = await page.locator('select[name=card] option').allInnerTexts()
    const place = cards.findIndex((label, at) => at > 2 && !/スマートフォン/.test(label))
    await page.locator('select[name=card]').selectOption(String(place))
    await page.locator('input[name=pin]').fill(/PIN (\d{4})/.exec(cards[place])[1])
    await page.locator('form[action$="/drawer"] button').click()
    await page.waitForURL(/done=staff-done-id-enrolled/)
    await seen(page, 'id-made')
    const next = page.locator('main a.button:not(.button-secondary):not(.button-danger)').first()
    assert.equal(await next.getAttribute('href'), '/staff/staff-ids/labels', 'the likely next step')
    await next.click()
    assert.match(await page.locator('main').innerText(), /2004/)

    await page.goto(member)
    await page.locator('a[href$="/do/lost"]').focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/do\/lost$/)
    await seen(page, 'sure-lost')
    await page.locator('main a.button-secondary').click()
    assert.match(await page.locator('main').innerText(), /有効/, 'asked, and not done')
    await page.locator('main a[href$="/leave"]').click()
    await seen(page, 'sure-leave')
    await page.locator('form[action$="/leave"] button').click()
    await page.waitForURL(/done=staff-done-id-left/)
    await seen(page, 'left')
    assert.equal(await page.locator('form[action$="/issue"]').count(), 0, 'who left gets no other ID')
    await page.locator('nav a[href="/staff/staff-ids"]').first().click()
    await page.locator('a[href="/staff/staff-ids/doors"]').click()
    await seen(page, 'doors')
  })

  test('a certificate officer defines a card without code, and another brings it into force', async () => {
    const page = await signedIn(samples.cards)
    await page.locator('nav a[href="/staff/cards"]').first().click()
    await page.locator('a[href="/staff/cards/new"]').click()
    const form = page.locator('form[action="/staff/cards/new"]')
    const fields = { key: 'park_pass', name: '公園手帳', name_easy: '公園の カード', name_english: 'Park pass', office: '公園課', prefix: 'P' }
    for (const [name, value] of Object.entries(fields)) await form.locator(`input[name=${name}]`).fill(value)
    await form.locator('button[type=submit]').click()
    const ask = page.locator('form[action="/staff/cards/park_pass/ask"]')
    await ask.locator('input[name=why]').fill('要綱の施行')
    await ask.locator('button').click()
    await page.getByText('ほかの職員がします').waitFor()
    await page.locator('nav a[href="/staff/terminals"]').first().click()
    await seen(page, 'terminals')

    const other = await signedIn(samples.second)
    await other.locator('nav a[href="/staff/approvals"]').first().click()
    assert.match(await other.locator('main').innerText(), /公園手帳[\s\S]*第1版/)
    await seen(other, 'approvals')
    await other.locator('a[href="/staff/cards/park_pass"]').click()
    await other.locator('form[action="/staff/cards/park_pass/approve"] button').click()
    await other.getByText('このカードが始まりました').waitFor()
  })
})
