// A real letter end to end: written by a department, released by two persons, opened and answered on a phone, on record.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { promisify } from 'node:util'
import { fit, person } from './browser.mjs'
import { data, program, sizes, url } from './city.mjs'
import { keep, text } from './paper.mjs'
import { joined } from './portal.mjs'
import { approveNewest, invite, join, open } from './staff.mjs'

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Loads `address` again until `found` says yes. */
async function until (page, address, found, what) {
  for (let tries = 0; tries < 60; tries++) {
    await page.goto(`${url}${address}`)
    if (await found()) return
    await pause(1_000)
  }
  assert.fail(`${what} did not come`)
}

const pdf = '%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [] /Count 0 >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n'

/** The administrator approves the sender and, later, that the letter goes; `browser` opens for everybody else. */
export async function letterThere (browser, administrator) {
  const phone = await person(browser, sizes.phone)
  await joined(phone, 6)
  await open(administrator, '/staff/letters/senders')
  const sender = administrator.locator('form[action="/staff/letters/senders"]')
  await sender.locator('input[name=name]').fill('市民課')
  await sender.locator('input[name=key]').fill('citizens')
  await sender.locator('button[type=submit]').click()
  await administrator.waitForSelector('code.digest')
  await fit(administrator, 'senders of letters')

  const officer = await person(browser, sizes.desk)
  await join(officer, await invite(administrator, '発送 次郎', ['certificate_officer']))
  await open(officer, '/staff/letters/write')
  await fit(officer, 'writing a letter')
  await officer.locator('select[name=importance]').selectOption('emergency')
  await officer.locator('select[name=class]').selectOption('emergency')
  await officer.locator('input[name=title]').fill('断水のお知らせと給水の希望')
  await officer.locator('textarea[name=japanese]').fill('今夜10時から断水します。\n\n給水車が必要な方は返信してください。')
  await officer.locator('select[name=asks]').selectOption('reply')
  await officer.locator('select[name=audience]').selectOption('everybody')
  await officer.locator('form[action="/staff/letters/write"] button[type=submit]').click()
  await officer.waitForURL(/\/staff\/letters\/[0-9a-z]{26}/)
  const dispatch = new URL(officer.url()).pathname

  const hostile = path(data, 'hostile.pdf')
  writeFileSync(hostile, pdf.replace('/Type /Catalog', '/OpenAction << /S /JavaScript /JS (x) >>'))
  await officer.locator('input[name=attachment]').setInputFiles(hostile)
  await officer.locator('form[action$="/attachments"] button').click()
  assert.match(await officer.locator('main').innerText(), /scripts/, 'a hostile file is refused with its reason')
  await open(officer, dispatch)
  const file = path(data, '給水の地図.pdf')
  writeFileSync(file, pdf)
  await officer.locator('input[name=attachment]').setInputFiles(file)
  await officer.locator('form[action$="/attachments"] button').click()
  await officer.waitForURL(/done=staff-done-letters-attached/)
  await fit(officer, 'a letter before it is sent')
  await officer.locator('form[action$="/ask"] input[name=reason]').fill('断水の周知')
  await officer.locator('form[action$="/ask"] button').click()
  await officer.waitForURL(/done=staff-done-letters-asked/)
  assert.equal(await officer.locator('input[name=attachment]').count(), 0, 'what is approved is what is sent')
  await approveNewest(administrator)

  const link = phone.locator('a', { hasText: '断水のお知らせ' }).first()
  await until(phone, '/portal/letters', () => link.count(), 'the letter')
  await link.click()
  await phone.waitForURL(/\/portal\/letters\/[0-9a-z]{26}$/)
  const letter = new URL(phone.url()).pathname
  await fit(phone, 'a letter')
  const [beside] = await Promise.all([
    phone.waitForEvent('download'), phone.locator('a', { hasText: '給水の地図.pdf' }).click()
  ])
  assert.equal(beside.suggestedFilename(), 'attachment-1.pdf')
  await phone.locator('a[href$="/reply"]').click()
  await phone.waitForURL(/\/reply$/)
  await fit(phone, 'answering a letter')
  await phone.locator('textarea[name=words]').fill('給水をお願いします。二人暮らしです。')
  await phone.locator('form[action$="/reply"] button[type=submit]').click()
  await phone.waitForURL(/done=portal-done-letter-replied/)
  await fit(phone, 'an answer that was sent')
  const onItsWay = phone.locator('text=届けています')
  await until(phone, `${letter}/reply`, async () => await onItsWay.count() === 0, 'the city\'s word that it has the answer')

  await open(officer, `${dispatch}/replies`)
  await fit(officer, 'answers')
  await officer.locator('tbody a').first().click()
  await officer.waitForURL(/\/replies\/[0-9a-z]{26}$/)
  assert.match(await officer.locator('main').innerText(), /給水をお願いします/)
  await fit(officer, 'an answer')

  await phone.goto(`${url}${letter}/receipt`)
  await fit(phone, 'the receipt of a letter')
  const receipt = await phone.request.get(`${url}${letter}/receipt.pdf`)
  const said = text(keep(await receipt.body())).replaceAll(/\s/g, '')
  for (const words of ['送達の記録', '断水のお知らせと給水の希望', 'ContentHandover', '市民課']) assert.ok(said.includes(words), `${words} in ${said}`)
  const sent = await officer.request.get(`${url}${dispatch}/receipt.pdf`)
  assert.match(text(keep(await sent.body())).replaceAll(/\s/g, ''), /発送の記録/)
  if (process.env.YAKUBA_PICTURES) {
    const picture = (page, name) => page.screenshot({ path: `${process.env.YAKUBA_PICTURES}/${name}.png`, fullPage: true })
    await picture(phone, 'letter-receipt')
    await phone.goto(`${url}${letter}`)
    await picture(phone, 'letter')
    await phone.goto(`${url}${letter}/reply`)
    await picture(phone, 'letter-reply')
    await picture(officer, 'staff-reply')
    await open(officer, dispatch)
    await picture(officer, 'staff-letter')
    writeFileSync(`${process.env.YAKUBA_PICTURES}/receipt.pdf`, await receipt.body())
    writeFileSync(`${process.env.YAKUBA_PICTURES}/dispatch-receipt.pdf`, await sent.body())
  }
  // Whoever read the answer is told of to the person.
  const reading = phone.locator('.looked .card', { hasText: '市民課' })
  await until(phone, '/portal/looked', () => reading.count(), 'the line in who looked')
  await fit(phone, 'who looked')
  const keys = await phone.request.get(`${url}/who-looked/keys.json`)
  assert.match((await keys.json()).keys[0], /^ed25519:/)

  const { stdout } = await promisify(execFile)(program, ['verify', 'evidence', '--data', data])
  assert.match(stdout, /whole/)
  await phone.context().close()
  await officer.context().close()
}
