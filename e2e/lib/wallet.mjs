// A wallet and a checker that nobody here wrote: OpenID4VCI by @openid4vc, SD-JWT VC by @sd-jwt. What stands here is only
// what such libraries ask of whoever uses them: keys, randomness, hashes, and which certificates to trust.

import { Openid4vciClient, setGlobalConfig } from '@openid4vc/openid4vci'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { digest, ES256, generateSalt } from '@sd-jwt/crypto-nodejs'
import { createHash, randomBytes, X509Certificate } from 'node:crypto'

// The demo listens on this computer without TLS.
setGlobalConfig({ allowInsecureUrls: true })

const base64url = (value) => Buffer.from(value).toString('base64url')

export class Wallet {
  /** A wallet with a fresh key. */
  static async make () {
    const wallet = new Wallet()
    wallet.keys = await ES256.generateKeyPair()
    wallet.client = new Openid4vciClient({
      callbacks: {
        fetch,
        hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
        generateRandom: (length) => randomBytes(length),
        clientAuthentication: () => {},
        signJwt: async (signer, { header, payload }) => {
          const part = (value) => base64url(JSON.stringify(value))
          const text = `${part(header)}.${part(payload)}`
          return { jwt: `${text}.${await wallet.sign(text)}`, signerJwk: wallet.publicKey }
        }
      }
    })
    return wallet
  }

  get publicKey () {
    const { kty, crv, x, y } = this.keys.publicKey
    return { kty, crv, x, y }
  }

  async sign (text) { return (await ES256.getSigner(this.keys.privateKey))(text) }

  /** Reads what the square says and learns of the issuer. */
  async scan (square) {
    this.offer = await this.client.resolveCredentialOffer(square)
    this.issuer = await this.client.resolveIssuerMetadata(this.offer.credential_issuer)
    this.kind = this.offer.credential_configuration_ids[0]
  }

  /** Gives the code and the digits for a token. */
  async unlock (digits) {
    const { accessTokenResponse } = await this.client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: this.offer, issuerMetadata: this.issuer, txCode: digits
    })
    this.token = accessTokenResponse.access_token
  }

  /** A proof of this wallet's key over a fresh nonce. */
  async proof () {
    const { c_nonce: nonce } = await this.client.requestNonce({ issuerMetadata: this.issuer })
    const { jwt } = await this.client.createCredentialRequestJwtProof({
      issuerMetadata: this.issuer,
      credentialConfigurationId: this.kind,
      nonce,
      signer: { method: 'jwk', alg: 'ES256', publicJwk: this.publicKey }
    })
    return jwt
  }

  /** Collects the copy. */
  async collect (proof) {
    const { credentialResponse } = await this.client.retrieveCredentials({
      issuerMetadata: this.issuer,
      accessToken: this.token,
      credentialConfigurationId: this.kind,
      proofs: { jwt: [proof ?? await this.proof()] }
    })
    this.copy = credentialResponse.credentials[0].credential
    return this.copy
  }

  /** Shows the claims of `frame` and no others to whoever asked with `nonce`. */
  async show (frame, audience, nonce) {
    const holder = new SDJwtVcInstance({
      hasher: digest,
      hashAlg: 'sha-256',
      saltGenerator: generateSalt,
      kbSigner: (text) => this.sign(text),
      kbSignAlg: 'ES256'
    })
    return holder.present(this.copy, frame, { kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: audience, nonce } } })
  }
}

/** The key of a token, from the certificate it carries, if the city's authority made that certificate. */
function keyOf (text, authority) {
  const header = JSON.parse(Buffer.from(text.split('.')[0], 'base64url'))
  const certificate = new X509Certificate(Buffer.from(header.x5c[0], 'base64'))
  if (!certificate.verify(authority.publicKey)) throw new Error('the certificate is not of the city')
  return certificate.publicKey.export({ format: 'jwk' })
}

/** Whoever is shown a copy: trusts the authority `der` and nothing else. */
export class Checker {
  constructor (der) {
    this.authority = new X509Certificate(der)
    this.lists = []
  }

  /** The claims that were shown, if signature, disclosures, holder and status are good. */
  async check (presentation, nonce) {
    const verify = async (data, signature, jwk) => (await ES256.getVerifier(jwk))(data, signature)
    const key = keyOf(presentation, this.authority)
    const checker = new SDJwtVcInstance({
      hasher: digest,
      hashAlg: 'sha-256',
      verifier: (data, signature) => verify(data, signature, key),
      kbVerifier: (data, signature, payload) => verify(data, signature, payload.cnf.jwk),
      statusVerifier: async (data, signature) => verify(data, signature, keyOf(data, this.authority)),
      statusListFetcher: async (uri) => {
        this.lists.push(uri)
        const answer = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } })
        if (!answer.headers.get('content-type').startsWith('application/statuslist+jwt')) throw new Error('not a status list')
        return answer.text()
      },
      statusValidator: async (status) => { if (status !== 0) throw new Error('the paper was withdrawn') }
    })
    const { payload } = await checker.verify(presentation, { keyBindingNonce: nonce })
    return payload
  }
}

/** The hash of everything a certificate says, from the claims of a copy of which everything was shown. */
export function hashOf (claims) {
  const fields = []
  const walk = (value, place) => {
    if (typeof value === 'string') return fields.push([place, value])
    for (const [name, inner] of Object.entries(value)) walk(inner, place ? `${place}.${name}` : name)
  }
  const ours = Object.fromEntries(Object.entries(claims).filter(([name]) =>
    !['iss', 'vct', 'iat', 'exp', 'cnf', 'status', 'certificate_hash', 'certificate_kind', '_sd_alg'].includes(name)))
  walk(ours, '')
  fields.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  const hash = createHash('sha256')
  const part = (bytes) => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(bytes.length))
    hash.update(length).update(bytes)
  }
  part(Buffer.from('yakuba certificate fields 1'))
  part(crockford(claims.request))
  for (const [place, value] of fields) { part(Buffer.from(place)); part(Buffer.from(value)) }
  return hash.digest('base64url')
}

/** The sixteen bytes of a request's number as printed. */
export function crockford (text) {
  let value = 0n
  for (const sign of text) value = value << 5n | BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(sign))
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex')
}

/** The hash that a paper's code carries, as Base64url: key 11 at the end of its CBOR map, 32 bytes. */
export function hashInCode (text) {
  const code = text.split('#')[1]
  let bits = ''
  for (const sign of code) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  // The map ends with 0B 58 20 and the hash; the signature's 58 40 and 64 bytes follow.
  const end = bytes.length - 66
  const mark = bytes.subarray(end - 35, end - 32)
  if (mark.toString('hex') !== '0b5820') throw new Error(`no hash in the code: ${mark.toString('hex')}`)
  return bytes.subarray(end - 32, end).toString('base64url')
}

