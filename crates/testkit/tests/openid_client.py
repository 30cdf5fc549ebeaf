"""A whole sign-in by Authlib, a client nobody here wrote. Prints its public key, reads the issuer, prints what it found."""

import json
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt

CLIENT, BACK = "mihon-portal", "https://portal.mihon.example/sign-in/back"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


key = jwk.ECKey.generate_key("P-256", {"kid": "theirs"})
print(json.dumps(key.as_dict(private=False)), flush=True)
issuer = sys.stdin.readline().strip()
base = issuer + "/protocol/openid-connect/"
state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
query = {
    "response_type": "code", "client_id": CLIENT, "redirect_uri": BACK, "state": state, "nonce": nonce,
    "scope": "openid name address birthdate gender", "acr_values": "aal3", "person": "0",
    "code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256",
}
try:
    urllib.request.build_opener(NoRedirect).open(base + "auth?" + urllib.parse.urlencode(query))
    sys.exit("no redirect")
except urllib.error.HTTPError as redirect:
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(redirect.headers["location"]).query))
assert back["state"] == state and back["iss"] == issuer

form = {
    "grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK, "code_verifier": verifier,
    "client_id": CLIENT, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": private_key_jwt_sign(
        key, CLIENT, base + "token", alg="ES256", header={"kid": "theirs"}, expires_in=60),
}
tokens = json.load(urllib.request.urlopen(base + "token", urllib.parse.urlencode(form).encode()))
published = json.load(urllib.request.urlopen(base + "certs"))
keys = jwk.KeySet.import_key_set({"keys": [one for one in published["keys"] if one["kty"] == "EC"]})
token = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"])
claims = CodeIDToken(
    token.claims, token.header,
    {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": CLIENT}},
    {"nonce": nonce, "client_id": CLIENT, "access_token": tokens["access_token"]})
claims.validate(now=int(time.time()), leeway=5)
asked = urllib.request.Request(base + "userinfo", headers={"authorization": "Bearer " + tokens["access_token"]})
person = json.load(urllib.request.urlopen(asked))
assert person["sub"] == claims["sub"]
print("accepted", claims["sub"], claims["acr"], person["name"], flush=True)
