// Somebody with only a card, at the machine's screen: no phone, no e-mail. A letter is opened, heard, printed; who looked is
// read; then nothing is left. With the officers' pages of events and applications. A city of its own, because only one can be
// the first administrator of a city.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

const LETTER = '国民健康保険料が決まりました'

describe('by the card alone', () => {
  let city, browser, staff, officer, lib, languages, sizes, url

  before(async () => {
    city = await ownCity()
    const cities = await import('../lib/city.mjs')
    ;({ languages, sizes, url } = cities)
    lib = { ...await import('../lib/browser.mjs'), ...await import('../lib/staff.mjs'), ...await import('../lib/kiosk.mjs') }
    browser = await lib.launch()
    staff = await lib.person(browser, sizes.desk)
    await lib.becomeFirstAdministrator(staff)
    officer = await lib.person(browser, sizes.desk)
    await lib.join(officer, await lib.invite(staff, '証明 花子', ['certificate_officer']))
  })

  after(async () => {
    await browser?.close()
    await city?.stop()
  })

  /** A machine with a voice and a printer of the browser's, both of which only note what they were given. */
  async function machine (more = {}) {
    const page = await lib.person(browser, sizes.kiosk, { acceptDownloads: false, ...more })
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

  /** Types on the pad, as a finger does; without script into the field. */
  async function press (page, pin) {
    if (!await page.locator('#pad').isVisible()) return page.locator('#pin').fill(pin)
    for (const digit of pin) await page.locator(`#pad button[data-digit="${digit}"]`).click()
  }

  /** Puts a card on for letters and comes into the portal. */
  async function arrive (page, language, place, isLooking = false) {
    const kiosk = new lib.Kiosk(page)
    await kiosk.arrive()
    await kiosk.chooseLanguage(language)
    await kiosk.go('/kiosk/card/letters').click()
    await page.waitForSelector('[role=status]')
    if (isLooking) {
      await lib.fit(page, `card for letters in ${language}`)
      await look(page, `card-${language}`)
    }
    const pin = await kiosk.putCard(place)
    await kiosk.at('/kiosk/pin')
    await press(page, pin)
    await kiosk.go('/kiosk/pin').click()
    await kiosk.at('/kiosk/letters')
    if (isLooking) {
      await lib.fit(page, `the way to the letters in ${language}`)
      await look(page, `ticket-${language}`)
    }
    await page.locator('form[action*="/portal/terminal"] button').click()
    await page.waitForURL((address) => address.pathname === '/portal', { timeout: 20_000 })
    for (let tries = 0; tries < 60 && await page.locator('.greeting').count() === 0; tries++) {
      await page.waitForTimeout(500)
      await page.reload()
    }
    assert.equal(await page.locator('.greeting').count(), 1, 'the city knows who it is')
    return kiosk
  }

  /** Ends the visit by the button. */
  async function leave (page, kiosk) {
    await page.locator('form[action="/portal/terminal/end"] button').click()
    await kiosk.at('/kiosk/ended')
  }

  /** A department's letter to everybody who has an account, released by two. */
  async function sendLetter () {
    await lib.open(staff, '/staff/letters/senders')
    await staff.locator('input[name=name]').fill('国保年金課')
    await staff.locator('input[name=key]').fill('insurance')
    await staff.locator('form[action="/staff/letters/senders"] button[type=submit]').click()
    await staff.waitForSelector('code.digest')
    await lib.open(officer, '/staff/letters/write')
    await officer.locator('select[name=sender]').selectOption('insurance')
    await officer.locator('input[name=title]').fill(LETTER)
    await officer.locator('textarea[name=japanese]').fill('今年度の保険料が決まりました。\n\n納期を確かめてください。')
    await officer.locator('textarea[name=english]').fill('Your premium is set.')
    await officer.locator('input[name=due]').fill('2099-12-25')
    await officer.locator('input[name=amount]').fill('84000')
    await officer.locator('select[name=audience]').selectOption('everybody')
    await officer.locator('form[action="/staff/letters/write"] button[type=submit]').click()
    await officer.waitForURL(/\/staff\/letters\/[0-9a-z]{26}/)
    await officer.locator('form[action$="/ask"] input[name=reason]').fill('年度の決定')
    await officer.locator('form[action$="/ask"] button').click()
    await officer.waitForURL(/done=|approvals/)
    await lib.approveNewest(staff)
  }

  test('the first visit makes the account, and the city can write to it', async () => {
    const page = await machine()
    const kiosk = await arrive(page, 'ja', 0)
    assert.match(await page.locator('main').innerText(), /新しい手紙はありません|まだ/, 'an empty box says so')
    await leave(page, kiosk)
    await sendLetter()
    await page.context().close()
  })

  test('a letter is opened, heard and printed; who looked is read; nothing is left', async () => {
    for (const language of languages) {
      const page = await machine()
      const kiosk = await arrive(page, language, 0, true)
      assert.equal(await page.locator('html').getAttribute('data-language'), language)
      for (let tries = 0; tries < 40 && await page.getByText(LETTER).count() === 0; tries++) {
        await page.waitForTimeout(500)
        await page.reload()
      }
      await lib.fit(page, `home at the terminal in ${language}`)
      await look(page, `home-${language}`)
      for (const path of ['/portal/schemes', '/portal/interests', '/portal/looked', '/portal/events', '/portal/letters']) {
        await page.locator(`nav.tabs a[href="${path}"]`).click()
        await page.waitForURL((address) => address.pathname === path)
        const links = await page.locator('a[href]').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
        assert.ok(links.every((link) => /^(\/portal|#)/.test(link)), `a link leads out of ${path}: ${links}`)
        assert.ok(!links.some((link) => link.startsWith('/portal/settings')), `settings have no sense on ${path}`)
        await lib.fit(page, `${path} at the terminal in ${language}`)
        await look(page, `${path.split('/').at(-1)}-${language}`)
      }
      await page.locator('.letter-title a').first().click()
      await page.waitForSelector('article.letter')
      await lib.fit(page, `a letter at the terminal in ${language}`)
      await look(page, `letter-${language}`)
      const aloud = page.locator('#aloud')
      assert.ok(await aloud.isVisible(), 'there is a voice')
      await aloud.click()
      const said = (await page.evaluate(() => window.said)).join(' ')
      assert.ok(said.includes(LETTER), said)
      assert.ok(said.includes(language === 'en' ? 'Your premium is set.' : '納期を確かめてください。'), said)
      assert.ok(!said.includes(await page.locator('#print').innerText()), 'buttons are not read')
      assert.equal(await aloud.getAttribute('aria-pressed'), 'true')
      await aloud.click()
      assert.equal(await aloud.getAttribute('aria-pressed'), 'false')
      await page.locator('#print').click()
      assert.equal(await page.evaluate(() => window.printed), 1)
      await page.emulateMedia({ media: 'print' })
      assert.ok(await page.locator('.terminal-bar').isHidden(), 'no button is printed')
      await page.emulateMedia({ media: 'screen' })

      await leave(page, kiosk)
      await lib.fit(page, `ended in ${language}`)
      await look(page, `ended-${language}`)
      const cookies = (await page.context().cookies()).map((one) => one.name)
      assert.deepEqual(cookies.filter((name) => name !== 'yakuba-terminal'), [], 'only the machine is known')
      const left = await page.evaluate(async () => (await fetch('/portal', { cache: 'no-store' })).status)
      assert.equal(left, 401)
      await page.context().close()
    }
  })

  test('without a voice there is no button to hear, and taking the card sends the screen home', async () => {
    const page = await lib.person(browser, sizes.kiosk)
    await page.addInitScript(() => { Object.defineProperty(window, 'speechSynthesis', { value: undefined }) })
    await arrive(page, 'ja', 1)
    assert.ok(await page.locator('#aloud').isHidden())
    // The machine is told to stop, as pulling the card tells it.
    const other = await page.context().newPage()
    await other.goto(`${url}/kiosk/ended`)
    await page.waitForURL((address) => ['/kiosk/ended', '/kiosk'].includes(address.pathname), { timeout: 30_000 })
    await page.context().close()
  })

  test('without script: there and back, and the page goes home by itself', async () => {
    const page = await lib.person(browser, sizes.kiosk, { javaScriptEnabled: false })
    const kiosk = await arrive(page, 'ja', 0)
    assert.ok(await page.locator('#aloud').isHidden())
    assert.match(await page.content(), /http-equiv="refresh" content="95;url=\/portal\/terminal\/over"/)
    await leave(page, kiosk)
    await page.context().close()
  })

  test('events come from a list, say what was not taken, and anybody finds them', async () => {
    await lib.open(officer, '/staff/events')
    await lib.fit(officer, 'events in the console')
    await look(officer, 'staff-events')
    await officer.locator('input[name=source]').fill('図書館')
    await officer.locator('textarea[name=text]').fill('番号,イベント名,開始日,場所,定員\n1,夏の句会,2099-07-01,中央図書館,20\n2,朗読会,あした,中央図書館,20\n')
    await officer.locator('form[action="/staff/events/import"] button[type=submit]').click()
    await officer.waitForURL(/\/staff\/events\/import\//)
    assert.match(await officer.locator('main').innerText(), /3\s+開始\s+日付として読めません/)
    await lib.fit(officer, 'what came of a list')
    await look(officer, 'staff-events-imported')
    for (const language of languages) {
      const page = await lib.person(browser, sizes.phone)
      for (let tries = 0; tries < 20; tries++) {
        await page.goto(`${url}/events?lang=${language}`)
        if (await page.getByText('夏の句会').count() > 0) break
        await page.waitForTimeout(500)
      }
      for (const size of [sizes.phone, sizes.narrow]) {
        await page.setViewportSize(size)
        await lib.fit(page, `events in ${language} at ${size.width}`)
      }
      await look(page, `open-events-${language}`)
      await page.getByText('夏の句会').click()
      await page.waitForURL(/\/events\/[0-9a-f]{32}/)
      await lib.fit(page, `an event in ${language}`)
      await look(page, `open-event-${language}`)
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('a[href$="event.ics"]').click()])
      assert.match(await readFile(await download.path(), 'utf8'), /DTSTART;VALUE=DATE:20990701/)
      await page.context().close()
    }
    await officer.goto(`${url}/staff/events`)
    await officer.locator('form[action$="/withdraw"] button', { hasText: '取り下げる' }).last().click()
    await officer.waitForURL(/done=staff-done-events-withdrawn/)
  })

  test('applications of the simulated national portal arrive, are opened, and their state goes back', async () => {
    for (let tries = 0; tries < 150; tries++) {
      await lib.open(officer, '/staff/applications')
      if (await officer.locator('table a[href^="/staff/applications/"]').count() >= 3) break
      await officer.waitForTimeout(500)
    }
    assert.match(await officer.locator('main').innerText(), /模擬/)
    await lib.fit(officer, 'applications')
    await look(officer, 'staff-applications')
    await officer.locator('table a[href^="/staff/applications/"]').last().click()
    await officer.waitForURL(/\/staff\/applications\/[0-9a-z]{26}$/)
    assert.match(await officer.locator('main').innerText(), /申請した住民本人に表示されます/)
    await lib.fit(officer, 'an application')
    await look(officer, 'staff-application')
    await officer.locator('select[name=status]').selectOption('completed')
    await officer.locator('form[action$="/status"] button').click()
    await officer.waitForURL(/done=staff-done-national-status/)
  })
})
