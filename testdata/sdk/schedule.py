"""Creates a schedule of every minute for a function, with credentials of its own.

usage: as day.py, and the function's id at the end
"""
import sys

from day import connect
from sdk import Client

client = Client(connect(sys.argv[1:-1]))
client.create_schedule("minutely", "* * * * *", int(sys.argv[-1]), credentials=("of-a-cloud", "hidden"))
