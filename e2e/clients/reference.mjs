// A certified provider (npm oidc-provider) in the same profile: what a conversation must pass before it is held with ours.
//
//   as a program: reads { client_id, redirect_uri, jwk } from its input's first line, says its issuer, runs until the input ends

import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { generateKeyPairSync } from 'node:crypto'
import { Provider } from 'oidc-provider'

/** Starts it for one client; { issuer, stop }. */
export async function reference ({ client_id, redirect_uri, jwk }) {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${server.address().port}`
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const provider = new Provider(issuer, {
    clients: [{
      client_id,
      redirect_uris: [redirect_uri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: true,
      jwks: { keys: [jwk] }
    }],
    clientAuthMethods: ['private_key_jwt'],
    cookies: { keys: ['of a test'] },
    jwks: { keys: [{ ...signing, kid: 'r1', use: 'sig', alg: 'ES256' }] },
    scopes: ['openid', 'offline_access', 'basics'],
    claims: { openid: ['sub'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: (_, client, code) => code.scopes.has('offline_access'),
    rotateRefreshToken: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true }
    }
  })
  server.on('request', provider.callback())
  return { issuer, stop: () => server.close() }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const lines = createInterface({ input: process.stdin })
  lines.once('line', async (line) => {
    const { issuer } = await reference(JSON.parse(line))
    process.stdout.write(`${JSON.stringify({ issuer })}\n`)
  })
  lines.once('close', () => process.exit(0))
}
