// Members of staff at the console, each with a passkey in a virtual authenticator of their own browser.

import assert from 'node:assert/strict'
import { says, url } from './city.mjs'

/** Gives this page an authenticator that answers by itself, as a laptop's fingerprint reader would after a touch. */
export async function authenticator (page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true }
  })
}

/** The one-time token the demo printed for its first administrator. */
export function firstToken () {
  const token = /token (\S+)/.exec(says)?.[1]
  assert.ok(token, `the demo prints a token for the first administrator; it printed:\n${says}`)
  return token
}

async function registered (page) {
  await page.locator('form[data-passkey] button[type=submit]').click()
  await page.waitForURL(/\/staff(\/me)?(\?|$)/, { timeout: 20_000 })
}

/** The form of the first administrator, filled in with the console's token. */
export async function fillFirstAdministrator (page, name) {
  await authenticator(page)
  await page.goto(`${url}/staff/first`)
  await page.locator('input[name=token]').fill(firstToken())
  await page.locator('input[name=name]').fill(name)
  await page.locator('input[name=office]').fill('情報経営部')
  await page.locator('input[name=label]').fill('試験の鍵')
}

/** The first administrator, from the console's token to the first page. */
export async function becomeFirstAdministrator (page, name = '管理 一郎') {
  await fillFirstAdministrator(page, name)
  await registered(page)
}

/** Invites somebody, returning the address they are given. */
export async function invite (page, name, roles) {
  await page.goto(`${url}/staff/accounts`)
  await page.locator('details', { has: page.locator('form[action="/staff/accounts/invite"]') }).locator('summary').click()
  const form = page.locator('form[action="/staff/accounts/invite"]')
  await form.locator('input[name=name]').fill(name)
  await form.locator('input[name=office]').fill('市民課')
  for (const role of roles) await form.locator(`input[name=role][value="${role}"]`).check()
  await form.locator('button[type=submit]').click()
  const link = /http\S+\/staff\/join#\S+/.exec(await page.locator('main').innerText())?.[0]
  assert.ok(link, 'the invitation shows its address')
  return link
}

/** Follows an invitation to the first page. */
export async function join (page, link) {
  await authenticator(page)
  await page.goto(link)
  await page.locator('input[name=label]').fill('試験の鍵')
  await registered(page)
}

/** Says for which work residents are looked at. */
export async function takeDesk (page, duty) {
  await page.goto(`${url}/staff/register`)
  // Once told, the choice is folded away.
  if (!await page.locator('select[name=duty]').isVisible()) await page.locator('.desk + details summary').click()
  await page.locator('select[name=duty]').selectOption(duty)
  await page.locator('form[action="/staff/desk"] button[type=submit]').click()
  await page.waitForURL(/\/staff\/register/)
}

/** Opens a page of the console and waits for it. */
export async function open (page, path) {
  const answer = await page.goto(`${url}${path}`)
  assert.equal(answer.status(), 200, `${path}: ${answer.status()}`)
}

/** The page of the paper with this number (請求番号 or 発行番号), found as a clerk finds it. */
export async function findPaper (page, number) {
  await open(page, '/staff/papers')
  await page.locator('input[name=number]').fill(number)
  await page.locator('form[action="/staff/papers"][method=post] button').click()
  await page.waitForURL(/\/staff\/papers\/[0-9a-z]{26}$/)
}

/** Asks that the paper on this page is withdrawn. */
export async function askWithdrawal (page, reason) {
  await page.locator('a[href$="/withdraw"]').click()
  await page.waitForURL(/\/withdraw$/)
  await page.locator('input[name=reason]').fill(reason)
  await page.locator('form[action$="/withdraw"] button').click()
  await page.waitForURL(/\/staff\/approvals/)
}

/** Approves the newest request that this person may answer. */
export async function approveNewest (page) {
  await open(page, '/staff/approvals')
  await page.locator('form[action$="/approve"] button').first().click()
  await page.waitForURL(/done=staff-done-approved/)
}

/** Stops issuing at once, telling the public this reason. */
export async function stopIssuing (page, why, note) {
  await open(page, '/staff/incidents/service')
  await page.locator(`input[name=why][value="${why}"]`).check()
  await page.locator('input[name=note]').fill(note)
  await page.locator('form[action$="/stop"] button').click()
  await page.waitForURL(/done=staff-done-stopped/)
}

/** Asks that what is stopped runs again. */
export async function askResume (page, reason) {
  await open(page, '/staff/incidents/service')
  const form = page.locator('form[action$="/resume"]').first()
  await page.locator('details', { has: form }).locator('summary').click()
  await form.locator('input[type=text]').fill(reason)
  await form.locator('button').click()
  await page.waitForURL(/\/staff\/approvals/)
}

/** Enrols a machine and returns the address its browser opens. */
export async function enrolMachine (page, place, name) {
  await open(page, '/staff/terminals')
  await page.locator('input[name=place]').fill(place)
  await page.locator('input[name=name]').fill(name)
  await page.locator('form[action="/staff/terminals/enrol"] button').click()
  const link = /http\S+\/kiosk\/enrol#\S+/.exec(await page.locator('main').innerText())?.[0]
  assert.ok(link, 'the address for the machine is shown')
  return link
}

/** Follows that address at the machine, to its first screen. */
export async function becomeMachine (page, link) {
  await page.goto(link)
  await page.locator('form[data-enrol] button').click()
  await page.waitForURL((address) => address.pathname === '/kiosk')
}
