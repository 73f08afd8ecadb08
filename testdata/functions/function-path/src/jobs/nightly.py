from src.jobs.report import summary


def handle(data):
    return {"summary": summary(data.get("values", []))}
