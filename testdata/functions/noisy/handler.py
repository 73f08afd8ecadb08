"""Prints data["lines"] numbered lines (100 000 if not given).

Every hundredth goes to stderr.
"""

import sys


def handle(data):
    lines = data.get("lines", 100000)
    for number in range(1, lines + 1):
        stream = sys.stderr if number % 100 == 0 else sys.stdout
        print(f"line {number} of {lines}", file=stream)
    return {"lines": lines}
