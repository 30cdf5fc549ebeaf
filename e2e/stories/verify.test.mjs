// Whoever holds a paper checks it: with a phone's camera (the code behind the #), by pasting, without script, by file.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fit, launch, person } from '../lib/browser.mjs'
import { languages, sizes, url } from '../lib/city.mjs'
import { takePaper } from '../lib/kiosk.mjs'
import { codes, keep } from '../lib/paper.mjs'

let browser, path, code, name
const behind = () => code.slice(code.indexOf('#'))
const verdict = (page) => page.locator('#result .alert h2').first()

before(async () => {
  browser = await launch()
  const page = await person(browser, sizes.kiosk)
  path = keep(await takePaper(page, 'ja'))
  code = codes(path)[0]
})
after(() => browser.close())

/** The relay may need a moment to tell the outside that the paper is valid. */
async function untilTold (ask) {
  for (let tries = 0; ; tries++) {
    const said = await ask()
    if (!/わかりません/.test(said) || tries === 20) return said
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

describe('a phone that reads the code', () => {
  for (const language of languages) {
    test(`shows what the paper says (${language})`, async () => {
      const page = await person(browser, sizes.phone)
      const sent = []
      page.on('request', (request) => sent.push(request.url() + (request.postData() ?? '')))
      await page.goto(`${url}/verify?lang=${language}${behind()}`)
      await verdict(page).waitFor()
      if (language === 'ja') {
        const said = await untilTold(async () => {
          await page.goto('about:blank')
          await page.goto(`${url}/verify?lang=${language}${behind()}`)
          await verdict(page).waitFor()
          return verdict(page).innerText()
        })
        assert.equal(said, '有効です')
      }
      const facts = await page.locator('#result .facts').innerText()
      assert.match(facts, /1\/1/)
      name = await page.locator('#result .facts dd[lang=ja]').nth(1).innerText()
      assert.ok(name.length > 1)
      await fit(page, `checked code in ${language}`)
      assert.equal(new URL(page.url()).hash, '', 'the code does not stay in the history')
      const part = behind().slice(20, 60)
      assert.ok(sent.every((text) => !text.includes(part)), 'the code was sent somewhere')
    })
  }

  test('confirms what is typed from the paper, and says no to anything else', async () => {
    const page = await person(browser, sizes.phone)
    await page.goto(`${url}/verify?lang=ja${behind()}`)
    await verdict(page).waitFor()
    const sex = page.locator('#item option', { hasText: '性別' }).first()
    await page.locator('#item').selectOption(await sex.getAttribute('value'))
    const answers = []
    for (const typed of ['男', '女', '犬']) {
      await page.locator('#value').fill(typed)
      await page.locator('#result form button').click()
      await page.locator(`#confirmation .alert`).waitFor()
      await page.waitForTimeout(200)
      answers.push(await page.locator('#confirmation .alert').innerText())
    }
    assert.equal(answers.filter((said) => /一致します/.test(said)).length, 1, answers.join())
    assert.match(answers[2], /一致しません/)
    await fit(page, 'confirmed item')
  })

  test('sees an altered code', async () => {
    const page = await person(browser, sizes.phone)
    const letters = behind().split('')
    letters[150] = letters[150] === 'A' ? 'B' : 'A'
    await page.goto(`${url}/verify?lang=ja${letters.join('')}`)
    await verdict(page).waitFor()
    assert.equal(await verdict(page).innerText(), '改ざんされています')
    await page.goto('about:blank')
    await page.goto(`${url}/verify?lang=ja#HELLO`)
    await verdict(page).waitFor()
    assert.equal(await verdict(page).innerText(), 'コードを読み取れませんでした')
  })
})

test('a pasted code is checked without a camera', async () => {
  const page = await person(browser, sizes.narrow)
  await page.goto(`${url}/verify?lang=ja`)
  await page.locator('#code').fill(`\n ${code} \n`)
  await page.locator('#code-form button').click()
  await verdict(page).waitFor()
  assert.match(await verdict(page).innerText(), /有効です|わかりません/)
  await fit(page, 'pasted code')
})

test('without script the same answer comes from the server', async () => {
  const page = await person(browser, sizes.phone, { javaScriptEnabled: false })
  await page.goto(`${url}/verify?lang=ja`)
  await page.locator('#code').fill(code)
  await page.locator('#code-form button').click()
  assert.match(await verdict(page).innerText(), /有効です|わかりません/)
  assert.ok((await page.locator('#result .facts').innerText()).includes(name))
  assert.equal(new URL(page.url()).pathname, '/verify/code')
  assert.equal(new URL(page.url()).search, '', 'nothing of the code is in the address')
})

test('the file itself is checked', async () => {
  const page = await person(browser, sizes.desk)
  await page.goto(`${url}/verify?lang=ja`)
  await page.locator('#document').setInputFiles(path)
  await page.locator('form[action="/verify/document"] button').click()
  await verdict(page).waitFor()
  assert.match(await verdict(page).innerText(), /有効です|わかりません/)
  await fit(page, 'checked file')
})
