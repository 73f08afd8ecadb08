from fndeck_greeting import greet


def handle(data):
    return {"greeting": greet(data.get("name", "world"))}
