"""A job that a schedule calls.

A run that was missed may be caught up later, so the window of time that is worked on
comes from when the run was due, not from the clock: the same run twice then does the
same work.
"""

from datetime import datetime, timedelta, timezone

WINDOW = timedelta(hours=1)


def handle(data, function_call_info):
    due = function_call_info.get("scheduled_time")  # milliseconds; absent in a call by hand
    end = datetime.fromtimestamp(due / 1000, timezone.utc) if due else datetime.now(timezone.utc)
    window = timedelta(minutes=data["minutes"]) if "minutes" in data else WINDOW
    start = end - window
    print(f"working on {start.isoformat()} to {end.isoformat()}")
    done = work(start, end)
    return {"from": start.isoformat(), "to": end.isoformat(), "done": done}


def work(start, end):
    """Put the work on one window of time here; returns how much was done."""
    return int((end - start).total_seconds() // 60)
