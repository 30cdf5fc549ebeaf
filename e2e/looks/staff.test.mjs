// A picture and an accessibility check of every page of the staff console, signed in, on a phone and at a desk.

import { after, before, test } from 'node:test'
import { launch, person } from '../lib/browser.mjs'
import { yesterday, yesterdayAndOpenMoney } from '../lib/books.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { takePaper } from '../lib/kiosk.mjs'
import { look } from '../lib/look.mjs'
import { keep, text } from '../lib/paper.mjs'
import * as staff from '../lib/staff.mjs'

const SIZES = { phone: sizes.phone, desk: sizes.desk }
const NUMBER = /請求番号\s*([0-9a-z]{26})/

let browser, administrator, officer
/** Numbers of a valid paper, one whose withdrawal waits, and a withdrawn one. */
const papers = {}

before(async () => {
  browser = await launch()
  administrator = await person(browser, sizes.desk)
  // Nothing has happened yet: what the empty pages teach.
  await staff.becomeFirstAdministrator(administrator)
  officer = await person(browser, sizes.desk)
  const roles = ['counter_clerk', 'certificate_officer', 'auditor', 'operator']
  await staff.join(officer, await staff.invite(administrator, '証明 次郎', roles))
})
after(() => browser.close())

async function each (page, language, pages) {
  for (const [name, path] of Object.entries(pages)) {
    await staff.open(page, `${path}${path.includes('?') ? '&' : '?'}lang=${language}`)
    await look(page, SIZES, language, `staff-${name}`)
  }
}

for (const language of languages) {
  test(`before anything has happened, ${language}`, async () => {
    await each(officer, language, {
      'empty-home': '/staff',
      'empty-papers': '/staff/papers?day=2001-01-01',
      'empty-cash': '/staff/cash?day=2001-01-01',
      'empty-service': '/staff/incidents/service',
      'empty-terminals': '/staff/terminals?q=nowhere',
      'empty-incidents': '/staff/incidents',
      'empty-approvals': '/staff/approvals',
      'empty-register': '/staff/register'
    })
  })
}

test('a day goes by', async () => {
  const machine = await person(browser, sizes.kiosk)
  for (const name of ['valid', 'asked', 'withdrawn']) papers[name] = NUMBER.exec(text(keep(await takePaper(machine, 'ja'))))[1]
  for (const name of ['withdrawn', 'asked']) {
    await staff.findPaper(officer, papers[name])
    await staff.askWithdrawal(officer, '印字の不良のため')
    if (name === 'withdrawn') await staff.approveNewest(administrator)
  }
  await staff.takeDesk(officer, 'inquiry')
  yesterdayAndOpenMoney()
})

for (const language of languages) {
  test(`the machines' money before it is dealt with, ${language}`, async () => {
    const day = yesterday()
    await each(officer, language, { 'cash-open': '/staff/cash', 'cash-to-close': `/staff/cash?day=${day}` })
    await officer.locator('form[action="/staff/cash/close"] input[name^=counted]').fill('12')
    await officer.locator('form[action="/staff/cash/close"] button').click()
    await look(officer, SIZES, language, 'staff-cash-refused')
  })
}

test('a day is closed with a difference, and a correction is asked for', async () => {
  const day = yesterday()
  const count = async (act, sum, note) => {
    const form = officer.locator(`form[action="/staff/cash/${act}"]`)
    await form.locator('input[name^=counted]').fill(sum)
    await form.locator('input[name^=note]').fill(note)
    await form.locator('button').click()
    await officer.waitForURL(/done=/)
  }
  await staff.open(officer, `/staff/cash?day=${day}`)
  await count('close', '500', '100円硬貨が1枚足りない')
  await staff.open(officer, `/staff/cash?day=${day}`)
  await officer.locator('details', { has: officer.locator('form[action="/staff/cash/correct"]') }).locator('summary').click()
  await count('correct', '600', '回収口に1枚残っていた')
})

for (const language of languages) {
  test(`the machines' money, closed and with a correction that waits, ${language}`, async () => {
    const day = yesterday()
    await staff.open(officer, `/staff/cash?day=${day}&lang=${language}&done=staff-done-cash-closed`)
    await officer.locator('details', { has: officer.locator('form[action="/staff/cash/correct"]') }).locator('summary').click()
    await look(officer, SIZES, language, 'staff-cash-closed')
    await each(administrator, language, { 'cash-correction': `/staff/cash?day=${day}` })
  })
}

