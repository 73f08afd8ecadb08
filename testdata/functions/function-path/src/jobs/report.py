def summary(values):
    if not values:
        return "nothing to report"
    return f"{len(values)} values, largest {max(values)}"
