"""The zygote: imports one version of a function once, then forks a process for each call.

It is started by the engine with a control socket on fd 3 (SOCK_SEQPACKET, one JSON
object per datagram). Descriptors travel with the datagrams. Nothing of the engine's
is visible to the function except through its arguments.
"""
import base64
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import time
import traceback

CONTROL_FD = 3
MAX_DATAGRAM = 60_000
ALLOWED = ("data", "client", "secrets", "function_call_info")
PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET = 444  # the same on every architecture, as the next two
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_RULE_PATH_BENEATH = 1

# Frames of these files are left out of a traceback's head.
OURS = (__file__, importlib.__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


class Refused(Exception):
    """The function does not keep the contract; the message is for its author."""


class NotSerialisable(Exception):
    """The result is not JSON; the message names type and path."""


def failure(exc):
    """Describes an exception, its trace without our own frames."""
    tb = exc.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename in OURS:
        tb = tb.tb_next
    trace = "".join(traceback.format_exception(type(exc), exc, tb)).replace(sys.path[0] + "/", "")
    text = str(exc)
    if isinstance(exc, SystemExit):
        text = "the function called sys.exit(%r)" % (exc.code,)
    elif not isinstance(exc, (Refused, NotSerialisable)):
        text = "%s: %s" % (type(exc).__name__, text) if text else type(exc).__name__
    return {"type": type(exc).__name__, "message": text[:8000], "trace": "" if isinstance(exc, (Refused, NotSerialisable)) else trace}


def cut(error, room):
    """Cuts a trace to what a datagram holds, keeping its end, which says most."""
    trace = error["trace"]
    if len(trace.encode("utf-8", "backslashreplace")) > room:
        error["trace"] = "... trace cut ...\n" + trace[-room // 4:]
    return error


# ---- confinement ------------------------------------------------------------

def kernel(number, *args):
    """A system call; what the kernel refuses raises."""
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def confine(policy):
    """Gives up, for this process and all that it starts, what the policy denies.
    A failure raises: nothing is run less confined than the engine says."""
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError("no_new_privs is refused")
    if policy.get("handled"):
        attributes = struct.pack("=%dQ" % len(policy["handled"]), *policy["handled"])
        ruleset = kernel(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
        for rule in policy["rules"]:
            try:
                fd = os.open(rule["path"], os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue  # what is not there needs no right
            rights = rule["rights"] if stat.S_ISDIR(os.fstat(fd).st_mode) else rule["fileRights"]
            kernel(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
            os.close(fd)
        kernel(LANDLOCK_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)
    if policy.get("filter"):
        code = ctypes.create_string_buffer(base64.b64decode(policy["filter"]))
        program = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
        if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) != 0:
            raise OSError(ctypes.get_errno(), "the seccomp filter is refused")


# ---- the import, which is the deploy check ---------------------------------

def load(root, path):
    """Imports the entry file and returns its handle."""
    sys.path[0] = root
    name = path[:-3].replace("/", ".")
    try:
        module = importlib.import_module(name)
    except NameError as exc:
        if getattr(exc, "name", None) != "CogniteClient":
            raise
        # The SDK documents handles whose annotation names a class that the file
        # does not import; on Python before 3.14 only lazy annotations load them.
        print("warning: %s annotates CogniteClient without importing it; the cloud may refuse this" % path, file=sys.stderr)
        module = load_lazily(root, path, name)
    handle = getattr(module, "handle", None)
    if handle is None:
        raise Refused("%s has no function named handle" % path)
    if not callable(handle):
        raise Refused("handle in %s is not a function but %s" % (path, type(handle).__name__))
    return handle, arguments(handle, path)


def load_lazily(root, path, name):
    import __future__
    import types
    with open(os.path.join(root, path), "rb") as f:
        code = compile(f.read(), os.path.join(root, path), "exec", __future__.annotations.compiler_flag)
    module = types.ModuleType(name)
    module.__file__ = os.path.join(root, path)
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
        result = handle(**{name: given[name] for name in names})
        body = encode(result, request["limits"]["response"])
        return b'{"ok":true,"response":' + body
    except BaseException as exc:  # sys.exit and MemoryError are outcomes too
        error = failure(exc)
        if error["trace"]:
            sys.stderr.write(error["trace"])
        error["trace"] = error["trace"][-200_000:]
        return json.dumps({"ok": False, "error": error}).encode()[:-1]


def rehearse():
    """Does what every call does, on nothing, while no call waits. A forked process
    copies each page when it first writes to it; here they are copied ahead."""
    request = json.loads(b'{"id": 1, "list": ["text", 1.5, null], "limits": {"memory": 0}}')
    json.dumps(request, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "strict")
    os.environ["TMPDIR"] = os.environ["HOME"]
    os.stat(os.environ["HOME"])
    memoryview(struct.pack(">I", 1) + usage())
    sys.stdout.flush()
    sys.stderr.flush()
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
        rehearse()
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
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass  # the function closed or replaced it; its output is its own affair
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
                self.say({"ev": "failed", "error": cut(failure(exc), MAX_DATAGRAM // 2)})
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(1)
        sys.stdout.flush()
        sys.stderr.flush()
        gc.collect()
        gc.freeze()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with open("/proc/self/statm") as f:
            self.base = int(f.read().split()[0]) * resource.getpagesize()
        self.say({"ev": "ready", "ms": (time.perf_counter() - started) * 1000,
                  "threads": len(os.listdir("/proc/self/task")), "args": list(self.names)})
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)

    def fork(self, message, fds):
        pid = os.fork()
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
        is a child of ours belonged to a call that has ended."""
        try:
            with open("/proc/self/task/%d/children" % self.pid) as f:
                children = [int(p) for p in f.read().split()]
        except OSError:
            return
        for pid in children:
            if pid in self.forked:
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
                if message["op"] == "fork":
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
    # The wake-up pipe needs a handler to be installed; the work is done in serve.
    signal.set_wakeup_fd(zygote.wake[1], warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    zygote.prepare(init)
    zygote.serve()


if __name__ == "__main__":
    main()
