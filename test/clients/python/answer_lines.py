"""The life of a client: one call for each line on standard input, its outcome as a line of JSON."""

import json
import sys


def answer_lines(connect):
    """`connect` makes the client, once for the whole life, and returns what makes a call with it."""
    call = None
    for _ in sys.stdin:
        try:
            call = call or connect()
            outcome = {"ok": True, "text": str(call())}
        except Exception as error:
            name = f"{type(error).__module__}.{type(error).__name__}"
            outcome = {"ok": False, "text": f"{name}: {error}"}
        print(json.dumps(outcome), flush=True)
