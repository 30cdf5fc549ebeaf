// The books of the city under test, changed beside it: what no browser can bring about within a test.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { data } from './city.mjs'

const script = fileURLToPath(new URL('yesterday.py', import.meta.url))

/** Papers of yesterday and money that machines left open. Needs one paper that was printed. */
export function yesterdayAndOpenMoney () {
  execFileSync('python3', [script, join(data, 'inside', 'inside.sqlite3')], { stdio: 'inherit' })
}

/** Yesterday in Japan, as pages name days in addresses. */
export const yesterday = () => new Date(Date.now() + 9 * 3600_000 - 86_400_000).toISOString().slice(0, 10)
