// A picture and an accessibility check of every page, in every language and size: target/looks/<size>/<language>/<page>.png

import { after, before, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { Kiosk, takePaper } from '../lib/kiosk.mjs'
import { picture } from '../lib/look.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

/** Pages that need nobody to be signed in. */
const OPEN = { start: '/', verify: '/verify', 'not-found': '/there-is-no-such-page', 'staff-sign-in': '/staff' }

for (const language of languages) {
  for (const [size, screen] of Object.entries(sizes)) {
    test(`open pages, ${language}, ${size}`, async (t) => {
      const page = await person(browser, screen)
      for (const [name, path] of Object.entries(OPEN)) {
        await t.test(name, async () => {
          await page.goto(`${url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`)
          await picture(page, size, language, name)
          await fit(page, `${path} in ${language} at ${size} size`)
        })
      }
    })
    test(`the certificate machine, ${language}, ${size}`, async () => {
      const page = await person(browser, screen)
      let step = 0
      await takePaper(page, language, async (name) => {
        await picture(page, size, language, `kiosk-${step++}-${name}`)
        await fit(page, `kiosk ${name} in ${language} at ${size} size`)
        if (name !== 'take') return
        await page.locator('a[href="/kiosk/receipt"]').click()
        await picture(page, size, language, 'kiosk-receipt')
        await fit(page, `receipt in ${language} at ${size} size`)
        await page.locator('form[action="/kiosk/receipt/print"] button').click()
        await page.locator('a[href="/kiosk/receipt.pdf"]').waitFor()
        await picture(page, size, language, 'kiosk-receipt-printed')
        await fit(page, `receipt on paper in ${language} at ${size} size`)
        await page.locator('a[href="/kiosk/take"]').click()
      })
    })
    test(`own cards at the machine, ${language}, ${size}`, async () => {
      const page = await person(browser, screen)
      const kiosk = new Kiosk(page)
      await kiosk.arrive()
      await kiosk.chooseLanguage(language)
      await kiosk.typePin(await kiosk.putCard(4))
      await kiosk.at('/kiosk/kind')
      await kiosk.go('/kiosk/cards/open').click()
      await kiosk.at('/kiosk/cards')
      await picture(page, size, language, 'kiosk-cards')
      await fit(page, `own cards in ${language} at ${size} size`)
      await page.locator('form[action="/kiosk/session/stop"] button').click()
      await kiosk.at('/kiosk/ended')
    })
  }
}
