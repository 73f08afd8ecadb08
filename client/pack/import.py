# Imports a module as a function's runtime would and prints what came of it as
# JSON. What the module prints goes nowhere.
import importlib
import json
import os
import sys

root, path = sys.argv[1:]
answer = os.fdopen(os.dup(1), "w")
nowhere = os.open(os.devnull, os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(nowhere, fd)
sys.path.insert(0, root)
said = {}
try:
    importlib.import_module(path[: -len(".py")].replace("/", "."))
except BaseException as e:
    said = {"type": type(e).__name__, "message": str(e)}
    if isinstance(e, ModuleNotFoundError) and e.name:
        said["missing"] = e.name.split(".")[0]
    step = e.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if name.startswith(root + os.sep):
            said["path"], said["line"] = os.path.relpath(name, root).replace(os.sep, "/"), step.tb_lineno
        step = step.tb_next
    if isinstance(e, SyntaxError) and e.filename and e.filename.startswith(root + os.sep):
        said["path"], said["line"] = os.path.relpath(e.filename, root).replace(os.sep, "/"), e.lineno or 0
answer.write(json.dumps(said))
answer.flush()
os._exit(0)
