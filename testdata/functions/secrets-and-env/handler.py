"""Reads a secret and an environment variable, and returns neither.

Deploy it with the secret `api-key` and the variable `REGION`.
"""

import hashlib
import os


def handle(data, secrets):
    key = secrets.get("api-key", "")
    region = os.environ.get("REGION", "unset")
    print(f"calling the service in {region} with a key of {len(key)} characters")
    return {
        "region": region,
        "secret_names": sorted(secrets),
        "key_fingerprint": hashlib.sha256(key.encode()).hexdigest()[:8],
    }
