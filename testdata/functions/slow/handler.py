"""Sleeps data["seconds"] (10 if not given) and prints each second."""

import time


def handle(data):
    seconds = data.get("seconds", 10)
    started = time.monotonic()
    elapsed = 0
    while elapsed + 1 <= seconds:
        time.sleep(1)
        elapsed += 1
        print(f"{elapsed} of {seconds} s")
    time.sleep(max(0, seconds - elapsed))
    return {"slept": round(time.monotonic() - started, 2)}
