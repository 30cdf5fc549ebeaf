"""Authlib as an app: pushed request, consent of a made-up resident, tokens, data, refresh.

Reads an order (JSON) from its input, says what came out as JSON. Authlib has neither PAR nor DPoP as a client: the pushed
request goes through its client authentication, and proofs are made with joserfc.
"""

import hashlib
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64decode, urlsafe_b64encode
from html import unescape

from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.hazmat.primitives.serialization import load_der_private_key
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet

ORDER = json.loads(sys.stdin.read())
BACK = ORDER["redirect_uri"]


class Answer:
    """As much of an answer as Authlib looks at."""

    def __init__(self, status, headers, body):
        self.status_code, self.headers, self.text = status, headers, body.decode()

    def json(self):
        return json.loads(self.text)

    def raise_for_status(self):
        if self.status_code >= 400:
            raise RuntimeError(f"{self.status_code}: {self.text}")


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Stay)


def send(method, url, headers=None, data=None):
    if isinstance(data, (dict, list)):
        data = urllib.parse.urlencode(data)
    if isinstance(data, str):
        data = data.encode()
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with OPENER.open(request) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        return Answer(answer.code, answer.headers, answer.read())


class Session:
    """Sends what Authlib made, with a proof of our key; once more when a nonce is wanted."""

    def __init__(self):
        self.key, self.nonce, self.auth = ECKey.generate_key("P-256"), None, None

    def proof(self, method, url, token=None):
        claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url.split("?")[0], "iat": int(time.time())}
        if self.nonce:
            claims["nonce"] = self.nonce
        if token:
            claims["ath"] = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.as_dict(private=False)}
        return jws.serialize_compact(header, json.dumps(claims), self.key)

    def ask(self, make):
        """`make` gives method, address, headers and body anew, so that assertions are new too."""
        for _ in range(2):
            method, url, headers, body, token = make()
            headers = dict(headers) | {"DPoP": self.proof(method, url, token)}
            answer = send(method, url, headers, body)
            self.nonce = answer.headers.get("DPoP-Nonce") or self.nonce
            if "use_dpop_nonce" not in answer.text + (answer.headers.get("WWW-Authenticate") or ""):
                break
        return answer


def converse(issuer):
    metadata = send("GET", f"{issuer}/.well-known/openid-configuration").json()
    key = ECKey.import_key(load_der_private_key(b64decode(ORDER["key"]), None))
    http = Session()
    app = OAuth2Client(
        http, client_id=ORDER["client_id"], client_secret=key, token_endpoint_auth_method="private_key_jwt",
        redirect_uri=BACK, scope="openid offline_access basics", code_challenge_method="S256",
    )
    # FAPI 2.0: the audience is the issuer, whichever endpoint is asked.
    app.register_client_auth_method(PrivateKeyJWT(issuer, headers={"kid": ORDER["kid"]}, alg="ES256"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def authenticated(url, fields):
        def make():
            _, headers, body = app.client_auth("private_key_jwt").prepare("POST", url, dict(form), urllib.parse.urlencode(fields))
            return "POST", url, headers, body, None
        return http.ask(make)

    verifier = secrets.token_urlsafe(48)
    asked, state = app.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce="n1", prompt="consent")
    pushed = authenticated(metadata["pushed_authorization_request_endpoint"], urllib.parse.parse_qsl(asked.split("?", 1)[1])).json()
    query = urllib.parse.urlencode({"client_id": ORDER["client_id"], "request_uri": pushed["request_uri"]})
    back = agree(f"{metadata['authorization_endpoint']}?{query}")
    answered = dict(urllib.parse.parse_qsl(back.split("?", 1)[1]))
    assert (answered["state"], answered["iss"]) == (state, issuer), answered
    tokens = authenticated(metadata["token_endpoint"], {
        "grant_type": "authorization_code", "code": answered["code"], "redirect_uri": BACK, "code_verifier": verifier,
    }).json()
    keys = KeySet.import_key_set(send("GET", metadata["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (issuer, ORDER["client_id"], "n1"), claims

    def fetch(url, token):
        return http.ask(lambda: ("GET", url, {"Authorization": f"DPoP {token}"}, None, token))

    info = fetch(metadata["userinfo_endpoint"], tokens["access_token"]).json()
    again = authenticated(metadata["token_endpoint"], {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}).json()
    reused = authenticated(metadata["token_endpoint"], {
        "grant_type": "authorization_code", "code": answered["code"], "redirect_uri": BACK, "code_verifier": verifier,
    }).json()
    return {
        "type": tokens["token_type"],
        "scope": tokens["scope"],
        "same_person": info["sub"] == claims["sub"],
        "new_access_token": again["access_token"] != tokens["access_token"],
        "reused_code": reused["error"],
    }


def agree(url):
    """A person who agrees: the first form of each page, as it stands."""
    cookies, data = {}, None
    for _ in range(20):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Accept": "text/html"}
        answer = send("POST" if data is not None else "GET", url, headers, data)
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            cookies[name] = value
        data, location = None, answer.headers.get("Location")
        if location:
            url = urllib.parse.urljoin(url, location)
            if url.startswith(BACK):
                return url
            continue
        found = re.search(r'<form\b[^>]*method="post"[^>]*>.*?</form>', answer.text, re.S | re.I)
        assert found, f"{answer.status_code}: no form"
        form = found.group(0)
        attribute = lambda tag, name: (lambda m: unescape(m.group(1)) if m else None)(re.search(rf'\b{name}="([^"]*)"', tag))
        fields = []
        for tag in re.findall(r"<input\b[^>]*>", form):
            name, kind = attribute(tag, "name"), attribute(tag, "type") or "text"
            if not name or (kind in ("radio", "checkbox") and not re.search(r"\bchecked\b", tag)):
                continue
            fields.append((name, attribute(tag, "value") or ("somebody" if kind in ("text", "password") else "")))
        if "name=\"decision\"" in form:
            fields.append(("decision", "allow"))
        url, data = urllib.parse.urljoin(url, attribute(form.split(">")[0], "action")), fields
    raise RuntimeError("the browser went in circles")


assert create_s256_code_challenge("a") != "a"
print(json.dumps({"reference": converse(ORDER["reference"]), "ours": converse(ORDER["issuer"])}))
