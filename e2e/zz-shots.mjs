import { chromium } from 'playwright-core'
import { mkdirSync } from 'node:fs'
const url = process.argv[2]
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--lang=ja'] })
mkdirSync('/tmp/f/shots', {recursive:true})
const ctx = await b.newContext({ viewport: {width:390,height:844}, locale:'ja-JP' })
const p = await ctx.newPage()
p.on('console', m => { if (m.type()==='error') console.log('console', m.text()) })
const shot = async (n) => { await p.screenshot({path:`/tmp/f/shots/${n}.png`, fullPage:true}) }
await p.goto(url+'/portal/sign-in'); await shot('signin-390')
await p.setViewportSize({width:1280,height:800}); await shot('signin-1280'); await p.setViewportSize({width:320,height:640}); await shot('signin-320'); await p.setViewportSize({width:390,height:844})
await p.goto(url+'/portal/sign-in/card'); await shot('card-390')
await p.goto(url+'/portal/stop'); await shot('stop-390')
await p.goto(url+'/portal/sign-in')
await p.locator('form[action="/portal/sign-in/app"]').first().locator('button').click()
await p.waitForURL(a=>a.pathname.includes('realms'))
await shot('app-390')
await p.locator('button[value="0"]').click()
await p.waitForURL(a=>a.pathname.startsWith('/portal'))
await p.waitForTimeout(500); await shot('checking-390')
await p.waitForSelector('form[data-passkey=create]', {timeout:60000}); await shot('welcome-390')
for (const [n,path] of [['home','/portal'],['settings','/portal/settings'],['security','/portal/settings/security'],['cards','/portal/cards'],['stepup','/portal/step-up']]) {
  await p.goto(url+path); await shot(n+'-390')
  await p.setViewportSize({width:1280,height:800}); await shot(n+'-1280'); await p.setViewportSize({width:390,height:844})
}
await p.goto(url+'/portal/settings/security?lang=ja-easy'); await shot('security-easy-390')
await p.goto(url+'/portal/settings/security?lang=en'); await p.setViewportSize({width:320,height:640}); await shot('security-en-320')
await b.close()