test('a correction is approved and an unclear refund settled', async () => {
  await staff.open(administrator, `/staff/cash?day=${yesterday()}`)
  await administrator.locator('form[action$="/approve"] button').click()
  await administrator.waitForURL(/done=/)
  await staff.open(officer, '/staff/cash')
  const form = officer.locator('form[action="/staff/cash/settle"]').filter({ has: officer.locator('option[value=found_not_paid_back]') })
  await form.locator('select').selectOption('found_not_paid_back')
  await form.locator('input[name^=reason]').fill('箱を数えた。200円が残っていた')
  await form.locator('button').click()
  await officer.waitForURL(/done=/)
})

for (const language of languages) {
  test(`the machines' money, corrected, ${language}`, async () => {
    await each(officer, language, { 'cash-corrected': `/staff/cash?day=${yesterday()}` })
  })
}

for (const language of languages) {
  test(`pages of every day, ${language}`, async () => {
    await each(officer, language, {
      home: '/staff',
      register: '/staff/register',
      papers: '/staff/papers',
      'paper-valid': `/staff/papers/${papers.valid}`,
      'paper-asked': `/staff/papers/${papers.asked}`,
      'paper-withdrawn': `/staff/papers/${papers.withdrawn}`,
      'paper-withdraw': `/staff/papers/${papers.valid}/withdraw`,
      terminals: '/staff/terminals?state=all',
      cash: '/staff/cash',
      imports: '/staff/imports',
      'approvals-own': '/staff/approvals',
      looked: '/staff/looked',
      audit: '/staff/audit',
      me: '/staff/me',
      'counter-credential': '/staff/counter-credential'
    })
    await each(administrator, language, { 'admin-home': '/staff', approvals: '/staff/approvals', accounts: '/staff/accounts' })
  })

  test(`pages one step further, ${language}`, async () => {
    await staff.open(officer, `/staff/imports?lang=${language}`)
    await officer.locator('tbody a').first().click()
    await look(officer, SIZES, language, 'staff-import')
    await staff.open(officer, `/staff/papers/${papers.valid}`)
    await officer.locator('form[action$="/person"] button').click()
    await look(officer, SIZES, language, 'staff-paper-person')
    await staff.open(officer, '/staff/papers')
    await officer.locator('input[name=number]').fill('20010101-00000000')
    await officer.locator('form[action="/staff/papers"][method=post] button').click()
    await look(officer, SIZES, language, 'staff-papers-not-found')
    await staff.open(officer, '/staff/register')
    await officer.locator('input[name=kana]').fill('さとう')
    await officer.locator('form[action="/staff/register"] button[type=submit]').click()
    await look(officer, SIZES, language, 'staff-register-found')
    await officer.locator('form[action="/staff/person"] button').first().click()
    await look(officer, SIZES, language, 'staff-person')
    await officer.locator('form[action="/staff/looked"] button').click()
    await look(officer, SIZES, language, 'staff-looked-list')
    await officer.goBack()
    await officer.locator('a[href$="/household"]').click()
    await look(officer, SIZES, language, 'staff-household')
    const link = await staff.enrolMachine(officer, '南出張所', '1号機')
    await look(officer, SIZES, language, 'staff-terminal-token')
    const machine = await person(browser, sizes.desk)
    await machine.goto(`${url}/kiosk/enrol?lang=${language}#${link.split('#')[1]}`)
    await look(machine, SIZES, language, 'kiosk-enrol')
    await staff.invite(administrator, '窓口 花子', ['counter_clerk'])
    await look(administrator, SIZES, language, 'staff-invited')
    await staff.open(administrator, '/staff/accounts')
    await administrator.locator('tbody a', { hasText: '証明 次郎' }).click()
    await look(administrator, SIZES, language, 'staff-account')
  })
}

test('the service is stopped', async () => { await staff.stopIssuing(officer, 'check', '別の人の証明書が出た疑い') })

for (const language of languages) {
  test(`while the service is stopped, ${language}`, async () => {
    await each(officer, language, {
      'stopped-home': '/staff', 'stopped-service': '/staff/incidents/service?done=staff-done-stopped', 'stopped-incidents': '/staff/incidents'
    })
    const machine = await person(browser, sizes.kiosk)
    await machine.goto(`${url}/kiosk/demo`)
    await look(machine, { ...SIZES, kiosk: sizes.kiosk }, language, 'kiosk-closed')
  })
}
