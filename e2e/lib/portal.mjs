// A resident at the citizen portal.

import assert from 'node:assert/strict'
import { url } from './city.mjs'

/** Goes by the simulated sign-in app as the person at this place, for the first time or again, until a page of ours stands. */
export async function byApp (page, place = 0, first = true) {
  await page.goto(`${url}/portal/sign-in`)
  const form = page.locator('form[action="/portal/sign-in/app"]', first ? { has: page.locator('input[name=first]') } : { hasNot: page.locator('input[name=first]') })
  await form.locator('button').click()
  await page.waitForURL((address) => address.pathname.includes('/realms/main/'), { timeout: 20_000 })
  assert.match(await page.locator('h1').innerText(), /模擬/, 'the page says that it is no real app')
  await page.locator(`button[value="${place}"]`).click()
  await page.waitForURL((address) => ['/portal', '/portal/welcome'].includes(address.pathname), { timeout: 20_000 })
}

/** Joins by the app and waits until the city knows who it is. */
export async function joined (page, place = 0) {
  await byApp(page, place)
  // Whoever was here before is led to the first page.
  if (new URL(page.url()).pathname === '/portal') await page.goto(`${url}/portal/welcome`)
  await page.waitForSelector('form[data-passkey=create]', { timeout: 30_000 })
}

/** Registers a passkey on the page that stands. */
export async function addPasskey (page, label) {
  await page.locator('form[data-passkey=create] input[name=label]').fill(label)
  await page.locator('form[data-passkey=create] button[type=submit]').click()
  await page.waitForURL((address) => address.pathname === '/portal/settings/security', { timeout: 20_000 })
}

export async function signOut (page) {
  await page.locator('form[action="/portal/sign-out"] button').click()
  await page.waitForURL((address) => address.pathname === '/portal/sign-in', { timeout: 20_000 })
}
