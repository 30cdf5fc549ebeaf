"""A library's system nobody here wrote (pysip2), for the machine's end. Says its port, then what it was asked."""

import anyio
import pysip2
from pysip2 import (CHECKOUT, LOGIN, PATRON_INFORMATION, CheckoutResponse, LoginResponse, PatronInformationResponse,
                    SIP2Server)

app = SIP2Server(institution_id="MIHON", encoding="utf-8")


@app.route(LOGIN)
async def login(asked, context):
    return LoginResponse(ok="1" if (asked.login_user_id, asked.login_password) == ("gate", "word") else "0")


@app.route(PATRON_INFORMATION)
async def patron(asked, context):
    return PatronInformationResponse(
        patron_status=" " * 14, language="014", transaction_date=context.now_18(), hold_items_count="0000",
        overdue_items_count="0000", charged_items_count="0002", fine_items_count="0000", recall_items_count="0000",
        unavailable_holds_count="0000", institution_id=asked.institution_id, patron_identifier=asked.patron_identifier,
        personal_name="見本 花子", valid_patron="Y", charged_items=("本｜一", "本二"), screen_message=("こんにちは",))


@app.route(CHECKOUT)
async def checkout(asked, context):
    print("lent", asked.item_identifier, flush=True)
    return CheckoutResponse(
        ok="1", renewal_ok="N", magnetic_media="N", desensitize="Y", transaction_date=context.now_18(),
        institution_id=asked.institution_id, patron_identifier=asked.patron_identifier,
        item_identifier=asked.item_identifier, title_identifier="ポケットの本", due_date="20261210    235959")


async def main():
    async with app.start() as port:
        print(port, flush=True)
        # Ends with whoever started it.
        await anyio.to_thread.run_sync(lambda: __import__("sys").stdin.read(), abandon_on_cancel=True)


anyio.run(main)
