"""A terminal for the city's application, written from docs/city-application.md alone, over PC/SC (pyscard).

city_application.py SHARE SHARE   the shares of the key ceremony, in hexadecimal. The card has PIN 1234 and an empty
                                  medicines file; the script writes it, is interrupted while writing it again, goes on.
"""

import hashlib
import os
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from smartcard.CardConnection import CardConnection
from smartcard.scard import SCARD_UNPOWER_CARD
from smartcard.System import readers

NAME = bytes.fromhex("F059414B55424101")
LIBRARY, MEDICINES = 0x01, 0x04


def cmac(key, data):
    code = CMAC(algorithms.AES(key))
    code.update(data)
    return code.finalize()


def kdf(key, label, context):
    return cmac(key, b"\x01" + label + b"\x00" + context + b"\x00\x80")


def group_key(shares, key_set):
    root = bytes(16)
    for share in shares:
        root = bytes(a ^ b for a, b in zip(root, share))
    return kdf(root, b"set", bytes([key_set, 1]))


class Refused(Exception):
    pass


class Terminal:
    def __init__(self, name, group, key_set):
        self.connection = next(
            reader.createConnection() for reader in readers() if has_card(reader))
        self.connection.connect(CardConnection.T1_protocol | CardConnection.T0_protocol, disposition=SCARD_UNPOWER_CARD)
        self.name, self.key_set, self.counter = name, key_set, 0
        self.open(kdf(group, b"terminal", name))

    def send(self, apdu):
        data, sw1, sw2 = self.connection.transmit(list(apdu))
        return bytes(data), bytes([sw1, sw2])

    def plain(self, apdu):
        data, status = self.send(apdu)
        if status != b"\x90\x00":
            raise Refused(status.hex())
        return data

    def open(self, key):
        description = self.plain(b"\x00\xA4\x04\x00\x08" + NAME + b"\x00")
        assert description == bytes.fromhex("6F0D8408") + NAME + bytes.fromhex("C10101")
        ours = os.urandom(16)
        answer = self.plain(bytes([0x80, 0x50, 1, self.key_set, 0x18]) + self.name + ours + b"\x00")
        theirs, proof = answer[:16], answer[16:]
        context = ours + theirs + self.name + bytes([self.key_set, 1])
        self.enc, self.mac, self.rmac = (kdf(key, label, context) for label in (b"enc", b"mac", b"rmac"))
        assert proof == cmac(self.mac, b"\x01" + context), "no card of this city"
        self.plain(b"\x80\x82\x00\x00\x10" + cmac(self.mac, b"\x02" + context))

    def crypt(self, direction, data):
        block = bytes([direction]) + bytes(7) + self.counter.to_bytes(4, "big") + bytes(4)
        coder = Cipher(algorithms.AES(self.enc), modes.CTR(block)).encryptor()
        return coder.update(data) + coder.finalize()

    def ask(self, instruction, p1, p2, data=b""):
        self.counter += 1
        counter = self.counter.to_bytes(4, "big")
        header = bytes([0x84, instruction, p1, p2])
        sealed = self.crypt(0, data)
        sealed += cmac(self.mac, b"\x00" + counter + header + sealed)[:8]
        answer, status = self.send(header + bytes([len(sealed)]) + sealed + b"\x00")
        sealed, code = answer[:-8], answer[-8:]
        assert code == cmac(self.rmac, b"\x01" + counter + status + sealed)[:8], "disturbed"
        if status != b"\x90\x00":
            raise Refused(status.hex())
        return self.crypt(1, sealed)

    def read(self, file):
        self.ask(0xA4, 0x02, 0x0C, file)
        whole = self.ask(0xB0, 0, 0)
        version, length = int.from_bytes(whole[:2], "big"), int.from_bytes(whole[2:4], "big")
        while len(whole) < length + 4:
            whole += self.ask(0xB0, len(whole) >> 8, len(whole) & 0xFF)
        return version, whole[4:]

    def write(self, file, version, data, interrupted_after=None):
        self.ask(0xA4, 0x02, 0x0C, file)
        head = version.to_bytes(2, "big") + len(data).to_bytes(2, "big") + hashlib.sha256(data).digest()
        begun = at = int.from_bytes(self.ask(0xE0, 0, 0, head), "big")
        pieces = 0
        while at < len(data):
            if pieces == interrupted_after:
                self.leave()
                return begun
            piece = data[at:at + 247]
            self.ask(0xD6, at >> 8, at & 0xFF, piece)
            at, pieces = at + len(piece), pieces + 1
        self.ask(0xE2, 0, 0)
        return begun

    def leave(self):
        self.connection.disconnect()


def has_card(reader):
    try:
        connection = reader.createConnection()
        connection.connect()
        connection.disconnect()
        return True
    except Exception:
        return False


def main(shares):
    file, pharmacy = b"\x02\x04", b"PHAR0002"
    old, new = os.urandom(4096), os.urandom(4096)

    def terminal(with_pin):
        opened = Terminal(pharmacy, group_key(shares, MEDICINES), MEDICINES)
        if with_pin:
            opened.ask(0x20, 0, 0, b"1234")
        return opened

    first = terminal(with_pin=True)
    first.write(file, 1, old)
    first.leave()
    cut = terminal(with_pin=True)
    assert cut.write(file, 2, new, interrupted_after=5) == 0
    again = terminal(with_pin=True)
    assert again.read(file) == (1, old), "the copy before counts"
    assert again.write(file, 2, new) == 5 * 247, "it goes on where it was"
    assert again.read(file) == (2, new)
    try:
        again.write(file, 1, old)
        raise AssertionError("an old copy came back")
    except Refused as refused:
        assert str(refused) == "6985"
    again.leave()
    other = Terminal(b"LIBR0002", group_key(shares, LIBRARY), LIBRARY)
    try:
        other.read(file)
        raise AssertionError("a library read medicines")
    except Refused as refused:
        assert str(refused) == "6982"
    other.leave()
    print("done")


main([bytes.fromhex(share) for share in sys.argv[1:]])
