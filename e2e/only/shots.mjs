import { launch, person, fit } from '../lib/browser.mjs'
import { sizes, url } from '../lib/city.mjs'
import { Kiosk } from '../lib/kiosk.mjs'
import { look } from '../lib/look.mjs'
const browser = await launch()
const page = await person(browser, sizes.kiosk)
page.setDefaultTimeout(60000)
const kiosk = new Kiosk(page)
await kiosk.arrive(); await kiosk.chooseLanguage('ja')
const labels = await kiosk.cards()
const pin = await kiosk.putCard(labels.findIndex(l => l.includes('市外に住む')))
await kiosk.at('/kiosk/pin'); await kiosk.typePin(pin)
await page.locator('form[action="/kiosk/apply/open"] button').click()
const S = { kiosk: sizes.kiosk, phone: sizes.phone }
const press = async (f, keys) => { for (const k of keys) await page.locator(`.kiosk-keys[data-for=${f}] button:is([data-key="${k}"], [data-act="${k}"])`).click() }
const shot = async (name) => { try { await look(page, S, 'ja', name) } catch (e) { console.log(name, e.message.slice(0, 600)) } await page.setViewportSize(sizes.kiosk) }
const next = () => page.locator('form[action="/kiosk/apply/text"] button[type=submit]').click()
await page.locator('button[name=town]').first().click()
await page.locator('#text').waitFor(); await press('text', ['1', '0', '0', '番地']); await shot('apply-number'); await next()
await page.locator('button[name=who]').first().waitFor(); await shot('apply-head')
await page.locator('button[value=other]').click(); await page.locator('#text').waitFor()
await press('text', ['つ', 'し', 'voiced', '　', 'は', 'な', 'こ']); console.log(await page.locator('#text').inputValue()); await shot('apply-reading'); await next()
await page.locator('#password').waitFor(); await press('pin', [...pin]); await press('password', [...'YAKUBA1']); await shot('apply-sign')
await browser.close()
