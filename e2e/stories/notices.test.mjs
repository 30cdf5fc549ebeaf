// A notice from the officer's first word to the resident who asks why it came: the rule is built by form with the keyboard alone
// and without script, every page is fit for a desk and a phone, in all three languages.
// A city of its own, because only one can be the first administrator of a city.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { after, before, test } from 'node:test'

const program = process.env.YAKUBA ?? 'yakuba'

/** Starts the program and waits for its line `ready …`; answers with the address and what it said. */
function start (args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let says = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      says += text
      const line = /^ready (http:\/\/\S+)$/m.exec(says)
      if (line) setTimeout(() => resolve({ child, address: line[1], says }), 300)
    })
    child.on('exit', (code) => reject(new Error(`the city ended with ${code}: ${says}`)))
  })
}

let place, city, browser, officer, second, resident, url, sizes, languages, fit
before(async () => {
  place = await mkdtemp(path(tmpdir(), 'yakuba-notices-'))
  city = await start(['demo', '--port', '0', '--residents', '60', '--seed', '1', '--data', place])
  // The helpers read these once.
  Object.assign(process.env, { YAKUBA_URL: city.address, YAKUBA_SAYS: city.says, YAKUBA_DATA: place })
  ;({ url, sizes, languages } = await import('../lib/city.mjs'))
  const { launch, person, ...browsers } = await import('../lib/browser.mjs')
  fit = browsers.fit
  const { becomeFirstAdministrator, invite, join } = await import('../lib/staff.mjs')
  const { joined } = await import('../lib/portal.mjs')
  browser = await launch()
  const administrator = await person(browser, sizes.desk)
  await becomeFirstAdministrator(administrator)
  officer = await person(browser, sizes.desk)
  await join(officer, await invite(administrator, '広報 花子', ['counter_clerk']))
  second = await person(browser, sizes.desk)
  await join(second, await invite(administrator, '承認 次郎', ['certificate_officer']))
  resident = await person(browser, sizes.phone)
  await joined(resident, 0)
  await resident.goto(`${url}/portal/interests`)
  await resident.locator('#receives').check()
  await resident.locator('form[action="/portal/interests"] button[type=submit]').click()
  await resident.waitForURL(/done=/)
})
after(async () => {
  await browser?.close()
  city?.child.removeAllListeners('exit')
  city?.child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 1000))
  if (place) await rm(place, { recursive: true, force: true })
})

async function picture (page, name) {
  if (process.env.YAKUBA_PICTURES) await page.screenshot({ path: `${process.env.YAKUBA_PICTURES}/notices-${name}.png`, fullPage: true })
}

/** Goes to a control with the Tab key alone, as somebody without a mouse does. */
async function tabTo (page, selector) {
  for (let presses = 0; presses < 400; presses++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return
  }
  assert.fail(`the keyboard never reaches ${selector}`)
}

/** Presses a button of the rule's form from the keyboard, and waits for the page after it. */
async function press (page, value) {
  await tabTo(page, `button[name=do][value="${value}"]`)
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
}

async function choose (page, selector, label) {
  await tabTo(page, selector)
  await page.locator(selector).selectOption({ label })
}

async function type (page, selector, text) {
  await tabTo(page, selector)
  await page.locator(selector).fill(text)
}

let notice

test('an officer writes a notice; what may not be sent is refused beside its field', async () => {
  await officer.goto(`${url}/staff/notices`)
  await fit(officer, 'no notices yet')
  await picture(officer, 'none')
  await officer.locator('form[action="/staff/notices/begin"] button').click()
  await officer.waitForURL(/\/text$/)
  notice = officer.url().replace(/\/text$/, '')
  const texts = {
    title_ja: '健康教室のご案内',
    text_ja: '60歳以上の方の健康教室です。<b>参加無料</b>',
    title_easy: '｜健康《けんこう》の ｜教室《きょうしつ》',
    text_easy: '60｜歳《さい》からの ｜教室《きょうしつ》です。お｜金《かね》は いりません。',
    title_en: 'Health class',
    text_en: 'A free class for people of 60 and over.'
  }
  for (const [name, text] of Object.entries(texts)) await officer.locator(`[name=${name}]`).fill(text)
  await officer.locator('main form button[type=submit]').click()
  await officer.locator('.field-wrong', { hasText: 'HTML' }).waitFor()
  await fit(officer, 'a text that is refused')
  await picture(officer, 'refused')
  assert.equal(await officer.locator('[name=text_en]').inputValue(), texts.text_en, 'what was typed stays')
  await officer.locator('[name=text_ja]').fill('60歳以上の方の健康教室です。\n\n参加無料')
  await officer.locator('main form button[type=submit]').click()
  await officer.waitForURL(/done=staff-done-notice-text/)
  await fit(officer, 'a notice begun')
  await picture(officer, 'begun')
})

