"""Returns what the service tells a function about its call.

Always function_id and call_id; schedule_id and scheduled_time when a schedule
made the call.
"""


def handle(function_call_info):
    print(f"call {function_call_info['call_id']}")
    return function_call_info
