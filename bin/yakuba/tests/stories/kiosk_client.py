"""A machine that was written against docs/kiosk-protocol.md alone: signatures by `http-message-signatures`, keys by
`cryptography`, HTTP by the standard library. Reads its order as JSON, says how it went as JSON."""

import base64
import datetime
import hashlib
import http.client
import json
import secrets
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

order = json.load(sys.stdin)
if order["algorithm"] == "ed25519":
    key, algorithm = ed25519.Ed25519PrivateKey.generate(), algorithms.ED25519
else:
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), algorithms.ECDSA_P256_SHA256
info = key.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
key_id = base64.urlsafe_b64encode(hashlib.sha256(info).digest()).rstrip(b"=").decode()
signer = HTTPMessageSigner(
    signature_algorithm=algorithm, key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key})
)


class Message:
    def __init__(self, method, url, headers):
        self.method, self.url, self.headers = method, url, headers


def ask(method, path, message=None, session=None):
    path = "/kiosk-api/v1" + path
    headers = {"Host": order["address"], "Accept-Language": "en"}
    body = None if message is None else json.dumps(message).encode()
    covered = ["@method", "@authority", "@path"]
    if session:
        headers["Kiosk-Session"] = session
        covered.append("kiosk-session")
    if body is not None:
        headers["Content-Type"] = "application/json"
        covered.append("content-type")
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = Message(method, f"http://{order['address']}{path}", headers)
    signer.sign(
        signed,
        key_id=key_id,
        created=now,
        expires=now + datetime.timedelta(seconds=60),
        nonce=secrets.token_urlsafe(18),
        tag="yakuba-kiosk-v1",
        covered_component_ids=tuple(covered),
        **({} if body is None else {"body": body}),
    )
    connection = http.client.HTTPConnection(order["address"], timeout=60)
    connection.request(method, path, body=body, headers=dict(signed.headers))
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        sys.exit(f"{method} {path}: {answer.status} {content.decode()}")
    return answer, content


def tell(path, message, session=None):
    return json.loads(ask("POST", path, message, session)[1])


tell("/enrol", {"token": order["token"], "public_key": base64.b64encode(info).decode()})
offers = json.loads(ask("GET", "/offers")[1])
challenge = tell("/challenges", {})
card = serialization.load_der_private_key(base64.b64decode(order["card_key"]), None)
signature = card.sign(base64.b64decode(challenge["sign"]), padding.PKCS1v15(), hashes.SHA256())
session = tell(
    "/sessions",
    {
        "challenge": challenge["challenge"],
        "certificate": order["certificate"],
        "signature": base64.b64encode(signature).decode(),
    },
)["session"]
kind, members = offers["kinds"][0]["kind"], "household"
if "family_kind" in order:
    # Somebody else of the applicant's family register, by the position in the list of this session.
    kind = order["family_kind"]
    assert kind in [offer["kind"] for offer in offers["kinds"]]
    listed = tell("/session/family", {"kind": kind}, session)["members"]
    members = [next(one["position"] for one in listed if not one["is_applicant"])]
request = tell("/requests", {"kind": kind, "members": members}, session)["request"]
tell(f"/requests/{request}/payment-started", {})
tell(f"/requests/{request}/payment-settled", {"kept": True})
token = tell(f"/requests/{request}/prepare", {}, session)["token"]
answer, document = ask("POST", f"/requests/{request}/fetch", {"token": token}, session)
digest = "sha-256=:" + base64.b64encode(hashlib.sha256(document).digest()).decode() + ":"
assert answer.headers["Content-Digest"] == digest and answer.headers["Kiosk-Request"] == request
pages = int(answer.headers["Kiosk-Pages"].rsplit("/", 1)[1])
printed = tell(f"/requests/{request}/printed", {"sheets": pages})
json.dump({"state": printed["state"], "request": request, "pages": pages, "algorithm": algorithm.algorithm_id}, sys.stdout)
