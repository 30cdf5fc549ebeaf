// oauth4webapi (a certified client, FAPI 2 included): what must be refused, by the names of the FAPI 2.0 plan. Each is held
// with the reference first, which proves the test, then with ours; the test compares the two.

import * as oauth from 'oauth4webapi'
import { agree } from './browse.mjs'
import { order } from './order.mjs'
import { reference } from './reference.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }

class App {
  constructor (told, as) {
    this.told = told
    this.as = as
    this.client = { client_id: told.client_id }
    this.verifier = oauth.generateRandomCodeVerifier()
  }

  static async at (told, issuer) {
    const url = new URL(issuer)
    const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))
    const app = new App(told, as)
    app.keys = await oauth.generateKeyPair('ES256', { extractable: true })
    app.DPoP = oauth.DPoP(app.client, app.keys)
    return app
  }

  auth (bend = () => {}) {
    const { key, kid } = this.told
    return oauth.PrivateKeyJwt({ key, kid }, { [oauth.modifyAssertion]: (header, claims) => bend(claims, header) })
  }

  /** Asks, once more when a nonce is wanted. */
  async ask (send, read) {
    try {
      return await read(await send())
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error
      return read(await send())
    }
  }

  async push (fields = {}, auth = this.auth()) {
    const all = new URLSearchParams({
      client_id: this.told.client_id,
      response_type: 'code',
      redirect_uri: this.told.redirect_uri,
      scope: 'openid offline_access basics',
      prompt: 'consent',
      state: 's1',
      nonce: 'n1',
      code_challenge: await oauth.calculatePKCECodeChallenge(this.verifier),
      code_challenge_method: 'S256',
      ...fields
    })
    for (const name of Object.keys(fields)) if (fields[name] === undefined) all.delete(name)
    return this.ask(
      () => oauth.pushedAuthorizationRequest(this.as, this.client, auth, all, { ...insecure, DPoP: this.DPoP }),
      (answer) => oauth.processPushedAuthorizationResponse(this.as, this.client, answer))
  }

  async address () {
    const { request_uri } = await this.push()
    const address = new URL(this.as.authorization_endpoint)
    address.searchParams.set('client_id', this.told.client_id)
    address.searchParams.set('request_uri', request_uri)
    return address
  }

  async code () {
    const back = await agree(await this.address(), this.told.redirect_uri)
    return oauth.validateAuthResponse(this.as, this.client, back, 's1')
  }

  exchange (code, { verifier = this.verifier, redirect = this.told.redirect_uri, auth = this.auth(), DPoP = this.DPoP } = {}) {
    return this.ask(
      () => oauth.authorizationCodeGrantRequest(this.as, this.client, auth, code, redirect, verifier, { ...insecure, DPoP }),
      (answer) => oauth.processAuthorizationCodeResponse(this.as, this.client, answer, { expectedNonce: 'n1', requireIdToken: true }))
  }
}

/** The error a request was refused with. */
async function refused (asked) {
  try {
    await asked
  } catch (error) {
    return error.error ?? error.cause?.[0]?.parameters?.error ?? error.message
  }
  return 'taken'
}

/** A request made by hand, where no honest library would make it. */
async function byHand (app, fields) {
  const answer = await fetch(app.as.pushed_authorization_request_endpoint, { method: 'POST', body: new URLSearchParams(fields) })
  return (await answer.json()).error
}

