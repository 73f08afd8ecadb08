"""Imports from packages of its own, three levels deep.

The folder that holds handler.py is first on the import path.
"""

from orders import total


def handle(data):
    result = total(data.get("items", []))
    print(f"{len(data.get('items', []))} items, total {result}")
    return {"total": result}
