"""Raises an error a few frames deep, to show a traceback."""

from ledger import post


def handle(data):
    print("posting")
    return post(data.get("amount", -1))
