class InvalidAmount(ValueError):
    """An amount that cannot be posted."""


def check(amount):
    if amount <= 0:
        raise InvalidAmount(f"amount must be positive, got {amount}")
    return amount


def post(amount):
    try:
        return {"posted": check(amount)}
    except InvalidAmount as error:
        raise RuntimeError("the entry was not posted") from error
