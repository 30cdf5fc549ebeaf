// A notice from the officer's first word to the second person's approval: the rule is built by form with the keyboard alone and
// without script, every page is fit for a desk and a phone, in all three languages.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { becomeFirstAdministrator, invite, join } from '../lib/staff.mjs'

let browser
let officer
before(async () => {
  browser = await launch()
  const administrator = await person(browser, sizes.desk)
  await becomeFirstAdministrator(administrator)
  officer = await person(browser, sizes.desk)
  await join(officer, await invite(administrator, '広報 花子', ['counter_clerk']))
})
after(() => browser.close())

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
  await type(page, 'input[name="parameter.0.value.0.value"]', '60')
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
  await officer.locator('input[name="reason-submit"]').fill('参加者の募集')
  await officer.locator('form[action$="/submit"] button').click()
  // Nobody of the demo's first minutes is 60 and receives notices, or somebody is: either is said.
  await officer.waitForLoadState()
  const said = await officer.locator('main').innerText()
  assert.match(said, /承認を求めました|当てはまる人がいません/)
  await fit(officer, 'submitted')
})
