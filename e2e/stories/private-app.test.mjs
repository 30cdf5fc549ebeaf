// A private app from its registration to its end: a developer sends it in, officers review it (one proposes, another
// confirms), a resident signs in on the way, understands the question and agrees, the app (npm openid-client, FAPI 2) reads
// with DPoP, the resident takes the consent back, the app is refused. A city of its own: its first administrator is made here.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import * as client from 'openid-client'

const program = process.env.YAKUBA ?? 'yakuba'
const pictures = process.env.YAKUBA_PICTURES

/** Starts a small city; resolves with the process, its address and what it said. */
function start (data) {
  const child = spawn(program, ['demo', '--port', '0', '--residents', '60', '--data', data], { stdio: ['ignore', 'pipe', 'inherit'] })
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

describe('a private app', () => {
  let place, city, browser, lib, portal, app, back, address
  const answers = []

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'yakuba-app-'))
    const data = join(place, 'city')
    city = await start(data)
    Object.assign(process.env, { YAKUBA_URL: city.address, YAKUBA_SAYS: city.says, YAKUBA_DATA: data })
    lib = { ...await import('../lib/city.mjs'), ...await import('../lib/browser.mjs'), ...await import('../lib/staff.mjs') }
    portal = await import('../lib/portal.mjs')
    browser = await lib.launch()
    // The app's own page, to which the browser is sent back.
    back = createServer((asked, answer) => {
      if (asked.url.startsWith('/back')) answers.push(asked.url)
      answer.setHeader('content-type', 'text/html; charset=utf-8').end('<!doctype html><html lang="ja"><title>x</title><h1>アプリに戻りました</h1></html>')
    })
    await new Promise((resolve) => back.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${back.address().port}/back`
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }
    const key = await crypto.subtle.importKey('jwk', pair.privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
    app = { jwk, key }
  })

  after(async () => {
    await browser?.close()
    back?.close()
    city?.child.removeAllListeners('exit')
    city?.child.kill('SIGTERM')
    await rm(place, { recursive: true, force: true })
  })

  /** A picture to look at, where somebody asked for pictures. */
  async function picture (page, name) {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  }

  test('a developer sends it in and reads how it stands', async () => {
    const developer = await lib.person(browser, lib.sizes.desk)
    await developer.goto(`${lib.url}/developers`)
    await lib.fit(developer, 'for developers')
    await developer.goto(`${lib.url}/developers/apps/new`)
    await lib.fit(developer, 'registering an app')
    const told = {
      name: 'こそだて手帳', organisation: '見本アプリ株式会社', contact: 'city@app.example', policy: 'https://app.example/privacy',
      purpose_ja: '予防接種の時期をお知らせし、市からの手紙の見出しを表示します', purpose_easy: 'よぼうせっしゅの じきを しらせます', purpose_en: 'Reminds you of vaccinations'
    }
    for (const [name, value] of Object.entries(told)) await developer.locator(`input[name=${name}]`).fill(value)
    await developer.locator('textarea[name=redirect_uris]').fill(address)
    await developer.locator('textarea[name=keys]').fill(JSON.stringify({ keys: [app.jwk] }))
    for (const scope of ['openid', 'offline_access', 'basics', 'letters', 'address']) await developer.locator(`input[name=scopes][value=${scope}]`).check()
    await developer.locator('form[action="/developers/apps"] button').click()
    await developer.waitForURL(/\/developers\/apps\/[0-9a-z]{26}$/)
    app.id = developer.url().split('/').at(-1)
    assert.match(await developer.locator('main').innerText(), /審査待ち/)
    await lib.fit(developer, 'how the review stands')
    app.developer = developer
  })

  test('one officer proposes to let it at residents, and another confirms', async () => {
    const administrator = await lib.person(browser, lib.sizes.desk)
    await lib.becomeFirstAdministrator(administrator)
    const officers = []
    for (const name of ['審査 一郎', '審査 二子']) {
      const officer = await lib.person(browser, lib.sizes.desk)
      await lib.join(officer, await lib.invite(administrator, name, ['certificate_officer']))
      officers.push(officer)
    }
    const decide = async (officer, reason) => {
      // What was sent in comes over the relay.
      for (let looks = 0; looks < 30; looks++) {
        const answer = await officer.goto(`${lib.url}/staff/apps/${app.id}`)
        if (answer.status() === 200) break
        await officer.waitForTimeout(500)
      }
      await officer.locator('input[name=state][value=live]').check()
      await officer.locator('input[name=reason]').fill(reason)
      await officer.locator('form[action$="/decide"] button').click()
    }
    await decide(officers[0], '利用目的を確かめました')
    await officers[0].waitForURL(/done=staff-done-app-proposed/)
    await lib.fit(officers[0], 'an app that waits for a second officer')
    await picture(officers[0], 'app-proposed')
    // Whoever proposed cannot confirm.
    await decide(officers[0], 'もう一度')
    await officers[0].locator('main', { hasText: '別の職員' }).waitFor()
    await decide(officers[1], '連絡先を確かめました')
    await officers[1].waitForURL(/done=staff-done-app-decided/)
    await lib.fit(officers[1], 'an app that was let in')
    for (let looks = 0; looks < 30; looks++) {
      await app.developer.reload()
      if (/公開中/.test(await app.developer.locator('main').innerText())) return
      await app.developer.waitForTimeout(500)
    }
    assert.fail('the developer never read that the app is live')
  })

  test('a resident signs in on the way, understands the question and agrees to a part of it', async () => {
    app.config = await client.discovery(new URL(lib.url), app.id, { id_token_signed_response_alg: 'ES256' },
      client.PrivateKeyJwt({ key: app.key, kid: 'k1' }), { execute: [client.allowInsecureRequests] })
    app.dpop = client.getDPoPHandle(app.config, await client.randomDPoPKeyPair('ES256'))
    const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
    const asked = await client.buildAuthorizationUrlWithPAR(app.config, {
      redirect_uri: address,
      scope: 'openid offline_access basics letters address',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce
    }, { DPoP: app.dpop })
    // Somebody who was here before: the first time, the city must find out who it is.
    const phone = await lib.person(browser, lib.sizes.phone)
    await portal.joined(phone)
    await portal.signOut(phone)
    await phone.goto(asked.href)
    await lib.fit(phone, 'who asks')
    await picture(phone, 'app-asks')
    await phone.locator('a[href^="/portal/sign-in?next="]').click()
    await phone.waitForURL((now) => now.pathname === '/portal/sign-in')
    await phone.locator('form[action="/portal/sign-in/app"]', { hasNot: phone.locator('input[name=first]') }).locator('button').click()
    await phone.locator('button[value="0"]').click()
    await phone.waitForURL((now) => now.pathname.startsWith('/portal/apps/consent/'), { timeout: 20_000 })
    const page = await phone.locator('main').innerText()
    for (const said of ['こそだて手帳', '見本アプリ株式会社', '予防接種の時期', '氏名', '手紙の見出し', '支援措置', 'いつまで', '90日']) assert.ok(page.includes(said), `${said}: ${page}`)
    await lib.fit(phone, 'the question')
    await picture(phone, 'app-consent')
    for (const language of ['ja-easy', 'en', 'ja']) {
      await phone.goto(`${phone.url().split('?')[0]}?lang=${language}`)
      await lib.fit(phone, `the question in ${language}`)
      await picture(phone, `app-consent-${language}`)
    }
    await phone.locator('input[name=scope][value=address]').uncheck()
    await phone.locator('button[name=decision][value=allow]').click()
    await phone.waitForURL((now) => now.href.startsWith(address))
    app.phone = phone
    app.came = { verifier, state, nonce }
  })

  test('the app reads what was granted, by its key alone', async () => {
    const { verifier, state, nonce } = app.came
    const tokens = await client.authorizationCodeGrant(app.config, new URL(answers.at(-1), address),
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, { DPoP: app.dpop })
    assert.equal(tokens.scope, 'openid offline_access basics letters')
    app.tokens = tokens
    const read = async (path) => client.fetchProtectedResource(app.config, tokens.access_token, new URL(lib.url + path), 'GET', undefined, undefined, { DPoP: app.dpop })
    const basics = await (await read('/api/v1/me/basics')).json()
    assert.ok(basics.name.length > 0 && /^\d{4}-\d\d-\d\d$/.test(basics.birth_date))
    const letters = await (await read('/api/v1/me/letters')).json()
    assert.ok(Array.isArray(letters.letters))
    await assert.rejects(read('/api/v1/me/address'), 'what was unticked is not shared')
    // The same token without a proof, or with another key's.
    const bare = await fetch(`${lib.url}/api/v1/me/basics`, { headers: { authorization: `DPoP ${tokens.access_token}` } })
    assert.equal(bare.status, 401)
    const thief = client.getDPoPHandle(app.config, await client.randomDPoPKeyPair('ES256'))
    await assert.rejects(client.fetchProtectedResource(app.config, tokens.access_token, new URL(`${lib.url}/api/v1/me/basics`), 'GET', undefined, undefined, { DPoP: thief }))
  })

  test('the resident sees it among their consents, keeps the receipt, takes it back, and the app is refused', async () => {
    const { phone } = app
    await phone.goto(`${lib.url}/portal/apps`)
    assert.match(await phone.locator('main').innerText(), /こそだて手帳[^]*1回/)
    await lib.fit(phone, 'connected apps')
    await phone.goto(`${lib.url}/portal/consents`)
    assert.match(await phone.locator('main').innerText(), /こそだて手帳[^]*見本アプリ株式会社/)
    await lib.fit(phone, 'all consents')
    await picture(phone, 'app-consents')
    const downloading = phone.waitForEvent('download')
    await phone.locator('a[href$="/receipt"]').first().click()
    const receipt = JSON.parse(await (await import('node:fs/promises')).readFile(await (await downloading).path(), 'utf8'))
    assert.equal(receipt.schema_version, 'ISO/IEC TS 27560:2023')
    assert.deepEqual(receipt.pii_processing.purposes[0].pii_information.map((one) => one.pii_type), ['openid', 'offline_access', 'basics', 'letters'])
    await phone.locator('form[action$="/withdraw"] button').first().click()
    await phone.locator('.alert', { hasText: '同意を取り消しました' }).waitFor()
    await assert.rejects(client.fetchProtectedResource(app.config, app.tokens.access_token, new URL(`${lib.url}/api/v1/me/basics`), 'GET', undefined, undefined, { DPoP: app.dpop }))
    await assert.rejects(client.refreshTokenGrant(app.config, app.tokens.refresh_token, undefined, { DPoP: app.dpop }), (error) => error.error === 'invalid_grant')
    await phone.goto(`${lib.url}/portal/apps`)
    assert.match(await phone.locator('main').innerText(), /終わったもの/)
  })
})
