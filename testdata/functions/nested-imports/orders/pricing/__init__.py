from .rules.discount import discounted


def price(item):
    return discounted(item["price"], item.get("count", 1))
