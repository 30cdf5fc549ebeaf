// The portal's further pages, as somebody with a phone finds them on the first day: letters, who looked, what the city
// holds, representatives, consents, apps, how one is told.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { joined } from '../lib/portal.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

const pages = [
  '/portal', '/portal/settings', '/portal/letters', '/portal/settings/letters', '/portal/looked', '/portal/me',
  '/portal/representatives', '/portal/consents', '/portal/apps', '/portal/settings/channels'
]

for (const language of languages) {
  test(`every further page of the portal is fit for a phone (${language})`, async () => {
    const page = await person(browser, sizes.phone)
    await page.goto(`${url}/portal/sign-in?lang=${language}`)
    await joined(page, 3 + languages.indexOf(language))
    for (const path of pages) {
      for (const size of [sizes.phone, sizes.narrow]) {
        await page.setViewportSize(size)
        const answer = await page.goto(`${url}${path}`)
        assert.equal(answer.status(), 200, path)
        await fit(page, `${path} in ${language} at ${size.width}`)
        if (process.env.YAKUBA_PICTURES && size === sizes.phone) {
          await page.screenshot({ path: `${process.env.YAKUBA_PICTURES}/${path.replaceAll('/', '_')}-${language}.png`, fullPage: true })
        }
      }
    }
    await page.context().close()
  })
}

test('every settings page is reached from the settings', async () => {
  const page = await person(browser, sizes.phone)
  await joined(page, 6)
  await page.goto(`${url}/portal/settings`)
  const links = await page.locator('main .card h2 a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  assert.ok(links.length >= 8, links.join(' '))
  for (const link of links) assert.equal((await page.goto(`${url}${link}`)).status(), 200, link)
  await page.context().close()
})
