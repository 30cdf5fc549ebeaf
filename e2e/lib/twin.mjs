// A person with a phone at the last screen of the machine.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { data } from './city.mjs'
import { Kiosk } from './kiosk.mjs'
import { Wallet } from './wallet.mjs'

/** Stands before the last screen with a paper of `who`. */
export async function withPaper (page, language = 'ja', who = 'household', items = ['relationship', 'domicile']) {
  const kiosk = new Kiosk(page)
  await kiosk.arrive()
  await kiosk.chooseLanguage(language)
  const pin = await kiosk.putCard(0)
  await kiosk.at('/kiosk/pin')
  await kiosk.typePin(pin)
  await kiosk.takeKind()
  await kiosk.choose(who, items)
  await kiosk.confirm()
  await kiosk.pay()
  const bytes = await kiosk.paper()
  return { kiosk, bytes }
}

/** Asks for the copy and reads square and digits off the screen, as a phone and its holder do. */
export async function offered (page, kiosk) {
  await kiosk.go('/kiosk/twin').click()
  await page.locator('#twin-square').waitFor()
  const picture = join(tmpdir(), `yakuba-twin-${randomBytes(6).toString('hex')}.png`)
  await page.locator('#twin-square').screenshot({ path: picture })
  const square = execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', picture], { encoding: 'utf8' }).trim()
  const digits = (await page.locator('.kiosk-twin-digits').innerText()).trim()
  assert.match(digits, /^\d{6}$/)
  assert.ok(!square.includes(digits), 'the square does not hold the digits')
  return { square, digits }
}

/** The relay brings offers and withdrawals every second. */
export async function soon (what) {
  for (let tries = 0; ; tries++) {
    try { return await what() } catch (error) {
      if (tries > 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
}

/** The copy of the paper on this machine, in a fresh wallet. */
export async function withCopy (page, kiosk) {
  const offer = await offered(page, kiosk)
  const wallet = await Wallet.make()
  await wallet.scan(offer.square)
  // A code that the relay has not brought yet is unknown, and an unknown code costs no try.
  await soon(() => wallet.unlock(offer.digits))
  await wallet.collect()
  return { wallet, offer }
}

/** The certificate that checkers trust. They get it from the city by another way than from the copy. */
export const authority = () => readFileSync(join(data, 'signing/twin-authority.der'))
