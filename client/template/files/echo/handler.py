"""Gives its data back, with what was seen of them."""

import json


def handle(data):
    for key, value in data.items():
        print(f"{key}: {type(value).__name__}")
    return {"data": data, "keys": sorted(data), "size": len(json.dumps(data))}
