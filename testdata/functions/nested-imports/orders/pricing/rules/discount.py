BULK = 10


def discounted(price, count):
    """Ten or more of one kind cost a tenth less."""
    amount = price * count
    return amount * 0.9 if count >= BULK else amount
