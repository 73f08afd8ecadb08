"""The smallest function: greets the name in its data."""


def handle(data):
    name = data.get("name", "world")
    print(f"greeting {name}")
    return {"greeting": f"Hello, {name}!"}
