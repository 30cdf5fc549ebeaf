// The digital copy of a paper, collected and checked by libraries nobody here wrote.
//
//   machine (Chromium) ── square ─► wallet (@openid4vc) ─► copy ─► shown in part (@sd-jwt) ─► checked (@sd-jwt)

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { data, languages, sizes, url } from '../lib/city.mjs'
import { codes, keep } from '../lib/paper.mjs'
import { authority, offered, withCopy, withPaper } from '../lib/twin.mjs'
import { Checker, hashInCode, hashOf, Wallet } from '../lib/wallet.mjs'

const AUDIENCE = 'https://bank.example'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

const show = (...people) => ({ title: true, request: true, household: { address: true }, people: Object.fromEntries(people) })

for (const language of languages) {
  test(`the last screen says that the paper is the certificate, and offers a copy (${language})`, async () => {
    const page = await person(browser, sizes.kiosk)
    const { kiosk } = await withPaper(page, language, 'applicant', [])
    const block = page.locator('.kiosk-twin')
    assert.match(await block.innerText(), /紙が(本物の )?\s?証明書です|紙が 本物の 証明書です|The paper is the certificate/)
    assert.equal(await page.locator('#twin-square').count(), 0, 'nothing is offered unasked')
    await fit(page, `twin before, ${language}`)
    await offered(page, kiosk)
    await fit(page, `twin after, ${language}`)
    assert.equal(await kiosk.go('/kiosk/twin').count(), 0, 'one paper has one offer')
    await kiosk.takeEverything()
    assert.ok(!(await page.content()).includes('twin-square'))
  })
}

describe('a copy', () => {
  let bytes, wallet, checker, offer
  before(async () => {
    const page = await person(browser, sizes.kiosk)
    const paper = await withPaper(page)
    bytes = paper.bytes
    ;({ wallet, offer } = await withCopy(page, paper.kiosk))
    checker = new Checker(authority())
    await paper.kiosk.takeEverything()
  })

  test('is of the city, of its type, and bound to the wallet', async () => {
    const nonce = randomBytes(8).toString('hex')
    const claims = await checker.check(await wallet.show({}, AUDIENCE, nonce), nonce)
    assert.equal(claims.iss, url)
    assert.equal(claims.vct, `${url}/twin/types/residence_certificate`)
    assert.deepEqual(claims.cnf.jwk, wallet.publicKey)
    assert.deepEqual(checker.lists, [claims.status.status_list.uri], 'the status list was asked')
    const type = await (await fetch(claims.vct)).json()
    assert.equal(type.vct, claims.vct)
    const { keys } = (await (await fetch(`${url}/.well-known/jwt-vc-issuer`)).json()).jwks
    const header = JSON.parse(Buffer.from(wallet.copy.split('.')[0], 'base64url'))
    assert.equal(header.typ, 'dc+sd-jwt')
    assert.ok(keys.some((key) => key.kid === header.kid && key.x5c[0] === header.x5c[0]))
  })

  test('shows what its holder shows and nothing else', async () => {
    const nonce = randomBytes(8).toString('hex')
    const presentation = await wallet.show(show([0, { name: true, birth_date: true }]), AUDIENCE, nonce)
    const claims = await checker.check(presentation, nonce)
    assert.equal(claims.title, '住民票の写し')
    assert.deepEqual(Object.keys(claims.people[0]).sort(), ['birth_date', 'name'])
    assert.equal(claims.household.head, undefined)
    for (const disclosure of presentation.split('~').slice(1, -1)) {
      const text = Buffer.from(disclosure, 'base64url').toString()
      assert.ok(!/relationship|domicile|register_head/.test(text), 'neither 続柄 nor 本籍 is handed on')
    }
  })

  test('says the same as the paper: one hash in the code and in the copy, and it is the hash of all that is shown', async () => {
    const [code] = codes(keep(bytes))
    const nonce = randomBytes(8).toString('hex')
    const everything = await checker.check(`${wallet.copy}${await binding(wallet, wallet.copy, nonce)}`, nonce)
    assert.equal(everything.certificate_hash, hashInCode(code))
    assert.equal(hashOf(everything), everything.certificate_hash)
    assert.ok(everything.people.every(({ name, relationship, domicile }) => name && relationship && domicile))
  })

  test('of another holder, another question, another city or another text is refused', async () => {
    const nonce = randomBytes(8).toString('hex')
    const presentation = await wallet.show(show(), AUDIENCE, nonce)
    await assert.rejects(checker.check(presentation, 'another question'))
    const thief = await Wallet.make()
    thief.copy = wallet.copy
    await assert.rejects(checker.check(await thief.show(show(), AUDIENCE, nonce), nonce))
    await assert.rejects(new Checker(readFileSync(join(data, 'signing/authority.der'))).check(presentation, nonce), /not of the city/)
    const parts = presentation.split('~')
    const altered = [parts[0], Buffer.from('["c2FsdHNhbHRzYWx0c2FsdA","title","偽"]').toString('base64url'), ...parts.slice(2)].join('~')
    await assert.rejects(checker.check(altered, nonce))
  })

  test('is collected once: neither the code nor the token serves again', async () => {
    await assert.rejects(wallet.unlock(offer.digits))
    await assert.rejects(wallet.collect())
  })
})

/** A key binding over the whole copy. */
async function binding (wallet, copy, nonce) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hash = createHash('sha256').update(copy).digest('base64url')
  const text = `${part({ typ: 'kb+jwt', alg: 'ES256' })}.${part({ iat: Math.floor(Date.now() / 1000), aud: AUDIENCE, nonce, sd_hash: hash })}`
  return `${text}.${await wallet.sign(text)}`
}

test('wrong digits are refused, and after five the offer is gone', async () => {
  const page = await person(browser, sizes.kiosk)
  const { kiosk } = await withPaper(page, 'ja', 'applicant', [])
  const { square, digits } = await offered(page, kiosk)
  const wallet = await Wallet.make()
  await wallet.scan(square)
  // Until the relay has brought the offer a wrong try is no try: wait for it as it would be waited for on foot.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const wrong = digits === '000000' ? '000001' : '000000'
  for (let tries = 0; tries < 5; tries++) await assert.rejects(wallet.unlock(wrong))
  await assert.rejects(wallet.unlock(digits))
  await kiosk.takeEverything()
})
