// Starts a small demo city, runs the stories (or the looks) against it with Node's own runner, and stops it.
//
//   yakuba demo --port 0 ──"ready http://…"──► YAKUBA_URL, YAKUBA_SAYS ──► node --test <folder>/
//
// YAKUBA names the program (cargo xtask test sets it). Everything lives in a directory that is removed afterwards.

import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = process.argv[2] ?? 'stories'
const program = process.env.YAKUBA ?? join(here, '../target/debug/yakuba')
const RESIDENTS = 300
const READY_WITHIN_MS = 180_000

/** Starts the city; resolves with its address and everything it printed until then. */
function start (data) {
  const city = spawn(program, ['demo', '--port', '0', '--residents', String(RESIDENTS), '--seed', '1', '--data', data],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: data })
  const ready = new Promise((resolve, reject) => {
    let says = ''
    const late = setTimeout(() => reject(new Error(`the city was not ready in time; it said:\n${says}`)), READY_WITHIN_MS)
    city.stdout.setEncoding('utf8')
    city.stdout.on('data', (text) => {
      says += text
      const line = /^ready (http:\/\/\S+)$/m.exec(says)
      // What is printed below the address (cards, script, token) may come a moment later.
      if (line) setTimeout(() => { clearTimeout(late); resolve({ url: line[1], says }) }, 300)
    })
    city.on('exit', (code) => reject(new Error(`the city ended with ${code}; it said:\n${says}`)))
    city.on('error', reject)
  })
  return { city, ready }
}

const data = await mkdtemp(join(tmpdir(), 'yakuba-e2e-'))
const { city, ready } = start(data)
let code = 1
try {
  const { url, says } = await ready
  const files = (await readdir(join(here, folder))).filter((name) => name.startsWith("portal-sign")).sort()
  const runner = spawn(process.execPath,
    ['--test', '--test-reporter=spec', '--test-concurrency=1', ...files.map((name) => join(folder, name))],
    { cwd: here, stdio: 'inherit', env: { ...process.env, YAKUBA_URL: url, YAKUBA_SAYS: says, YAKUBA_DATA: data, YAKUBA: program } })
  code = await new Promise((resolve) => runner.on('exit', (code) => resolve(code ?? 1)))
} catch (error) {
  console.error(`e2e: ${error.message}`)
} finally {
  city.removeAllListeners('exit')
  city.kill('SIGTERM')
  await Promise.race([new Promise((resolve) => city.on('exit', resolve)), new Promise((resolve) => setTimeout(resolve, 5000))])
  city.kill('SIGKILL')
  await rm(data, { recursive: true, force: true })
}
process.exit(code)
