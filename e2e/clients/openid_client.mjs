// openid-client (a certified relying party, FAPI 2 included): one conversation, held with the reference first, then with
// ours. Says what came out, for the test to judge.

import * as client from 'openid-client'
import { agree } from './browse.mjs'
import { order } from './order.mjs'
import { reference } from './reference.mjs'

async function converse ({ client_id, redirect_uri, key, kid }, issuer) {
  const config = await client.discovery(new URL(issuer), client_id, { id_token_signed_response_alg: 'ES256' },
    client.PrivateKeyJwt({ key, kid }), { execute: [client.allowInsecureRequests] })
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
  const address = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri,
    scope: 'openid offline_access basics',
    prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce
  }, { DPoP })
  const back = await agree(address, redirect_uri)
  const tokens = await client.authorizationCodeGrant(config, back,
    { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, { DPoP })
  const claims = tokens.claims()
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP })
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
  await client.tokenRevocation(config, tokens.refresh_token)
  const ended = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }).catch((error) => error.error)
  return {
    said: {
      type: tokens.token_type,
      scope: tokens.scope,
      same_person: info.sub === claims.sub,
      new_access_token: again.access_token !== tokens.access_token,
      ended
    },
    data: async (path) => {
      const answer = await client.fetchProtectedResource(config, again.access_token ?? '', new URL(issuer + path), 'GET', undefined, undefined, { DPoP })
        .catch((error) => error.cause?.[0]?.parameters?.error ?? error.message)
      return answer instanceof Response ? answer.json().catch(() => `status ${answer.status}`) : answer
    }
  }
}

const told = await order()
const proved = await reference(told)
const theirs = await converse(told, proved.issuer)
proved.stop()
const ours = await converse(told, told.issuer)
console.log(JSON.stringify({ reference: theirs.said, ours: ours.said, after_end: await ours.data('/api/v1/me/basics') }))
process.exit(0)