const LIST = {
  'attempt-reuse-authorization-code': async (app) => {
    const code = await app.code()
    await app.exchange(code)
    return refused(app.exchange(code))
  },
  'incorrect-pkce-code-verifier-rejected': async (app) =>
    refused(app.exchange(await app.code(), { verifier: oauth.generateRandomCodeVerifier() })),
  'ensure-request-without-code-challenge-fails': (app) =>
    refused(app.push({ code_challenge: undefined, code_challenge_method: undefined })),
  'ensure-pkce-method-plain-is-rejected': (app) => refused(app.push({ code_challenge_method: 'plain' })),
  'ensure-redirect-uri-in-token-request-is-the-pushed-one': async (app) =>
    refused(app.exchange(await app.code(), { redirect: `${app.told.redirect_uri}/other` })),
  'par-attempt-invalid-redirect-uri': async (app) =>
    // The RFC leaves the code to the provider: an error of PAR is what counts.
    ['invalid_request', 'invalid_redirect_uri'].includes(await refused(app.push({ redirect_uri: 'https://evil.example/' }))),
  'par-attempt-invalid-http-method': async (app) => (await fetch(app.as.pushed_authorization_request_endpoint)).status >= 400,
  'ensure-response-type-token-fails': (app) => refused(app.push({ response_type: 'token' }))
    .then((error) => ['unsupported_response_type', 'unauthorized_client', 'invalid_request'].includes(error)),
  'client-assertion-with-wrong-aud-rejected': (app) =>
    refused(app.push({}, app.auth((claims) => { claims.aud = 'https://other.example' }))),
  'client-assertion-with-expired-exp-rejected': (app) =>
    refused(app.push({}, app.auth((claims) => { claims.exp = Math.floor(Date.now() / 1000) - 300 }))),
  'client-assertion-with-wrong-iss-rejected': (app) =>
    refused(app.push({}, app.auth((claims) => { claims.iss = 'other' }))),
  'client-assertion-is-used-once': async (app) => {
    const auth = app.auth((claims) => { claims.jti = 'the-same' })
    await refused(app.push({}, auth))
    return refused(app.push({}, auth))
  },
  'client-assertion-with-alg-none-rejected': async (app) => {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const { client_id } = app.told
    const claims = { iss: client_id, sub: client_id, aud: app.as.issuer, jti: 'x', iat: now, exp: now + 60 }
    return byHand(app, {
      client_id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: `${part({ alg: 'none' })}.${part(claims)}.`
    })
  },
  'ensure-client-without-authentication-fails': (app) => byHand(app, { client_id: app.told.client_id, response_type: 'code' }),
  'par-attempt-reuse-request-uri': async (app) => {
    const address = await app.address()
    await agree(address, app.told.redirect_uri)
    // A page, or a word to the app; never a second code.
    const again = await agree(address, app.told.redirect_uri).catch(() => undefined)
    return !again?.searchParams.has('code')
  },
  'ensure-unsigned-authorization-request-without-using-par-fails': async (app) => {
    const address = new URL(app.as.authorization_endpoint)
    for (const [name, value] of Object.entries({ client_id: app.told.client_id, response_type: 'code', redirect_uri: app.told.redirect_uri, scope: 'openid' })) {
      address.searchParams.set(name, value)
    }
    const answer = await fetch(address, { redirect: 'manual' })
    // A page, or a word to the app; never a question to the person.
    return answer.status >= 400 || /error=invalid_request/.test(answer.headers.get('location'))
  },
  'ensure-dpop-auth-code-binding': async (app) => {
    const code = await app.code()
    const other = oauth.DPoP(app.client, await oauth.generateKeyPair('ES256'))
    return refused(app.exchange(code, { DPoP: other }))
  },
  'access-token-is-sender-constrained': async (app) => {
    const { access_token } = await app.exchange(await app.code())
    const bearer = await fetch(app.as.userinfo_endpoint, { headers: { authorization: `Bearer ${access_token}` } })
    return bearer.status
  }
}

const told = await order()
const proved = await reference(told)
const found = {}
for (const [name, held] of Object.entries(LIST)) {
  found[name] = []
  for (const issuer of [proved.issuer, told.issuer]) {
    found[name].push(await held(await App.at(told, issuer)).catch((error) => `${error.message} ${JSON.stringify(error.cause ?? '')}`))
  }
}
console.log(JSON.stringify(found))
process.exit(0)
