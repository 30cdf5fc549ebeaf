// Coming into the portal with the card at a reader of one's own PC: the agent is paired with the portal, its pad asks for the
// PIN in a window of its own, the inside says who it is; the same card is shown again before something that matters. A city
// of its own: its agent is paired with the portal, not with the console.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as listen } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

const program = process.env.YAKUBA ?? 'yakuba'
const pictures = process.env.YAKUBA_PICTURES

/** A port nobody listens at. */
const freePort = () => new Promise((resolve) => {
  const server = listen().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

/** Starts the program and waits for its line `ready …`. */
function start (args, env = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  return new Promise((resolve, reject) => {
    let says = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      says += text
      const line = /^ready (http:\/\/\S+)$/m.exec(says)
      if (line) setTimeout(() => resolve({ child, address: line[1], says }), 300)
    })
    child.on('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${says}`)))
  })
}

describe('a card at one\'s own PC', () => {
  let place, city, agent, browser, lib, card, pc

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'yakuba-portal-card-'))
    const [port, data] = [await freePort(), join(place, 'city')]
    city = await start(['demo', '--port', '0', '--residents', '60', '--data', data], { YAKUBA_AGENTS_PORT: String(port) })
    Object.assign(process.env, { YAKUBA_URL: city.address, YAKUBA_SAYS: city.says, YAKUBA_DATA: data })
    lib = { ...await import('../lib/city.mjs'), ...await import('../lib/browser.mjs') }
    const [, resident, pin] = /^ {2}(\S+) {2}PIN (\d{4}) /m.exec(city.says)
    card = { resident, pin }
    agent = await start(['agent', '--port', String(port), '--data', join(place, 'agent'), '--demo-resident', resident, '--demo-city', data])
    browser = await lib.launch()
    pc = await lib.person(browser, lib.sizes.desk)
  })

  after(async () => {
    await browser?.close()
    for (const one of [agent, city]) {
      one?.child.removeAllListeners('exit')
      one?.child.kill('SIGTERM')
    }
    await rm(place, { recursive: true, force: true })
  })

  async function picture (page, name) {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  }

  /** Opens the pad the page asks for. */
  async function pad () {
    const opening = pc.context().waitForEvent('page')
    await pc.locator('#agent button').click()
    const window = await opening
    window.faults = []
    await window.waitForLoadState()
    return window
  }

  test('the agent of this PC is paired with the portal by a code that anybody may ask for', async () => {
    await pc.goto(`${lib.url}/portal/sign-in?next=/portal/cards`)
    await pc.locator('a[href="/portal/sign-in/card"]').click()
    await lib.fit(pc, 'coming in by card')
    await pc.locator('form[action="/portal/sign-in/agent"] button').click()
    const code = await pc.locator('.secret').first().innerText()
    await lib.fit(pc, 'the code for the agent')
    const own = await lib.person(browser, lib.sizes.desk)
    await own.goto(agent.address)
    await own.locator('input[name=server]').fill(lib.url)
    await own.locator('input[name=code]').fill(code)
    await own.locator('form[action="/pair"] button').click()
    await own.locator('.card', { hasText: '見本市' }).waitFor()
  })

  test('the PIN is asked for in a window of the agent, and the resident is in as the city knows them', async () => {
    await pc.goto(`${lib.url}/portal/sign-in?next=/portal/cards`)
    await pc.goto(`${lib.url}/portal/sign-in/card`)
    const window = await pad()
    assert.match(window.url(), /^http:\/\/127\.0\.0\.1:\d+\/pad\//)
    assert.match(await window.locator('main').innerText(), /見本市/)
    await lib.fit(window, 'the pad')
    await picture(window, 'portal-card-pad')
    await window.locator('#secret').fill(card.pin === '0000' ? '1111' : '0000')
    await window.keyboard.press('Enter')
    await window.locator('[role=alert]', { hasText: '暗証番号がちがいます' }).waitFor()
    await window.locator('#secret').fill(card.pin)
    await window.locator('button[value=enter]').click()
    // The first time the city is asked who it is.
    await pc.waitForURL((now) => ['/portal/welcome', '/portal/cards'].includes(now.pathname), { timeout: 30_000 })
    if (new URL(pc.url()).pathname === '/portal/welcome') await pc.waitForSelector('form[data-passkey=create]', { timeout: 30_000 })
    await pc.goto(`${lib.url}/portal`)
    assert.match(await pc.locator('main').innerText(), / さん/)
  })

  test('all cards of the person are listed as the city has them, and the one that was used is among them', async () => {
    await pc.goto(`${lib.url}/portal/cards`)
    await pc.locator('form[action$="/stop"]').first().waitFor({ state: 'attached', timeout: 20_000 })
    // One touch stops nothing: what will happen is said first.
    await pc.locator('summary', { hasText: '止める' }).first().click()
    assert.match(await pc.locator('details[open]').first().innerText(), /窓口に来てください/)
    await pc.locator('form[action$="/stop"] button').first().waitFor()
    assert.match(await pc.locator('main').innerText(), /マイナンバーカード/)
    for (const size of [lib.sizes.desk, lib.sizes.phone, lib.sizes.narrow]) {
      await pc.setViewportSize(size)
      await lib.fit(pc, `cards at ${size.width}`)
    }
    await picture(pc, 'portal-cards')
    await pc.setViewportSize(lib.sizes.desk)
  })

  test('later the card is shown again and leads back to where it was asked for', async () => {
    await pc.locator('form[action="/portal/sign-out"] button').click()
    await pc.goto(`${lib.url}/portal/sign-in?next=/portal/settings/security`)
    await pc.goto(`${lib.url}/portal/sign-in/card`)
    const window = await pad()
    await window.locator('#secret').fill(card.pin)
    await window.locator('button[value=enter]').click()
    await pc.waitForURL((now) => now.pathname === '/portal/settings/security', { timeout: 30_000 })
    await lib.fit(pc, 'security with the card')
    await picture(pc, 'portal-security')
    // Known as well as can be: what needs the card is offered.
    assert.equal(await pc.locator('form[action="/portal/settings/phone"]').count(), 1)
  })

  test('a telephone number is proved by the code that a short message carried', async () => {
    const { readdirSync, readFileSync } = await import('node:fs')
    await pc.locator('form[action="/portal/settings/phone"] input[name=phone]').fill('090-0000-0000')
    await pc.locator('form[action="/portal/settings/phone"] button').click()
    await pc.waitForURL((now) => now.pathname === '/portal/settings/phone/code')
    await lib.fit(pc, 'the code of a short message')
    const folder = join(process.env.YAKUBA_DATA, 'outside', 'sms')
    let files = []
    for (let looks = 0; looks < 50 && files.length === 0; looks++) {
      await pc.waitForTimeout(100)
      files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    }
    const told = JSON.parse(readFileSync(join(folder, files[0]), 'utf8'))
    assert.equal(told.to, '09000000000')
    await pc.locator('input[name=code]').fill(/\d{6}/.exec(told.body)[0])
    await pc.locator('form[action="/portal/settings/phone/code"] button').click()
    await pc.locator('main', { hasText: '下4けた 0000' }).waitFor()
  })
})
