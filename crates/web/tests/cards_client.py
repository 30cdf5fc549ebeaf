"""A department's system as somebody else would write it, from docs/city-cards.md alone: Python's own HTTP client.

Reads an order (JSON: url, host, key, reading_key, resident, numbers) from its input and says what came out as JSON.
"""

import json
import sys
import urllib.error
import urllib.request

ORDER = json.loads(sys.stdin.read())


def call(method, path, body=None, key=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ORDER["url"] + path, data=data, method=method)
    # The city is reached under its own name, whatever address it listens at.
    request.add_header("Host", ORDER["host"])
    request.add_header("Authorization", f"Bearer {key or ORDER['key']}")
    if data is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return [answer.status, json.load(answer)]
    except urllib.error.HTTPError as error:
        return [error.code, json.load(error)]


first, wrong = ORDER["numbers"]
member = {"resident": ORDER["resident"], "number": first}
told = {
    "status": call("GET", "/api/cards/status"),
    "nobody": call("GET", "/api/cards/status", key="not-a-key"),
    "reader": call("POST", "/api/cards/members", member, key=ORDER["reading_key"]),
    "before": call("POST", "/api/cards/lookup", {"number": first}),
    "issued": call("POST", "/api/cards/members", member),
    "again": call("POST", "/api/cards/members", member),
    "slip": call("POST", "/api/cards/members", {"resident": ORDER["resident"], "number": wrong}),
    "stranger": call("POST", "/api/cards/members", {"resident": "R9999999", "number": wrong}),
    "my_number": call("POST", "/api/cards/members", {"resident": ORDER["resident"], "number": "123456789018"}),
    "unshaped": call("POST", "/api/cards/members", {"number": first}),
    "after": call("POST", "/api/cards/lookup", {"number": first}),
    "held": call("POST", "/api/cards/standing", {"number": first, "to": "hold"}),
    "held_again": call("POST", "/api/cards/standing", {"number": first, "to": "hold"}),
    "stopped": call("POST", "/api/cards/lookup", {"number": first}),
    "resumed": call("POST", "/api/cards/standing", {"number": first, "to": "active"}),
    "lost": call("POST", "/api/cards/standing", {"number": first, "to": "lost"}),
    "nothing": call("POST", "/api/cards/standing", {"number": wrong, "to": "lost"}),
    "odd": call("POST", "/api/cards/standing", {"number": first, "to": "burned"}),
}
print(json.dumps(told))
