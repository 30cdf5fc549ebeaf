"""A second opinion by a reader nobody here wrote (PyPI `isomdoc`): issuer's signature, digests, the phone's signature.

Reads two lines of hexadecimal: DeviceResponse and SessionTranscript. Says `accepted` with what it read, or `refused`.
"""

import sys

import cbor2
from isomdoc import verify_device_response

response, transcript = (bytes.fromhex(line) for line in sys.stdin.read().split())
try:
    read = verify_device_response(response, cbor2.loads(transcript))
except Exception as reason:  # it has no error type of its own
    print("refused", type(reason).__name__)
else:
    (document,) = read.documents
    name = document.issuer_signed.get_element_value("org.iso.23220.1.jp", "full_name_unicode")
    print("accepted", document.doctype, name)
