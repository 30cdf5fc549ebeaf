// Chromium as Debian packages it, and what every story asks of a page.

import assert from 'node:assert/strict'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'

/** Chromium refuses its sandbox to root, which is who runs the tests in a container. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** A browser; close it after the story. */
export function launch () {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...sandbox, '--lang=ja'] })
}

/** A fresh person at a screen: nothing remembered, and every error of the page's own script kept. */
export async function person (browser, size, more = {}) {
  const context = await browser.newContext({ viewport: size, locale: 'ja-JP', acceptDownloads: true, ...more })
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', (error) => page.faults.push(`script: ${error.message}`))
  page.on('console', (message) => {
    // A status the story asked for (a refusal) is no fault; a blocked script or style is.
    if (message.type() === 'error' && !/the server responded with a status of/.test(message.text())) page.faults.push(message.text())
  })
  return page
}

/** Goes there. A press of a button or a page that loads itself anew may still be on its way elsewhere: then once more. */
export async function go (page, address) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await page.goto(address)
    } catch (error) {
      if (tries === 3 || !/ERR_ABORTED|interrupted by another navigation/.test(error.message)) throw error
      await page.waitForLoadState()
    }
  }
}

/** Fails unless the page is accessible, has one first heading, does not scroll sideways and ran without a fault. */
export async function fit (page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.slice(0, 3).map((node) => node.html).join('\n    ')}`)
  assert.deepEqual(told, [], `${where} breaks accessibility rules:\n${told.join('\n')}`)
  assert.equal(await page.locator('h1').count(), 1, `${where} has not exactly one h1`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${where} is ${wide} px wider than its screen`)
  assert.deepEqual(page.faults, [], `${where} has faults in the console`)
}
