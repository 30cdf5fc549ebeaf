#!/usr/bin/env python3
"""Checks a proof from the page "who looked" (docs/who-looked.md), independent of Yakuba's own code.

usage: check-who-looked.py PROOF.json [--key ed25519:BASE64] [--heads FILE]

--key   the city's audit key as it publishes it; without it the key inside the proof is only repeated, not trusted
--heads a heads file kept elsewhere: the proof's head must stand in it
Needs Python 3.9 and the package `cryptography`. Exit code 0: the line stands in the signed audit record, unaltered.
"""
import argparse
import base64
import hashlib
import json
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def field(data):
    return struct.pack(">Q", len(data)) + data


def text(value):
    return field(value.encode())


def maybe(value):
    return struct.pack(">Q", 2**64 - 1) if value is None else text(value)


def number(value):
    return struct.pack(">q", value)


def field_hash(one):
    if "hash" in one:
        return bytes.fromhex(one["hash"])
    salt = bytes.fromhex(one["salt"])
    return sha(text("yakuba disclosure field 1") + field(salt) + text(one["name"]) + maybe(one["value"]))


def root_from(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        raise ValueError("the index lies outside the tree")
    here, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the path is too long")
        if here % 2 == 1 or here == last:
            node = sha(b"\x01", sibling, node)
            while here % 2 == 0 and here != 0:
                here, last = here >> 1, last >> 1
        else:
            node = sha(b"\x01", node, sibling)
        here, last = here >> 1, last >> 1
    if last != 0:
        raise ValueError("the path is too short")
    return node


NAMES = ["id", "kind", "subject", "at", "actor_class", "actor", "terminal", "duty", "note", "items", "visible",
         "told", "told_english", "everyone", "work"]


def check(proof, key=None, heads=None):
    """Returns the opened fields, or raises ValueError with what is wrong."""
    if proof["format"] != "yakuba-looked-proof-1":
        raise ValueError("an unknown format")
    if [one["name"] for one in proof["fields"]] != NAMES:
        raise ValueError("the fields are not those of a disclosure")
    content = text("yakuba disclosure 3") + b"".join(field(field_hash(one)) for one in proof["fields"])
    commitment = sha(text("yakuba audit content 1") + field(bytes.fromhex(proof["salt"])) + field(content))
    entry = proof["entry"]
    if entry["event"] != "disclosure.made":
        raise ValueError("the entry is not a disclosure")
    opened = {one["name"]: one["value"] for one in proof["fields"] if "value" in one}
    if opened.get("at") != str(entry["at"]) or opened.get("actor_class") != entry["actor_class"]:
        raise ValueError("the line and its entry do not agree")
    row = (text("yakuba audit entry 1") + text(entry["chain"]) + number(entry["position"]) + number(entry["at"])
           + text(entry["event"]) + text(entry["actor_class"]) + field(commitment))
    entry_hash = sha(bytes.fromhex(entry["previous"]), row)
    merkle = proof["merkle"]
    root = root_from(sha(b"\x00", entry_hash), merkle["index"], merkle["leaves"],
                     [bytes.fromhex(one) for one in merkle["path"]])
    words = proof["head"].split()
    if len(words) != 9 or words[0] != "yakuba-head-1":
        raise ValueError("the head cannot be read")
    _, zone, count, at, entries, previous, said_root, signer, signature = words
    if bytes.fromhex(said_root) != root:
        raise ValueError("the line does not stand under this head")
    if key is not None and key != proof["key"]:
        raise ValueError("the head is signed with another key than the city's")
    public = base64.b64decode(proof["key"].removeprefix("ed25519:"))
    if sha(public)[:8].hex() != signer:
        raise ValueError("the head names another key")
    signed = (text("yakuba audit head 1") + text(zone) + number(int(count)) + number(int(at)) + number(int(entries))
              + field(bytes.fromhex(previous)) + field(root) + text(signer))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            base64.b64decode(signature), b"yakuba audit head\x00" + signed)
    except InvalidSignature:
        raise ValueError("the head's signature is not the city's") from None
    if heads is not None and proof["head"] not in heads.splitlines():
        raise ValueError("the head does not stand in the heads file")
    return opened


def main():
    parser = argparse.ArgumentParser(description="Checks a proof from the page who looked.")
    parser.add_argument("proof")
    parser.add_argument("--key")
    parser.add_argument("--heads")
    arguments = parser.parse_args()
    try:
        with open(arguments.proof, encoding="utf-8") as file:
            proof = json.load(file)
        heads = None
        if arguments.heads:
            with open(arguments.heads, encoding="utf-8") as file:
                heads = file.read()
        opened = check(proof, arguments.key, heads)
    except (ValueError, KeyError, TypeError) as error:
        print(f"NOT VALID: {error}")
        return 1
    for name, value in opened.items():
        print(f"{name}: {value}")
    print("valid" if arguments.key else "valid under the key in the proof; compare it with the city's published key")
    return 0


if __name__ == "__main__":
    sys.exit(main())
