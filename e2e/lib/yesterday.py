"""Puts into a demo city what takes a day, or worse luck than a test has: papers of yesterday, and money left open today.

Usage: yesterday.py DATABASE. Copies of a request that is there, under ids of their own; nothing else is written.
"""

import secrets
import sqlite3
import sys

DAY = 86_400_000_000
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def some_id():
    value = secrets.randbits(128)
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def main(path):
    database = sqlite3.connect(path, timeout=20)
    columns = [row[1] for row in database.execute("PRAGMA table_info(certificate_requests)")]
    like = database.execute(
        f"SELECT {', '.join(columns)} FROM certificate_requests WHERE state = 'printed' ORDER BY began_at LIMIT 1"
    ).fetchone()
    sample = dict(zip(columns, like))

    def add(state, age, **changes):
        moved = {name: sample[name] - age for name in ("began_at", "paid_at", "state_since")}
        row = {**sample, **moved, "request_id": some_id(), "state": state, **changes}
        marks = ", ".join("?" for _ in columns)
        database.execute(
            f"INSERT INTO certificate_requests ({', '.join(columns)}) VALUES ({marks})", [row[name] for name in columns]
        )

    with database:
        for _ in range(3):
            add("printed", DAY)
        add("refunded", DAY, refunded_at=sample["paid_at"] - DAY, refunded_by="machine")
        add("refund_due", 0)
        add("payment_unclear", 0, paid_at=None, paid_yen=0)
        add("refund_unclear", 0)


main(sys.argv[1])
