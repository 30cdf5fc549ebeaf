"""Checks the code of a staff ID without a line, written from docs/staff-id.md alone.

Standard input: JSON {"code", "keys" (JWK set), "list" (live.json), "now"}; output: "valid <department>", "not valid" or why not.
"""
import base64
import hashlib
import json
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_ring(jwk_set):
    ring = {}
    for jwk in jwk_set["keys"]:
        x, y = (int.from_bytes(unpadded(jwk[name]), "big") for name in ("x", "y"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        info = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        ring[hashlib.sha256(info).digest()[:8]] = key
    return ring


def opened(token, ring):
    tag = cbor2.loads(token)
    assert tag.tag == 18, "not COSE_Sign1"
    protected, unprotected, payload, signature = tag.value
    header = cbor2.loads(protected)
    assert header == {1: -7, 4: header[4]} and not unprotected, "another header"
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    ring[header[4]].verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    return payload


def check(question):
    ring, now = key_ring(question["keys"]), question["now"]
    text = question["code"].split("#")[-1]
    code = cbor2.loads(opened(base64.b32decode(text + "=" * (-len(text) % 8)), ring))
    assert sorted(code) == [1, 2, 3, 4, 5, 6] and code[1] == "staff-id-1", "another structure"
    wanted = hashlib.sha256(b"yakuba staff id 1\0" + code[3]).hexdigest()
    day = (now + 9 * 3600) // 86400
    parts = [json.loads(opened(unpadded(part), ring)) for part in question["list"]["parts"]]
    assert [part["part"] for part in parts] == list(range(1, parts[0]["parts"] + 1)), "the list is not whole"
    for part in parts:
        assert part["list"] == "live-staff-ids-1" and part["issuer"] == code[2] and now <= part["next"], "another list"
        for entry, department, last in part["live"]:
            if entry == wanted and code[4] <= day <= min(last, code[5]):
                return f"valid {department}"
    return "not valid"


try:
    print(check(json.load(sys.stdin)))
except (AssertionError, InvalidSignature, KeyError) as why:
    print(f"refused {type(why).__name__} {why}")
