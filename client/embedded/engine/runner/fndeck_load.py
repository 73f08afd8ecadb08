"""Imports the entry file of a function, and tells what went wrong in a sentence."""
import dis
import importlib
import json
import os
import sys
import traceback

ALLOWED = ("data", "client", "secrets", "function_call_info")

# Frames of these files are left out of a traceback's head. Ours lie together, and
# nothing else lies there.
IMPORT = (importlib.__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
OURS = os.path.dirname(__file__)


def ours(file):
    return file in IMPORT or os.path.dirname(file) == OURS


class Refused(Exception):
    """The function does not keep the contract; the message is for its author."""


class NotSerialisable(Exception):
    """The result is not JSON; the message names type and path."""


MESSAGE_ROOM = 8_000
TRACE_ROOM = 200_000


def failure(exc):
    """Describes an exception, its trace without our own frames. Whatever the
    exception's own methods do, there is an answer."""
    tb = exc.__traceback__
    while tb is not None and ours(tb.tb_frame.f_code.co_filename):
        tb = tb.tb_next
    name, plain = type(exc).__name__, isinstance(exc, (Refused, NotSerialisable))
    try:
        text = str(exc)
        trace = "" if plain else "".join(traceback.format_exception(type(exc), exc, tb))
    except BaseException as second:
        text, trace = "its description fails with " + type(second).__name__, ""
    if isinstance(exc, SystemExit):
        text = "the function called sys.exit(%s)" % ascii(exc.code)
    elif not plain:
        text = "%s: %s" % (name, text) if text else name
    return {"type": name, "message": cut(text, MESSAGE_ROOM), "trace": cut(trace.replace(sys.path[0] + "/", ""), TRACE_ROOM)}


def cut(text, room):
    """Cuts a text to what room bytes hold as JSON, keeping its end, which says most."""
    if len(json.dumps(text)) <= room:
        return text
    return "... cut ...\n" + text[-room // 12:]  # an escaped character takes twelve bytes at most


def load(root, path):
    """Imports the entry file and returns its handle."""
    sys.path[0] = root
    name = path[:-3].replace("/", ".")
    try:
        if name in sys.modules:  # a file that is called like a module of Python's
            module = load_file(root, path, name, 0)
        else:
            module = importlib.import_module(name)
    except NameError as exc:
        if getattr(exc, "name", None) != "CogniteClient":
            raise
        # The SDK documents handles whose annotation names a class that the file
        # does not import; on Python before 3.14 only lazy annotations load them.
        print("warning: %s annotates CogniteClient without importing it; the cloud may refuse this" % path, file=sys.stderr)
        import __future__
        module = load_file(root, path, name, __future__.annotations.compiler_flag)
    handle = getattr(module, "handle", None)
    if handle is None:
        raise Refused("%s has no function named handle" % path)
    if not callable(handle):
        raise Refused("handle in %s is not a function but %s" % (path, type(handle).__name__))
    return handle, arguments(handle, path)


def load_file(root, path, name, flags):
    import types
    file = os.path.join(root, path)
    with open(file, "rb") as f:
        code = compile(f.read(), file, "exec", flags)
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(code, module.__dict__)
    return module


def arguments(handle, path):
    """Returns which of ALLOWED the handle names; all of them for **kw."""
    code = getattr(handle, "__code__", None)
    if code is None:
        import inspect
        names = [p.name for p in inspect.signature(handle).parameters.values()]
        return [n for n in names if n in ALLOWED]
    if code.co_flags & 0x80:
        raise Refused("handle in %s line %d is async; it must be synchronous" % (path, code.co_firstlineno))
    if code.co_posonlyargcount:
        raise Refused("handle in %s line %d has positional-only arguments; it is called by keyword" % (path, code.co_firstlineno))
    if code.co_flags & 0x08:
        return list(ALLOWED)
    count = code.co_argcount + code.co_kwonlyargcount
    names = list(code.co_varnames[:count])
    for name in names:
        if name not in ALLOWED:
            raise Refused("handle in %s line %d has an argument %r; allowed are %s" % (path, code.co_firstlineno, name, ", ".join(ALLOWED)))
    return names


def reads(handle, name):
    """Says whether the handle may use its argument of that name. One that takes it as
    part of **kw, or is no plain function, may."""
    code = getattr(handle, "__code__", None)
    if code is None or code.co_flags & 0x08:
        return True
    return any(name in (i.argval if isinstance(i.argval, tuple) else (i.argval,)) for i in dis.get_instructions(code))
