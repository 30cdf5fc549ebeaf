"""A self-checkout machine nobody here wrote (PyPI Sip2): borrows, looks and gives back at the door it is told of."""

import contextlib
import os
import sys

from Sip2.wrapper import Sip2Wrapper

port, patron, item = int(sys.argv[1]), sys.argv[2], sys.argv[3]
# Its checksums lose a leading zero once in sixteen messages, so they are off; the crate sip2 and our own tests have them on.
with contextlib.redirect_stdout(sys.stderr):
    machine = Sip2Wrapper({"hostName": "127.0.0.1", "hostPort": port, "tlsEnable": False, "withCrc": False,
                           "withSeq": False, "socketTimeout": 20, "institutionId": "MIHON", "loglevel": "CRITICAL"})
    machine.login_device("gate", "word")
    # Borrowed before the patron's flags are asked for: it takes a flag that is not up for "denied".
    machine._sip2.patron = patron
    lent = machine.sip_item_checkout(item)
    known = machine.login_patron(patron)
    charged = machine.get_patron_chargedItems()
    back = machine.sip_item_checkin(item)
print(known)
print(lent["fixed"]["Ok"], lent["variable"]["AJ"][0])
print(charged)
print(back["fixed"]["Ok"], flush=True)
# Without its farewell on the way out.
os._exit(0)