test('a rule is built with the keyboard, without script; a number without a source is refused beside its field', async () => {
  const state = await officer.context().storageState()
  const context = await browser.newContext({ viewport: sizes.desk, locale: 'ja-JP', javaScriptEnabled: false, storageState: state })
  const page = await context.newPage()
  page.faults = []
  await page.goto(`${notice}/audience`)
  await tabTo(page, 'input[name=chosen_by]')
  await page.locator('input[name=chosen_by][value=rule]').press('Space')
  await tabTo(page, 'form[action$="/audience"] button')
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])

  await page.goto(`${notice}/rule`)
  await press(page, 'test.0')
  await choose(page, 'select[name="row.1.fact"]', '年齢')
  await press(page, 'parameter')
  await type(page, 'input[name="from"]', '2026-04-01')
  await type(page, 'input[name="parameter.0.name"]', 'least')
  await choose(page, 'select[name="parameter.0.unit"]', '歳')
  await type(page, 'input[name="parameter.0.value.0.from"]', '2026-04-01')
  await type(page, 'input[name="parameter.0.value.0.value"]', '1')
  await press(page, 'save')
  await choose(page, 'select[name="row.1.min"]', 'least')
  await press(page, 'check')
  assert.match(page.url(), /check=1/)
  const summary = page.locator('section.alert-error a')
  assert.ok(await summary.count() > 0, 'a number without a source does not go live')
  assert.match(await summary.first().getAttribute('href'), /^#parameter\.0\.value\.0/)
  await picture(page, 'rule-without-source')
  await type(page, 'input[name="parameter.0.value.0.source"]', '健康教室実施要綱 第3条')
  await type(page, 'input[name="parameter.0.value.0.checked"]', '2026-04-01')
  await choose(page, 'select[name="parameter.0.value.0.standing"]', '確かめた')
  await press(page, 'check')
  await page.getByText('この条件で判定できます').waitFor()
  await context.close()

  // The same page with script: axe needs it, and it is fit at a desk and on a phone.
  for (const language of languages) {
    for (const size of [sizes.desk, sizes.phone, sizes.narrow]) {
      await officer.setViewportSize(size)
      await officer.goto(`${notice}/rule?check=1&lang=${language}`)
      await fit(officer, `the rule in ${language} at ${size.width}`)
      await picture(officer, `rule-${language}-${size.width}`)
    }
  }
  await officer.setViewportSize(sizes.desk)
  await officer.goto(`${notice}?lang=ja`)
})

test('it is counted, looked at in three languages, and handed to a second person', async () => {
  await officer.goto(notice)
  await officer.locator('form[action$="/count"] button').click()
  await officer.waitForURL(/done=staff-done-notice-counted/)
  await fit(officer, 'counts')
  await picture(officer, 'counted')
  await officer.goto(`${notice}/preview`)
  await fit(officer, 'as it will arrive')
  await picture(officer, 'preview')
  assert.equal(await officer.locator('ruby').count() > 0, true, 'readings stand above the characters')
  await officer.locator('form[action$="/test"] button').click()
  await officer.waitForURL(/done=staff-done-notice-tested/)
  for (const language of languages) {
    for (const path of ['', '/audience', '/text', '/preview']) {
      for (const size of [sizes.desk, sizes.phone]) {
        await officer.setViewportSize(size)
        await officer.goto(`${notice}${path}?lang=${language}`)
        await fit(officer, `${path} in ${language} at ${size.width}`)
        await picture(officer, `${path.slice(1) || 'one'}-${language}-${size.width}`)
      }
    }
  }
  await officer.setViewportSize(sizes.desk)
  await officer.goto(`${notice}?lang=ja`)
  await fit(officer, 'ready to be submitted')
  await officer.locator('input[name="reason-submit"]').fill('参加者の募集')
  await officer.locator('form[action$="/submit"] button').click()
  await officer.waitForURL(/done=staff-done-notice-submitted/)
  await fit(officer, 'submitted')
  await picture(officer, 'submitted')
})

test('the second person sees what they approve; the resident gets it and is told why', async () => {
  await second.goto(`${url}/staff/approvals`)
  await fit(second, 'approvals')
  await second.locator('a[href^="/staff/notices/of/"]').click()
  await second.getByText('健康教室実施要綱 第3条').waitFor()
  await fit(second, 'what is approved')
  await second.goto(`${url}/staff/approvals`)
  await second.locator('form[action$="/approve"] button').click()
  await second.waitForURL(/done=staff-done-approved/)
  const letter = resident.locator('a', { hasText: '健康教室のご案内' })
  for (let tries = 0; tries < 30 && await letter.count() === 0; tries++) {
    await resident.waitForTimeout(1000)
    await resident.goto(`${url}/portal/letters`)
  }
  await letter.first().click()
  await resident.getByText('参加無料').waitFor()
  await fit(resident, 'the notice on a phone')
  await picture(resident, 'letter')
  await resident.locator('a[href$="/why"]').click()
  await resident.locator('form[action$="/why"] button').click()
  for (let tries = 0; tries < 30 && !/年齢/.test(await resident.locator('main').innerText()); tries++) {
    await resident.waitForTimeout(1000)
    await resident.reload()
  }
  assert.match(await resident.locator('main').innerText(), /年齢が1歳以上/)
  await fit(resident, 'why it came')
  await picture(resident, 'why')
  await officer.goto(`${url}/staff/notices`)
  await fit(officer, 'the list with figures')
  await picture(officer, 'list')
})
