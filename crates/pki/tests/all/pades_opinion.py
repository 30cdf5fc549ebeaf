"""What pyHanko (PyPI) says of a signed PDF: FILE TIME DOCUMENT-CA STAMP-CA.

Prints one line: VALID or INVALID, whether a time stamp vouches, what the signature covers, which evidence is in the file,
and whether the file can be judged by its evidence alone. Nothing is fetched: network clients are absent on purpose.
"""

import asyncio
import sys
from datetime import datetime, timezone
from unittest.mock import MagicMock

# Parts of pyHanko that fetch from the network are imported by it and never called here.
for absent in ("aiohttp", "certifi"):
    sys.modules.setdefault(absent, MagicMock())

from asn1crypto import pem, x509  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: E402
from pyhanko.sign.validation import async_validate_pdf_signature  # noqa: E402
from pyhanko.sign.validation.dss import DocumentSecurityStore  # noqa: E402
from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: E402
from pyhanko_certvalidator import ValidationContext  # noqa: E402


def certificate(path):
    with open(path, "rb") as file:
        return x509.Certificate.load(pem.unarmor(file.read())[2])


async def main(path, seconds, *authorities):
    roots = [certificate(authority) for authority in authorities]
    moment = datetime.fromtimestamp(int(seconds), timezone.utc)

    def context(**more):
        return ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False, **more)

    with open(path, "rb") as file:
        reader = PdfFileReader(file)
        signature = reader.embedded_signatures[0]
        status = await async_validate_pdf_signature(signature, context(), ts_validation_context=context())
        words = ["VALID" if status.bottom_line else "INVALID"]
        stamp = status.timestamp_validity
        words.append("stamped" if stamp is not None and stamp.valid and stamp.trusted else "not-stamped")
        coverage = {
            SignatureCoverageLevel.ENTIRE_FILE: "covers-entire-file",
            SignatureCoverageLevel.ENTIRE_REVISION: "covers-with-evidence",
        }.get(status.coverage, "covers-part")
        if status.modification_level not in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES):
            coverage = "modified"
        words.append(coverage)
        try:
            store = DocumentSecurityStore.read_dss(reader)
        except Exception:
            store = None
        # Every certificate must now be shown good by what is in the file: a list that is missing is a failure.
        strict = {"trust_roots": roots, "moment": moment, "allow_fetching": False, "revocation_mode": "require"}
        if store is None:
            words.append("no-evidence")
            by_file = ValidationContext(crls=[], **strict)
        else:
            words.append(f"evidence-{len(store.certs)}-certificates-{len(store.crls)}-lists")
            by_file = store.as_validation_context(strict)
        lasting = await async_validate_pdf_signature(signature, by_file, ts_validation_context=by_file)
        words.append("long-term" if lasting.bottom_line else "not-long-term")
        print(" ".join(words))
        if "--explain" in sys.argv:
            print(status.pretty_print_details())


try:
    asyncio.run(main(*[argument for argument in sys.argv[1:] if argument != "--explain"]))
except Exception as error:  # a file that cannot be read is no valid signature
    print("INVALID", type(error).__name__, error)
    sys.exit(1)
