// What the test gives a client: who we are, where, and with which key.

import { readFileSync } from 'node:fs'
import { webcrypto } from 'node:crypto'

const P256 = { name: 'ECDSA', namedCurve: 'P-256' }

/** { issuer, client_id, redirect_uri, kid, key (CryptoKey), jwk (public) } */
export async function order () {
  const told = JSON.parse(readFileSync(0, 'utf8'))
  const key = await webcrypto.subtle.importKey('pkcs8', Buffer.from(told.key, 'base64'), P256, true, ['sign'])
  const { d, key_ops: _, ext: __, ...jwk } = await webcrypto.subtle.exportKey('jwk', key)
  return { ...told, key, jwk: { ...jwk, kid: told.kid, use: 'sig', alg: 'ES256' } }
}
