// A city of its own for a story that must be its first administrator. Start it before any other helper is loaded: they read
// its address once.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Starts a demo city; `stop()` ends it and removes its data. */
export async function ownCity (residents = 60) {
  const place = await mkdtemp(join(tmpdir(), 'yakuba-own-'))
  const data = join(place, 'city')
  const child = spawn(process.env.YAKUBA ?? 'yakuba', ['demo', '--port', '0', '--residents', String(residents), '--data', data],
    { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await new Promise((resolve, reject) => {
    let says = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      says += text
      const line = /^ready (http:\/\/\S+)$/m.exec(says)
      if (line) setTimeout(() => resolve({ address: line[1], says }), 300)
    })
    child.on('exit', (code) => reject(new Error(`the city ended with ${code}: ${says}`)))
  })
  Object.assign(process.env, { YAKUBA_URL: said.address, YAKUBA_SAYS: said.says, YAKUBA_DATA: data })
  return {
    async stop () {
      child.removeAllListeners('exit')
      const gone = new Promise((resolve) => child.on('exit', resolve))
      child.kill('SIGTERM')
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000))])
      child.kill('SIGKILL')
      await rm(place, { recursive: true, force: true })
    }
  }
}
