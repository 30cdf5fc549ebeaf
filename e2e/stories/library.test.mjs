// The library in a demo city of its own: a card is registered at the counter, a machine's loans are none of ours to see but for
// their borrower in the portal, and the console shows the files that go by themselves.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ownCity } from '../lib/own_city.mjs'

describe('the library', () => {
  let city, browser, lib, counter

  before(async () => {
    city = await ownCity()
    lib = {
      ...await import('../lib/city.mjs'), ...await import('../lib/browser.mjs'), ...await import('../lib/staff.mjs'),
      ...await import('../lib/look.mjs'), ...await import('../lib/portal.mjs')
    }
    browser = await lib.launch()
    counter = await lib.person(browser, lib.sizes.desk)
    await counter.goto(`${lib.url}/demo/terminal/library_counter`)
  })

  after(async () => {
    await browser?.close()
    await city?.stop()
  })

  const screens = () => ({ phone: lib.sizes.phone, desk: lib.sizes.desk })

  /** Puts the drawer's card at this place into the form; answers with its PIN. */
  async function put (form, place) {
    const choice = form.locator('select[name="card"]')
    await choice.selectOption(String(place))
    return /PIN (\d{4})/.exec(await choice.locator('option').nth(place).textContent())[1]
  }

  async function show (place) {
    await counter.goto(`${lib.url}/counter/library`)
    const once = counter.locator('form[action="/counter/library/once"]')
    if (!(await once.isVisible())) await counter.locator('summary').click()
    await once.locator('input[name="pin"]').fill(await put(once, place))
    await once.locator('button').click()
    await counter.getByText('次からは、かざすだけで').waitFor()
    const form = counter.locator('form[action="/counter/library"]').first()
    await put(form, place)
    await form.locator('button').click()
    await counter.waitForURL(/\/counter\/library\/person$/)
  }

  test('the counter in each state, at each size', async () => {
    // The second card of the drawer has a number at the national platform already.
    await counter.goto(`${lib.url}/counter/library`)
    const form = counter.locator('form[action="/counter/library"]').first()
    await put(form, 1)
    await form.locator('button').click()
    await counter.getByText('L-9001').waitFor()
    await lib.look(counter, screens(), 'ja', 'library-counter-platform')
    await show(0)
    await lib.look(counter, screens(), 'ja', 'library-counter-none')
    await counter.locator('input[name="number"]').fill('NOBODY')
    await counter.keyboard.press('Enter')
    await counter.getByText('その利用者番号の登録がありません').waitFor()
    await lib.look(counter, screens(), 'ja', 'library-counter-unknown')
    await counter.locator('input[name="number"]').fill('L-0042')
    await counter.keyboard.press('Enter')
    await counter.getByText('登録しました。').waitFor()
    await lib.look(counter, screens(), 'ja', 'library-counter-registered')
    await counter.goto(`${lib.url}/counter/library/person?lang=ja-easy`)
    await lib.look(counter, screens(), 'ja-easy', 'library-counter-registered')
    await counter.goto(`${lib.url}/counter/library/person?lang=ja`)
    await counter.locator('form[action$="/hold"] button').click()
    await counter.getByText('利用停止中').first().waitFor()
    await lib.look(counter, screens(), 'ja', 'library-counter-stopped')
    await counter.locator('form[action$="/resume"] button').click()
    await counter.getByText('変更しました').waitFor()
    await counter.locator('form[action="/counter/library/next"] button').click()
  })

  test('its holder sees in the portal what the library says, in each language', async () => {
    const me = await lib.person(browser, lib.sizes.phone)
    await lib.joined(me, 0)
    for (const language of lib.languages) {
      await me.goto(`${lib.url}/portal/library?lang=${language}`)
      await me.locator('form[action="/portal/library/look"]').waitFor({ timeout: 30_000 })
      await lib.look(me, screens(), language, 'library-portal')
    }
  })

  test('the console shows the files that go by themselves', async () => {
    const folder = join(lib.data, 'library')
    mkdirSync(join(folder, 'from-library'), { recursive: true })
    const leave = (name, text) => {
      writeFileSync(join(folder, 'from-library', `${name}.part`), text)
      renameSync(join(folder, 'from-library', `${name}.part`), join(folder, 'from-library', name))
    }
    leave('teishi.csv', '利用者番号,状態\nL-0042,停止\nL-9999,終了\n')
    leave('kara.csv', '利用者番号,状態\n')
    const administrator = await lib.person(browser, lib.sizes.desk)
    await lib.becomeFirstAdministrator(administrator)
    const officer = await lib.person(browser, lib.sizes.desk)
    await lib.join(officer, await lib.invite(administrator, '図書 花子', ['certificate_officer']))
    await lib.open(officer, '/staff/library')
    // Read when it stayed the same for a minute: the job looks every twenty seconds.
    for (let look = 0; look < 60 && !existsSync(join(folder, 'from-library/taken')); look++) {
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
    for (const language of lib.languages) {
      await lib.open(officer, `/staff/library?lang=${language}`)
      await lib.look(officer, screens(), language, 'library-console')
    }
    await lib.open(officer, '/staff/library?lang=ja')
    assert.match(await officer.locator('main').innerText(), /teishi\.csv/)
    assert.match(await officer.locator('main').innerText(), /取り込んでいません/)
    await officer.locator('tr', { hasText: 'teishi.csv' }).locator('a').click()
    await officer.getByText('その利用者番号のカードがありません').first().waitFor()
    await lib.look(officer, screens(), 'ja', 'library-console-file')
  })
})
