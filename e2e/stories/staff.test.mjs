// Staff: from the one-time token to a resident's record, and the record of having looked.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'
import { takePaper } from '../lib/kiosk.mjs'
import { letterThere } from '../lib/letters.mjs'
import { codes, keep, pdfsig, text } from '../lib/paper.mjs'
import {
  approveNewest, askResume, askWithdrawal, becomeFirstAdministrator, becomeMachine, enrolMachine, fillFirstAdministrator,
  findPaper, invite, join, open, stopIssuing, takeDesk
} from '../lib/staff.mjs'
import { authority, soon, withCopy, withPaper } from '../lib/twin.mjs'
import { Checker } from '../lib/wallet.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('nobody sees the console without signing in', async () => {
  const page = await person(browser, sizes.desk)
  for (const path of ['/staff', '/staff/register', '/staff/accounts', '/staff/audit']) {
    const answer = await page.request.get(`${url}${path}`, { maxRedirects: 0 })
    assert.ok([302, 303, 401, 403].includes(answer.status()), `${path}: ${answer.status()}`)
  }
  await page.goto(`${url}/staff/sign-in`)
  await fit(page, 'sign-in')
})

describe('a city begins', () => {
  let administrator
  let clerk
  before(async () => {
    administrator = await person(browser, sizes.desk)
    await becomeFirstAdministrator(administrator)
    clerk = await person(browser, sizes.desk)
    await join(clerk, await invite(administrator, '窓口 花子', ['counter_clerk']))
  })

  test('the token of the first administrator works once', async () => {
    const page = await person(browser, sizes.desk)
    await fillFirstAdministrator(page, '管理 二郎')
    await page.locator('form[data-passkey] button[type=submit]').click()
    await page.locator('.passkey-status', { hasText: '使われたか' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/staff/first')
  })

  test('the administrator gives roles but does not see residents', async () => {
    const answer = await administrator.goto(`${url}/staff/register`)
    assert.equal(answer.status(), 403)
    for (const path of ['/staff', '/staff/accounts', '/staff/me']) {
      await administrator.goto(`${url}${path}`)
      await fit(administrator, path)
    }
  })

  test('the clerk says for which work, finds a resident, and is told that the look is shown', async () => {
    await clerk.goto(`${url}/staff/register`)
    await fit(clerk, 'register before a work is chosen')
    await takeDesk(clerk, 'inquiry')
    assert.match(await clerk.locator('.desk').innerText(), /本人に表示/)
    await clerk.locator('input[name=kana]').fill('さとう')
    await clerk.locator('form[action="/staff/register"] button[type=submit]').click()
    const found = clerk.locator('form[action="/staff/person"]')
    await found.first().waitFor()
    const count = await found.count()
    assert.ok(count > 0 && count <= 20, `${count} rows`)
    await fit(clerk, 'search results')
    const resident = await found.first().locator('input[name=resident]').inputValue()
    await found.first().locator('button').click()
    await clerk.waitForURL(/\/staff\/person\/[^/]+$/)
    assert.ok(!clerk.url().includes(resident), 'no address names a resident')
    await fit(clerk, 'a resident')
    await clerk.locator('a[href$="/household"]').click()
    await clerk.waitForURL(/\/household$/)
    await fit(clerk, 'a household')
  })

  test('a child gets a tag and a printed code: the square on the label reads, and a new one stops the old', async () => {
    await open(clerk, '/staff/register')
    await takeDesk(clerk, 'credential')
    await clerk.locator('input[name=kana]').fill('さとう')
    await clerk.locator('form[action="/staff/register"] button[type=submit]').click()
    await clerk.locator('form[action="/staff/person"] button').first().click()
    await clerk.waitForURL(/\/staff\/person\/[^/]+$/)
    const cards = `${new URL(clerk.url()).pathname}/cards`
    await open(clerk, `${cards}/hand-out`)
    await fit(clerk, 'handing out a tag')
    const tag = clerk.locator('form[action$="/hand-out/number"]')
    // A reader that works as a keyboard ends with Enter.
    await tag.locator('input[name=number]').fill('08A1B2C3')
    await tag.locator('input[name=number]').press('Enter')
    await clerk.locator('.field-wrong', { hasText: 'かざすたびに変わる' }).waitFor()
    await fit(clerk, 'a number that cannot be linked')
    await tag.locator('input[name=number]').fill('04A23B1C5D8066')
    await tag.locator('input[name=mark]').fill('かばんのタグ')
    await tag.locator('input[name=number]').press('Enter')
    await clerk.waitForURL(/done=staff-done-handed-out/)
    await clerk.getByText('「かばんのタグ」').waitFor()
    await fit(clerk, 'cards with a tag')

    const printed = async () => {
      await open(clerk, `${cards}/hand-out`)
      await clerk.locator('form[action$="/hand-out/code"] button').click()
      await clerk.locator('.code-label').waitFor()
      await fit(clerk, 'a printed code')
      const label = keep(await clerk.pdf({ format: 'A4' }), 'label.pdf')
      assert.match(text(label), /本人確認コード[\s\S]*まで使えます/)
      assert.doesNotMatch(text(label), /サトウ|佐藤|渡しました/)
      return codes(label)
    }
    const [first, second] = [await printed(), await printed()]
    assert.equal(first.length, 1)
    assert.match(first[0], /^YK1:/)
    assert.notEqual(first[0], second[0])
    await open(clerk, cards)
    const codesOfOld = clerk.locator('tbody tr', { hasText: '印刷した二次元コード' })
    assert.deepEqual((await codesOfOld.allInnerTexts()).map((row) => /使えます|新しいものに交代/.exec(row)[0]), ['使えます', '新しいものに交代'])
    const row = clerk.locator('tbody tr', { hasText: 'かばんのタグ' })
    await row.locator('summary', { hasText: '取り消す' }).click()
    await row.locator('button', { hasText: '登録まちがい' }).click()
    await clerk.waitForURL(/done=staff-done-taken-back/)
  })

  test('a certificate is issued at the counter, with the machine\'s engine and after the fee', async () => {
    await open(clerk, '/staff/register')
    await takeDesk(clerk, 'certificate.counter')
    const search = async () => {
      await open(clerk, '/staff/register')
      await clerk.locator('input[name=kana]').fill('さとう')
      await clerk.locator('form[action="/staff/register"] button[type=submit]').click()
      await clerk.locator('form[action="/staff/person"]').first().waitFor()
    }
    await search()
    const count = await clerk.locator('form[action="/staff/person"]').count()
    let issued
    for (let place = 0; place < count && !issued; place++) {
      if (place > 0) await search()
      await clerk.locator('form[action="/staff/person"] button').nth(place).click()
      await clerk.waitForURL(/\/staff\/person\/[^/]+$/)
      const path = `${new URL(clerk.url()).pathname}/issue`
      // Some cannot be served: the entry tells the clerk why, the refusal is the machine's.
      if ((await clerk.goto(`${url}${path}?kind=residence_certificate`)).status() !== 200) continue
      await fit(clerk, 'issuing at the counter')
      const csrf = await clerk.locator('form[action$="/issue"] input[name=csrf]').inputValue()
      const form = { csrf, kind: 'residence_certificate', who: 'household', copies: '1' }
      const send = (form) => clerk.request.post(`${url}${path}`, { form, headers: { origin: url } })
      assert.equal((await send(form)).status(), 400, 'the fee comes first')
      issued = await send({ ...form, fee: 'taken' })
      assert.equal(issued.status(), 200)
    }
    assert.ok(issued, 'nobody could be served')
    const paper = keep(await issued.body())
    assert.match(pdfsig(paper), /Signature is Valid/)
    assert.match(text(paper).replace(/\s/g, ''), /住民票の写し/)
  })

  describe('an officer answers for papers and machines', () => {
    let officer
    before(async () => {
      officer = await person(browser, sizes.desk)
      await join(officer, await invite(administrator, '証明 次郎', ['certificate_officer', 'operator']))
    })

    test('counts of other routes are looked at, taken in, and the rate is shown beside what was promised', async () => {
      await open(officer, '/staff/statistics')
      await fit(officer, 'statistics')
      assert.match(await officer.locator('main').innerText(), /21\.0 %[^]*62,000,000円[^]*6人/)
      await officer.locator('summary', { hasText: '通数を取り込む' }).click()
      const list = officer.locator('textarea[name=list]')
      const look = officer.locator('form[action$="/counts"] button', { hasText: '確かめる' })
      await list.fill('年月,種類,経路,件数\n2026-10,旅券,窓口,1\n')
      await look.click()
      await officer.locator('td', { hasText: 'この種類の証明書はありません' }).waitFor()
      await fit(officer, 'a list that is refused')
      await list.fill('年月,種類,経路,件数\n2025-10,住民票の写し,窓口,4120\n')
      await look.click()
      await officer.locator('button[name=take]').click()
      await officer.waitForURL(/done=staff-done-counts/)
      await open(officer, '/staff/keys')
      await fit(officer, 'seal and keys')
    })

    test('the key of the codes is rotated by two people while the city is served', async () => {
      const keys = async () => (await (await fetch(`${url}/verify/keys.json`)).json()).keys.map((key) => key.kid)
      const before = await keys()
      await open(officer, '/staff/keys')
      await officer.locator('summary', { hasText: 'QRコードの鍵' }).click()
      const form = officer.locator('form[action="/staff/keys/prepare"]', { has: officer.locator('input[value=code]') })
      await form.locator('input[name=reason-code]').fill('年次の更新')
      await fit(officer, 'preparing a key')
      await form.locator('button').click()
      await officer.waitForURL(/done=staff-done-keys-asked/)
      await approveNewest(administrator)
      await soon(async () => assert.equal((await keys()).length, before.length + 1))
      assert.equal((await keys())[0], before[0], 'published, not used')
      await open(officer, '/staff/keys')
      await fit(officer, 'a prepared key')
      const use = officer.locator('form[action="/staff/keys/use"]')
      await use.locator('input[name^=reason]').fill('年次の更新')
      await use.locator('button').click()
      await officer.waitForURL(/done=staff-done-keys-asked/)
      await approveNewest(administrator)
      await soon(async () => assert.notEqual((await keys())[0], before[0]))
      assert.ok((await keys()).includes(before[0]), 'papers of before go on verifying')
    })

    test('a paper is withdrawn by two people, and whoever reads its code learns so', async () => {
      const path = keep(await takePaper(await person(browser, sizes.kiosk), 'ja'))
      const code = codes(path)[0]
      const number = /請求番号\s*([0-9a-z]{26})/.exec(text(path))[1]
      // As its receipt shows it, read out on the telephone.
      await findPaper(officer, `${number.slice(0, 5)}-${number.slice(5, 10)}`.toUpperCase())
      assert.ok(officer.url().endsWith(number))
      await fit(officer, 'a paper')
      await askWithdrawal(officer, '印字の不良のため')
      assert.equal(await officer.locator('form[action$="/approve"]').count(), 0, 'nobody approves their own request')
      await fit(officer, 'approvals')
      await approveNewest(administrator)
      await open(officer, `/staff/papers/${number}`)
      assert.match(await officer.locator('main').innerText(), /取消し済み/)
      const phone = await person(browser, sizes.phone)
      const verdict = phone.locator('#result .alert h2').first()
      for (let tries = 0; tries < 20; tries++) {
        await phone.goto('about:blank')
        await phone.goto(`${url}/verify?lang=ja${code.slice(code.indexOf('#'))}`)
        await verdict.waitFor()
        if (await verdict.innerText() === '取り消されています') return
        // The relay may need a moment.
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
      assert.fail(`the check page still says: ${await verdict.innerText()}`)
    })

    test('withdrawing a paper ends its digital copy', async () => {
      const machine = await person(browser, sizes.kiosk)
      const { kiosk } = await withPaper(machine, 'ja', 'applicant', [])
      const { wallet } = await withCopy(machine, kiosk)
      await kiosk.takeEverything()
      const [checker, nonce] = [new Checker(authority()), 'a bank asks']
      const shown = await wallet.show({ request: true }, 'https://bank.example', nonce)
      const { request } = await checker.check(shown, nonce)
      await findPaper(officer, request)
      await askWithdrawal(officer, '記載の誤りのため')
      await approveNewest(administrator)
      await soon(() => assert.rejects(checker.check(shown, nonce), /withdrawn/))
    })

    test('one person stops issuing, the waiting machine says so by itself, and two let it run again', async () => {
      const machine = await person(browser, sizes.kiosk)
      await machine.clock.install()
      await machine.goto(`${url}/kiosk/demo`)
      await stopIssuing(officer, 'check', '別の人の証明書が出た疑い')
      await fit(officer, 'a stopped service')
      await machine.clock.runFor(21_000)
      await machine.locator('.kiosk-closed').first().waitFor()
      const said = await machine.locator('main').innerText()
      assert.match(said, /ただいま利用できません/)
      assert.match(said, /Not available now/)
      assert.doesNotMatch(said, /別の人/)
      await fit(machine, 'a closed machine')
      await askResume(officer, '確認が終わった')
      await machine.goto(`${url}/kiosk`)
      assert.equal(await machine.locator('.kiosk-closed').count(), 3, 'asking alone opens nothing')
      await approveNewest(administrator)
      await machine.goto(`${url}/kiosk`)
      assert.ok(await machine.locator('form[action="/kiosk/start"]').count() >= 3)
    })

    test('the officer announces maintenance, and the machine tells everybody when it opens again', async () => {
      await open(officer, '/staff/hours')
      await fit(officer, 'hours and fees')
      const section = officer.locator('section', { hasText: '保守による休止' })
      await section.locator('summary').click()
      const now = Date.now()
      const inJapan = (minutes) => new Date(now + (9 * 60 + minutes) * 60_000).toISOString()
      const form = section.locator('form[action="/staff/hours/maintenance"]')
      for (const [name, at] of [['from', inJapan(-1)], ['until', inJapan(90)]]) {
        await form.locator(`input[name=${name}_day]`).fill(at.slice(0, 10))
        await form.locator(`input[name=${name}_time]`).fill(at.slice(11, 16))
      }
      await form.locator('input[name=reason]').fill('用紙を入れかえています')
      await fit(officer, 'announcing maintenance')
      await form.locator('button').click()
      await officer.waitForURL(/done=staff-done-hours-announced/)
      const machine = await person(browser, sizes.kiosk)
      await machine.goto(`${url}/kiosk/demo`)
      await machine.goto(`${url}/kiosk`)
      assert.match(await machine.locator('main').innerText(), /用紙を入れかえています/)
      await fit(machine, 'a machine in maintenance')
      await officer.locator('button', { hasText: 'いま終える' }).click()
      await officer.waitForURL(/done=staff-done-hours-ended/)
      await machine.goto(`${url}/kiosk`)
      assert.ok(await machine.locator('form[action="/kiosk/start"]').count() >= 3)
    })

    test('the money of the machines stands by day, and today cannot be closed yet', async () => {
      await open(officer, '/staff/cash')
      await fit(officer, 'the machines\' money')
      assert.equal(await officer.locator('form[action="/staff/cash/close"]').count(), 0)
      await officer.locator('input[name=day]').fill('2001-01-01')
      await officer.locator('form[action="/staff/cash"] button').click()
      await officer.waitForURL(/day=2001-01-01/)
      await fit(officer, 'a day without money')
    })

    test('a machine is enrolled by the token it is given once, and a lost one opens nothing', async () => {
      const link = await enrolMachine(officer, '南出張所', '7号機')
      await fit(officer, 'the number for a machine')
      const machine = await person(browser, sizes.kiosk)
      await becomeMachine(machine, link)
      await fit(machine, 'the first screen of a new machine')
      const second = await person(browser, sizes.kiosk)
      await second.goto(link)
      assert.equal(new URL(second.url()).hash, '', 'the token does not stay in the address')
      await fit(second, 'setting up a machine')
      await second.locator('form[data-enrol] button').click()
      await second.locator('.alert', { hasText: '使われたか' }).waitFor()
      // The stories before this one have made more machines than a page shows.
      await open(officer, `/staff/terminals?q=${encodeURIComponent('7号機')}`)
      const row = officer.locator('tbody tr', { hasText: '7号機' })
      await row.locator('summary', { hasText: '止める' }).click()
      await fit(officer, 'machines')
      await row.locator('form[action$="/stop"] button').click()
      await officer.waitForURL(/done=staff-done-terminal-stopped/)
      assert.equal((await machine.goto(`${url}/kiosk`)).status(), 403)
    })

    test('what came of the resident files is listed without a value of anybody', async () => {
      await open(officer, '/staff/imports')
      await fit(officer, 'imports')
      await officer.locator('tbody a').first().click()
      await officer.waitForURL(/\/staff\/imports\/[0-9a-z]{26}$/)
      assert.match(await officer.locator('main').innerText(), /使用中/)
      await fit(officer, 'an import')
      await open(officer, '/staff/imports/copies')
      assert.match(await officer.locator('main').innerText(), /戸籍[^]*全件[^]*反映済み/)
      await fit(officer, 'imports of other registers')
      await officer.locator('tbody a').first().click()
      await officer.waitForURL(/\/staff\/imports\/copies\/[0-9a-z]{26}$/)
      await fit(officer, 'an import of another register')
    })
  })

  test('a letter goes from a department by two persons to a phone, is answered, and the evidence holds', () => letterThere(browser, administrator))

  test('another browser is not signed in by it', async () => {
    const stranger = await person(browser, sizes.desk)
    const answer = await stranger.goto(`${url}/staff`)
    assert.equal(answer.status(), 401)
    assert.doesNotMatch(await stranger.locator('body').innerText(), /窓口 花子/)
  })

  test('signing out closes the console', async () => {
    await clerk.goto(`${url}/staff`)
    await clerk.locator('form[action="/staff/sign-out"] button').click()
    await clerk.waitForURL(/\/staff\/sign-in/)
    const answer = await clerk.request.get(`${url}/staff/register`, { maxRedirects: 0 })
    assert.notEqual(answer.status(), 200)
  })
})
