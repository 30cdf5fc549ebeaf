// Runs the page's own check of a line of "who looked" (crates/web/assets/looked.js) outside a browser, with Node's WebCrypto.
//
//   node looked.mjs PROOF.json KEY  ─► good | half | bad
import { readFileSync } from 'node:fs'

const [proof, key] = process.argv.slice(2)
const status = { textContent: '' }
const place = {
  hidden: true,
  dataset: {
    words: JSON.stringify({ running: 'running', good: 'good', half: 'half', bad: 'bad' }),
    proof: readFileSync(proof, 'utf8'),
    keys: JSON.stringify([key])
  },
  querySelector: () => status
}
globalThis.document = { getElementById: () => place }
await import('../../crates/web/assets/looked.js')
while (status.textContent === 'running') await new Promise((resolve) => setTimeout(resolve, 5))
console.log(status.textContent)
