"""The zygote: imports one version of a function once, then forks a process for each call.

It is started by the engine with a control socket on fd 3 (SOCK_SEQPACKET, one JSON
object per datagram). Descriptors travel with the datagrams. Nothing of the engine's
is visible to the function except through its arguments.
"""
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback

from fndeck_confine import confine

del sys.modules["fndeck_confine"]  # the function may import a module of any name

CONTROL_FD = 3
MAX_DATAGRAM = 60_000
ALLOWED = ("data", "client", "secrets", "function_call_info")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# Frames of these files are left out of a traceback's head.
OURS = (__file__, importlib.__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")

libc = ctypes.CDLL(None, use_errno=True)


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
    while tb is not None and tb.tb_frame.f_code.co_filename in OURS:
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


# ---- the import, which is the deploy check ---------------------------------

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


# ---- one call, in its own process ------------------------------------------

class Pipe:
    """The call's socket as frames: four bytes of length, then the body. It reads
    the descriptor itself: a socket object costs more than the whole exchange."""

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""

    def receive(self):
        return self.exactly(struct.unpack(">I", self.exactly(4))[0])

    def exactly(self, count):
        parts = [self.rest]
        have = len(self.rest)
        while have < count:
            part = os.read(self.fd, 1 << 16)
            if not part:
                raise EOFError("the engine closed the call")
            parts.append(part)
            have += len(part)
        whole = b"".join(parts)
        self.rest = whole[count:]
        return whole[:count]

    def send(self, body):
        body = memoryview(struct.pack(">I", len(body)) + body)
        while body:
            body = body[os.write(self.fd, body):]


def receive_streams(fd):
    """Takes the first message of a call, which carries its stdout and stderr."""
    sock = socket.socket(fileno=fd)
    first, fds, _, _ = socket.recv_fds(sock, 1, 2)
    sock.detach()
    if len(fds) != 2:
        os._exit(0)  # the engine does not need this process any more
    return fds


def where(value, path="$", open_ids=()):
    """Finds what in a result is not JSON: 'set at $.items[3]'."""
    if value is None or isinstance(value, (bool, int, str)):
        return None
    if isinstance(value, float):
        return None if value - value == 0 else "%r at %s" % (value, path)
    if id(value) in open_ids:
        return "a cycle at %s" % path
    if len(open_ids) > 500:
        return "nesting deeper than 500 at %s" % path[:200]
    inside = open_ids + (id(value),)
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, (str, int, float, bool)) and key is not None:
                return "key of type %s at %s" % (type(key).__name__, path)
            found = where(item, "%s.%s" % (path, key), inside)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            found = where(item, "%s[%d]" % (path, i), inside)
            if found:
                return found
        return None
    return "%s at %s" % (type(value).__name__, path)


def encode(value, limit):
    try:
        body = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "strict")
    except (TypeError, ValueError, RecursionError) as exc:
        raise NotSerialisable("response is not JSON serialisable: %s" % (where(value) or exc)) from None
    if limit and len(body) > limit:
        raise NotSerialisable("response is %.1f MB, limit is %.1f MB" % (len(body) / 1e6, limit / 1e6))
    return body


def flush():
    """Writes what Python and C have buffered, also behind streams that the
    function has put in the place of ours."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except Exception:
            pass  # the function closed it; its output is its own affair
    libc.fflush(None)


def usage():
    """What this process and its children have used: KiB and seconds."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return b',"maxrss":%d,"utime":%.6f,"stime":%.6f}' % (
        max(own.ru_maxrss, children.ru_maxrss), own.ru_utime + children.ru_utime, own.ru_stime + children.ru_stime)


def run(request, data, handle, names):
    """Runs the handle; returns the reply for the engine, still open at its end."""
    try:
        if handle is None:
            handle, names = load(request["root"], request["path"])
        given = {"data": json.loads(data), "secrets": request.get("secrets", {}),
                 "function_call_info": request.get("info", {}), "client": None}
        if "client" in names:
            print("warning: client is None: this engine has no Cognite project behind it", file=sys.stderr)
        own = os.getpid()
        result = handle(**{name: given[name] for name in names})
        if os.getpid() != own:
            os._exit(0)  # a child that the function forked has come back from it
        body = encode(result, request["limits"]["response"])
        return b'{"ok":true,"response":' + body
    except BaseException as exc:  # sys.exit and MemoryError are outcomes too
        error = failure(exc)
        try:
            sys.stderr.write(error["trace"])
        except Exception:
            pass  # the function closed it
        return json.dumps({"ok": False, "error": error}).encode()[:-1]


def rehearse():
    """Does what every call does, on nothing, while no call waits. A forked process
    copies each page when it first writes to it; here they are copied ahead."""
    request = json.loads(b'{"secrets": {}, "info": {}, "limits": {"memory": 0, "response": 9}}')
    run(request, b'{"list": ["text", 1.5, null]}', lambda data: data, ("data",))
    os.environ["TMPDIR"] = os.getcwd()
    memoryview(struct.pack(">I", 1) + usage())
    flush()
    near, far = socket.socketpair()
    read, write = os.pipe()
    socket.send_fds(near, [b"0"], [read, write])
    for fd in socket.recv_fds(far, 1, 2)[1]:
        os.close(fd)
    near.close()
    far.close()
    os.close(read)
    os.close(write)


