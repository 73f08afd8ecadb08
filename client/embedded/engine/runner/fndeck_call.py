"""One call in its own process: everything after the fork."""
import ctypes
import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback

from fndeck_load import NotSerialisable, failure, load

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)


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
