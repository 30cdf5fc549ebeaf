// Pictures of pages: target/looks/<size>/<language>/<page>.png

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fit } from './browser.mjs'

const folder = process.env.YAKUBA_LOOKS ?? fileURLToPath(new URL('../../target/looks', import.meta.url))

/** Takes a picture of the whole page. */
export async function picture (page, size, language, name) {
  const path = join(folder, size, language, `${name}.png`)
  mkdirSync(dirname(path), { recursive: true })
  await page.screenshot({ path, fullPage: true })
}

/** Pictures of the page as it stands at each of these sizes, with what every page must be. */
export async function look (page, sizes, language, name) {
  for (const [size, screen] of Object.entries(sizes)) {
    await page.setViewportSize(screen)
    await picture(page, size, language, name)
    await fit(page, `${name} in ${language} at ${size} size`)
  }
}