def child(zygote, call, base, handle, names):
    """Everything after the fork. It never returns. The process may be forked
    ahead of its call: it waits for the call's streams and request."""
    status = 1
    try:
        os.setsid()
        # Neither of the two is inherited by a fork.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
        if os.getppid() != zygote.pid:
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        zygote.control.close()
        for fd in zygote.wake:
            os.close(fd)
        try:
            rehearse()
        except Exception:
            pass  # it only saves time
        out, err = receive_streams(call)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.close(out)
        os.close(err)
        # The data is a frame of its own: what cannot be decoded is the call's
        # failure and not ours.
        pipe = Pipe(call)
        request = json.loads(pipe.receive())
        data = pipe.receive()
        os.chdir(request["scratch"])
        os.environ["HOME"] = os.environ["TMPDIR"] = request["scratch"]
        memory = request["limits"]["memory"]
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (base + memory, base + memory))
        reply = run(request, data, handle, names)
        flush()
        # Closed before the reply: the engine then has the whole log when it has
        # the result, and need not wait for this process to end.
        for fd in (1, 2):
            try:
                os.close(fd)
            except OSError:
                pass  # the function closed it
        pipe.send(reply + usage())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


# ---- the zygote -------------------------------------------------------------

class Zygote:
    def __init__(self, control):
        self.control = control
        self.pid = os.getpid()
        self.forked = set()
        self.spared = set()  # what the import started and left running
        self.wake = os.pipe()
        for fd in self.wake:
            os.set_blocking(fd, False)
        self.handle = None
        self.names = ()
        self.base = 0  # the address space after the import, to which limits are added

    def say(self, message):
        self.control.send(json.dumps(message).encode())

    def prepare(self, init):
        """Imports the function, unless the engine wants a bare zygote."""
        started = time.perf_counter()
        if init.get("policy"):
            confine(init["policy"])
        if init["import"]:
            try:
                self.handle, self.names = load(init["root"], init["path"])
            except BaseException as exc:
                error = failure(exc)
                error["trace"] = cut(error["trace"], MAX_DATAGRAM // 2)
                self.say({"ev": "failed", "error": error})
                flush()
                os._exit(1)
        flush()
        if os.getpid() != self.pid:
            os._exit(0)  # a child that the module forked has come back from the import
        self.listen_for_children()  # the module may have changed that
        self.spared = set(self.children())
        gc.collect()
        gc.freeze()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with open("/proc/self/statm") as f:
            self.base = int(f.read().split()[0]) * resource.getpagesize()
        self.say({"ev": "ready", "ms": (time.perf_counter() - started) * 1000,
                  "threads": len(os.listdir("/proc/self/task")), "sockets": self.sockets(), "children": len(self.spared)})
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)

    def listen_for_children(self):
        """The wake-up pipe needs a handler to be installed; the work is done in serve."""
        signal.set_wakeup_fd(self.wake[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD, signal.SIGTERM])

    def children(self):
        """The processes whose parent this is."""
        try:
            with open("/proc/self/task/%d/children" % self.pid) as f:
                return [int(p) for p in f.read().split()]
        except OSError:
            return []

    def sockets(self):
        """Counts the sockets beside the control socket: forks would share them."""
        count = 0
        for fd in os.listdir("/proc/self/fd"):
            try:
                count += os.readlink("/proc/self/fd/" + fd).startswith("socket:")
            except OSError:
                pass  # the one that listed them
        return count - 1

    def fork(self, message, fds):
        try:
            pid = os.fork()
        except OSError as exc:
            os.close(fds[0])
            self.say({"ev": "unforked", "id": message["id"], "error": {"message": "no process for the call: %s" % exc}})
            return
        if pid == 0:
            child(self, fds[0], self.base, self.handle, self.names)
        self.forked.add(pid)
        os.close(fds[0])
        self.say({"ev": "forked", "id": message["id"], "pid": pid})

    def kill(self, message):
        # Only what was forked and not yet reaped: its pid cannot be another's.
        if message["pid"] in self.forked:
            for kill in (os.killpg, os.kill):  # the group does not exist before setsid
                try:
                    kill(message["pid"], message["sig"])
                except ProcessLookupError:
                    pass

    def reap(self):
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                break
            if pid not in self.forked:
                continue
            self.forked.discard(pid)
            try:
                os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            self.say({"ev": "exit", "pid": pid, "status": status, "maxrss": usage.ru_maxrss,
                      "utime": usage.ru_utime, "stime": usage.ru_stime})
        self.end_strangers()

    def end_strangers(self):
        """Kills what dead calls left: each call is a subreaper, so whatever else
        is a child of ours, and was not started by the import, belonged to a call
        that has ended."""
        for pid in self.children():
            if pid in self.forked or pid in self.spared:
                continue
            try:
                group = os.getpgid(pid)
                os.kill(pid, signal.SIGKILL)
                if group != os.getpgrp() and group not in self.forked:
                    os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def serve(self):
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.wake[0], select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self.wake[0]:
                    try:
                        os.read(fd, 4096)
                    except BlockingIOError:
                        pass
                    self.reap()
                    continue
                data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
                if not data:
                    return  # the engine has gone
                message = json.loads(data)
                if message["op"] == "fork" and fds:
                    self.fork(message, fds)
                elif message["op"] == "kill":
                    self.kill(message)


def main():
    if len(sys.argv) > 2:  # a build: confined by the policy in a file, then the command
        with open(sys.argv[1]) as f:
            confine(json.load(f))
        os.execv(sys.argv[2], sys.argv[2:])
    control = socket.socket(fileno=CONTROL_FD)
    control.set_inheritable(False)
    init = json.loads(control.recv(1 << 16))
    os.chdir(init["scratch"])
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    sys.argv[:] = [init["path"]]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    zygote = Zygote(control)
    zygote.listen_for_children()
    zygote.prepare(init)
    zygote.serve()


if __name__ == "__main__":
    main()
