// A card at a PC: the console's code, the agent's own page, the pad in a window of its own, and pages that may not ask.
// A city of its own, because only one can be the first administrator of a city.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as listen } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

const program = process.env.YAKUBA ?? 'yakuba'

/** A port nobody listens at. */
const freePort = () => new Promise((resolve) => {
  const server = listen().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

/** Starts the program and waits for its line `ready …`; answers with the address and what it said. */
function start (args, env = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const ready = new Promise((resolve, reject) => {
    let says = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      says += text
      const line = /^ready (http:\/\/\S+)$/m.exec(says)
      if (line) setTimeout(() => resolve({ child, address: line[1], says }), 300)
    })
    child.on('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${says}`)))
  })
  return ready
}

describe('a card at a PC', () => {
  let place, city, agent, browser, operator, clerk, card, lib, fit, look, withCard
  const SIZES = {}

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'yakuba-agent-'))
    const port = await freePort()
    const data = join(place, 'city')
    city = await start(['demo', '--port', '0', '--residents', '60', '--data', data], { YAKUBA_AGENTS_PORT: String(port) })
    // The helpers read these once.
    Object.assign(process.env, { YAKUBA_URL: city.address, YAKUBA_SAYS: city.says, YAKUBA_DATA: data })
    const cities = await import('../lib/city.mjs')
    const browsers = await import('../lib/browser.mjs')
    lib = { ...cities, ...browsers, ...await import('../lib/staff.mjs') }
    ;({ fit } = browsers)
    ;({ look } = await import('../lib/look.mjs'))
    Object.assign(SIZES, { phone: cities.sizes.phone, desk: cities.sizes.desk })
    const [, resident, pin] = /^ {2}(\S+) {2}PIN (\d{4}) /m.exec(city.says)
    card = { resident, pin }
    const beside = (resident) => ['agent', '--port', String(port), '--data', join(place, 'agent'), '--demo-resident', resident, '--demo-city', data]
    agent = await start(beside(resident))
    /** The same PC, with a card in another state on its reader, of the first resident or of somebody else. */
    withCard = async (state, whose = resident) => {
      const gone = new Promise((resolve) => { agent.child.removeAllListeners('exit'); agent.child.on('exit', resolve) })
      agent.child.kill('SIGTERM')
      await gone
      agent = await start([...beside(whose), '--demo-card-as', state])
    }
    browser = await browsers.launch()
    const administrator = await browsers.person(browser, cities.sizes.desk)
    await lib.becomeFirstAdministrator(administrator)
    operator = await browsers.person(browser, cities.sizes.desk)
    operator.administrator = administrator
    await lib.join(operator, await lib.invite(administrator, '運用 次郎', ['operator']))
    clerk = await browsers.person(browser, cities.sizes.desk)
    await lib.join(clerk, await lib.invite(administrator, '窓口 花子', ['counter_clerk']))
  })

  after(async () => {
    await browser?.close()
    for (const one of [agent, city]) {
      one?.child.removeAllListeners('exit')
      one?.child.kill('SIGTERM')
    }
    await rm(place, { recursive: true, force: true })
  })

  /** Opens the page that tries the card and the pad it asks for. */
  async function openPad (page) {
    await lib.open(page, '/staff/agents/try')
    const opening = page.context().waitForEvent('page')
    await page.locator('#agent button').click()
    const pad = await opening
    pad.faults = []
    pad.on('pageerror', (error) => pad.faults.push(error.message))
    await pad.waitForLoadState()
    return pad
  }

  test('before it is paired, the agent answers no page', async () => {
    await lib.open(clerk, '/staff/agents/try')
    await fit(clerk, 'the page that tries the card')
    await clerk.locator('#agent button').click()
    await clerk.locator('#agent-said', { hasText: 'つながりません' }).waitFor()
    clerk.faults.length = 0
  })

  test('a code from the console pairs it, on a page of its own', async () => {
    await lib.open(operator, '/staff/agents')
    await look(operator, SIZES, 'ja', 'agents-console-empty')
    await operator.setViewportSize(lib.sizes.desk)
    await operator.locator('input[name=place]').fill('市民課')
    await operator.locator('input[name=name]').fill('窓口1')
    await operator.locator('form[action="/staff/agents/announce"] button').click()
    const code = await operator.locator('.secret').first().innerText()
    await fit(operator, 'the code')
    const own = await lib.person(browser, lib.sizes.desk)
    await own.goto(agent.address)
    await look(own, SIZES, 'ja', 'agent-own-empty')
    await own.locator('input[name=server]').fill(city.address)
    await own.locator('input[name=code]').fill('0000-0000-0000-0000-0000')
    await own.locator('form[action="/pair"] button').click()
    await own.locator('[role=alert]', { hasText: 'このコードは使えません' }).waitFor()
    own.faults.length = 0
    await own.locator('input[name=server]').fill(city.address)
    await own.locator('input[name=code]').fill(code.toLowerCase())
    await own.locator('form[action="/pair"] button').click()
    await own.locator('.card', { hasText: '見本市' }).waitFor()
    await look(own, SIZES, 'ja', 'agent-own-paired')
    await lib.open(operator, '/staff/agents')
    await look(operator, SIZES, 'ja', 'agents-console')
    await operator.setViewportSize(lib.sizes.desk)
  })

  test('a person reads who asks, types a PIN with keys and fingers, and the window goes away', async () => {
    const pad = await openPad(clerk)
    assert.match(pad.url(), /^http:\/\/127\.0\.0\.1:\d+\/pad\/[0-9a-z]{26}$/)
    const shown = await pad.locator('main').innerText()
    for (const said of ['見本市', 'localhost:', '動作確認', 'あと3回']) assert.ok(shown.includes(said), shown)
    await look(pad, SIZES, 'ja', 'agent-pad')
    for (const [language, name] of [['ja-easy', 'やさしい日本語'], ['en', 'English']]) {
      await pad.getByRole('button', { name }).click()
      await pad.waitForLoadState()
      await look(pad, SIZES, language, 'agent-pad')
    }
    await pad.getByRole('button', { name: '日本語', exact: true }).click()
    // By keyboard alone: the field has the focus, Enter sends.
    await pad.locator('#secret:focus').waitFor()
    await pad.keyboard.type(card.pin === '0000' ? '1111' : '0000')
    await pad.keyboard.press('Enter')
    await pad.locator('[role=alert]', { hasText: '暗証番号がちがいます' }).waitFor()
    await look(pad, SIZES, 'ja', 'agent-pad-wrong')
    assert.match(await pad.locator('#secret-tries').innerText(), /まちがえた回数: 1/)
    // By fingers.
    for (const digit of card.pin) await pad.locator(`#keypad button[data-digit="${digit}"]`).click()
    const closed = pad.waitForEvent('close')
    await pad.locator('button[value=enter]').click()
    await pad.locator('[data-close]').waitFor()
    await fit(pad, 'the finished pad')
    await closed
    await clerk.locator('#agent-said', { hasText: 'カードを確かめました' }).waitFor()
    assert.deepEqual(clerk.faults, [])
    await fit(clerk, 'the page after a card was proved')
  })

  test('a person may stop, and a pad that was opened once opens no second time', async () => {
    const pad = await openPad(clerk)
    const again = await clerk.context().request.get(pad.url())
    assert.equal(again.status(), 410)
    await pad.locator('button[value=stop]').click()
    await clerk.locator('#agent-said', { hasText: 'やめました' }).waitFor()
  })

  test('the last try asks for a yes of its own', async () => {
    const pad = await openPad(clerk)
    for (let miss = 0; miss < 2; miss++) {
      await pad.locator('#secret').fill(card.pin === '0000' ? '1111' : '0000')
      await pad.locator('button[value=enter]').click()
      await pad.locator('[role=alert]', { hasText: '暗証番号がちがいます' }).waitFor()
      await pad.locator('#secret-tries', { hasText: `まちがえた回数: ${miss + 1}` }).waitFor()
    }
    await pad.locator('#last-try').waitFor()
    await look(pad, SIZES, 'ja', 'agent-pad-last-try')
    await pad.locator('#secret').fill(card.pin)
    await pad.locator('button[value=enter]').click()
    // The browser itself asks for the box.
    assert.equal(await pad.locator('[data-close]').count(), 0)
    await pad.locator('#last-try').check()
    await pad.locator('button[value=enter]').click()
    await clerk.locator('#agent-said', { hasText: 'カードを確かめました' }).waitFor()
  })

  test('at the counter a card is linked to its holder, and to nobody else', async () => {
    await lib.takeDesk(clerk, 'credential')
    // The card's holder is the first of the gallery: Hanako, whose card was linked when the demo was made.
    const openCards = async (kana) => {
      await lib.open(clerk, '/staff/register')
      await clerk.locator('input[name=kana]').fill(kana)
      await clerk.locator('form[action="/staff/register"] button[type=submit]').click()
      await clerk.locator('form[action="/staff/person"] button').first().click()
      await clerk.waitForURL(/\/staff\/person\/[0-9a-z]{26}$/)
      await clerk.locator('main a[href$="/cards"]').click()
      await clerk.waitForURL(/\/cards$/)
    }
    const prove = async (said) => {
      await clerk.locator('a[href$="/cards/link"]').click()
      await clerk.waitForURL(/\/cards\/link$/)
      const opening = clerk.context().waitForEvent('page')
      await clerk.locator('#agent button').click()
      const pad = await opening
      await pad.waitForLoadState()
      assert.match(await pad.locator('main').innerText(), /カードを登録する/)
      await pad.locator('#secret').fill(card.pin)
      const signing = clerk.context().waitForEvent('page')
      await pad.locator('button[value=enter]').click()
      const statement = await signing
      await statement.waitForLoadState()
      assert.match(await statement.locator('main').innerText(), /カードの登録[^]*申し込みます/)
      await statement.locator('#secret').fill('yakuba1')
      await statement.locator('button[value=enter]').click()
      await clerk.locator('#agent-said', { hasText: said }).waitFor()
    }
    await openCards('つじ　はなこ')
    await fit(clerk, "a resident's cards")
    assert.match(await clerk.locator('main').innerText(), /マイナンバーカード[^]*使えます/)
    await prove('もう登録されています')
    await fit(clerk, 'linking a card')
    await openCards('みほん　かおり')
    assert.match(await clerk.locator('main').innerText(), /登録しているカード等はありません/)
    await prove('住民の記録と違います')
    // What was refused is an answer like any other: only the status says no.
    clerk.faults.length = 0
  })

  test('a renewed card takes the old one\'s place when its holder signs and an officer confirms', async () => {
    await withCard('renewed')
    await lib.open(clerk, '/staff/register')
    await clerk.locator('input[name=kana]').fill('つじ　はなこ')
    await clerk.locator('form[action="/staff/register"] button[type=submit]').click()
    await clerk.locator('form[action="/staff/person"] button').first().click()
    await clerk.waitForURL(/\/staff\/person\/[0-9a-z]{26}$/)
    await clerk.locator('main a[href$="/cards"]').click()
    await clerk.locator('a[href$="/renew"]').click()
    await clerk.waitForURL(/\/renew$/)
    await fit(clerk, 'registering a renewed card')
    const first = clerk.context().waitForEvent('page')
    await clerk.locator('#agent button').click()
    const pinPad = await first
    await pinPad.waitForLoadState()
    await pinPad.locator('#secret').fill(card.pin)
    const second = clerk.context().waitForEvent('page')
    await pinPad.locator('button[value=enter]').click()
    const passwordPad = await second
    await passwordPad.waitForLoadState()
    assert.match(await passwordPad.locator('main').innerText(), /カードの更新の登録[^]*申し込みます/)
    await passwordPad.locator('#secret').fill('yakuba1')
    await passwordPad.locator('button[value=enter]').click()
    await clerk.locator('#agent-said', { hasText: '記録と一致しました' }).waitFor()
    await clerk.locator('a[href="/staff/renewals"]').click()
    await clerk.waitForURL(/\/staff\/renewals$/)
    await fit(clerk, 'renewals that wait')
    await look(clerk, SIZES, 'ja', 'staff-renewals')
    await clerk.setViewportSize(lib.sizes.desk)
    await clerk.locator('form[action$="/confirm"] button').click()
    await clerk.locator('main', { hasText: '新しいカードを登録し、前のカードを止めました' }).waitFor()
    assert.match(await clerk.locator('main').innerText(), /待っている更新はありません/)
  })

  test('somebody who lives elsewhere applies at the reader of a PC, and an officer declines, puts back and registers', async () => {
    const [, elsewhere, pin] = /^ {2}(\S+) {2}PIN (\d{4}) {2}市外に住む/m.exec(city.says)
    await withCard('valid', elsewhere)
    const officer = await lib.person(browser, lib.sizes.desk)
    const administrator = operator.administrator
    await lib.join(officer, await lib.invite(administrator, '審査 三郎', ['certificate_officer']))
    const applicant = await lib.person(browser, lib.sizes.desk)
    /** Applies; answers with the receipt number. */
    const apply = async (said) => {
      await lib.open(applicant, '/registration')
      await applicant.locator('#card-domicile').fill('見本県見本市中央1丁目100')
      await applicant.locator('#card-head').fill('辻花子')
      const opening = applicant.context().waitForEvent('page')
      await applicant.locator('#agent button').click()
      const pad = await opening
      await pad.waitForLoadState()
      assert.match(await pad.locator('main').innerText(), /本籍地利用登録を申請する/)
      await pad.locator('#secret').fill(pin)
      const signing = applicant.context().waitForEvent('page')
      await pad.locator('button[value=enter]').click()
      const statement = await signing
      await statement.waitForLoadState()
      assert.match(await statement.locator('main').innerText(), /本籍: 見本県見本市中央1丁目100[^]*筆頭者: 辻花子/)
      await statement.locator('#secret').fill('yakuba1')
      await statement.locator('button[value=enter]').click()
      await applicant.locator('#agent-said', { hasText: said }).waitFor()
      return /[0-9a-z]{26}/.exec(await applicant.locator('#agent-said').innerText())?.[0]
    }
    /** Waits until the receipt says this. */
    const stands = async (receipt, said) => {
      for (let looks = 0; looks < 90; looks++) {
        await applicant.goto(`${lib.url}/registration`)
        await applicant.locator('input[name=receipt]').fill(receipt)
        await applicant.locator('form[action="/registration/status"] button').click()
        if ((await applicant.locator('main').innerText()).includes(said)) return
        await applicant.waitForTimeout(1000)
      }
      assert.fail(`the receipt never said ${said}`)
    }
    const takeUp = async () => {
      await lib.open(officer, '/staff/registrations')
      await officer.locator('form[action$="/take-up"] button').click()
      await officer.waitForURL(/\/staff\/registrations\/[0-9a-z]{26}/)
    }

    await lib.open(applicant, '/registration')
    await look(applicant, SIZES, 'ja', 'registration')
    await applicant.setViewportSize(lib.sizes.desk)
    await lib.open(officer, '/staff/registrations')
    assert.match(await officer.locator('main').innerText(), /待っている申請はありません/)
    const first = await apply('受付番号')
    await fit(applicant, 'applied at a PC')
    await stands(first, '審査を待っています')
    // A second one waits for the first.
    await apply('審査中')
    applicant.faults.length = 0

    await lib.open(officer, '/staff/registrations')
    const pile = await officer.locator('main').innerText()
    assert.ok(!pile.includes('辻') && !pile.includes('見本県'), 'the pile shows nobody')
    await look(officer, SIZES, 'ja', 'staff-registrations')
    await officer.setViewportSize(lib.sizes.desk)
    await takeUp()
    await look(officer, SIZES, 'ja', 'staff-registration')
    await officer.setViewportSize(lib.sizes.desk)
    assert.match(await officer.locator('main').innerText(), /春子[^]*同じ/)
    // Another officer neither opens nor decides what this one has taken up.
    const answer = await clerk.goto(officer.url())
    assert.equal(answer.status(), 403)
    clerk.faults.length = 0
    await officer.locator('form[action$="/put-back"] button').click()
    await officer.waitForURL(/done=staff-done-registration-put-back/)
    await takeUp()
    await officer.locator('input[name=reason][value=at_the_counter]').check()
    await officer.locator('form[action$="/decline"] button').click()
    await officer.waitForURL(/done=staff-done-registration-declined/)
    await fit(officer, 'an application was declined')
    await stands(first, '登録できませんでした')

    const second = await apply('受付番号')
    await takeUp()
    await officer.locator('form[action$="/register"] button').click()
    await officer.waitForURL(/done=staff-done-registration-registered/)
    await stands(second, '登録されました')
    await apply('もう本籍地利用登録がされています')
    applicant.faults.length = 0
  })

  test('another page can neither ask, nor frame the pad, nor send to it', async () => {
    const stranger = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<h1>x</h1>'))
    await new Promise((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const page = await lib.person(browser, lib.sizes.desk)
    await page.goto(`http://127.0.0.1:${stranger.address().port}/`)
    const tried = await page.evaluate(async (agent) => {
      const reach = (path, options) => fetch(agent + path, options).then((reply) => reply.status, () => 'blocked')
      const frame = document.createElement('iframe')
      frame.src = agent
      document.body.append(frame)
      await new Promise((resolve) => { frame.onload = resolve })
      let inside = 'closed'
      try { inside = frame.contentDocument?.body?.innerText ?? 'closed' } catch {}
      return [
        await reach('/v1/status'),
        await reach('/v1/identify', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
        inside.includes('エージェント')
      ]
    }, agent.address)
    assert.deepEqual(tried, ['blocked', 'blocked', false])
    // A form needs no permission to be sent: the agent refuses it by its origin.
    const [answer] = await Promise.all([
      page.waitForResponse((reply) => reply.url().endsWith('/unpair')),
      page.evaluate((agent) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action: `${agent}/unpair` })
        document.body.append(form)
        form.submit()
      }, agent.address)
    ])
    assert.equal(answer.status(), 403)
    stranger.close()
  })
})
