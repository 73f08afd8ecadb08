"""Uses a secret and an environment variable.

Give them with the deploy or change them later: the secret api-key, whose value nobody
can read back, and BASE_URL, which everybody who sees the function can read.
"""

import os


def handle(data, secrets):
    missing = [name for name in ("api-key",) if not secrets.get(name)]
    if missing:
        return {"ready": False, "missing": missing}
    base = os.environ.get("BASE_URL", "https://service.example")
    headers = {"Authorization": f"Bearer {secrets['api-key']}"}
    print(f"would ask {base} with {', '.join(headers)}")  # names only: never print a secret
    return {"ready": True, "base": base}
