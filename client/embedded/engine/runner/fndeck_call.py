"""A call process: everything after the fork, up to its reply."""
import _socket
import ctypes
import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback

from fndeck_client import make as make_client
from fndeck_limits import bound, bound_time
from fndeck_load import NotSerialisable, failure, load, reads
from fndeck_warm import Kept

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CHUNK = 1 << 16
# What a reply begins with: flags, the peak of memory in KiB so far, and the
# microseconds of the user's and of the system's time that the call took.
REPLY_HEAD = struct.Struct(">BQQQ")
OK, AGAIN, FRESH = 1, 2, 4

libc = ctypes.CDLL(None, use_errno=True)


class Pipe:
    """The call's socket: a request comes as two messages, head and data, each with
    four bytes of length before it, and with new streams if the process has asked for
    them. What cannot be decoded of the data is the call's
    failure and not ours."""

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""

    def streams(self):
        """Waits for the next call; returns the stdout and stderr that come with it."""
        call = _socket.socket(fileno=self.fd)
        try:
            call.settimeout(None)  # the function may have set a limit for all sockets
            self.rest, rights, _, _ = call.recvmsg(CHUNK, _socket.CMSG_LEN(8))
        finally:
            call.detach()
        return [fd for _, _, fds in rights for fd in struct.unpack("2i", fds)]

    def request(self):
        """Waits for the next call; returns head and data."""
        if not self.rest:
            self.rest = self.read()
        return json.loads(self.message().decode()), self.message()

    def message(self):
        rest = self.rest
        end = 4 + int.from_bytes(rest[:4], "big")
        if len(rest) < 4 or len(rest) < end:  # most requests come in one piece
            return self.exactly(int.from_bytes(self.exactly(4), "big"))
        self.rest = rest[end:]
        return rest[4:end]

    def exactly(self, count):
        parts = [self.rest]
        have = len(self.rest)
        while have < count:
            parts.append(self.read())
            have += len(parts[-1])
        whole = b"".join(parts)
        self.rest = whole[count:]
        return whole[:count]

    def read(self):
        part = os.read(self.fd, CHUNK)
        if not part:
            raise EOFError("the engine closed the call")
        return part

    def send(self, body):
        body = memoryview(struct.pack(">I", len(body)) + body)
        while body:
            body = body[os.write(self.fd, body):]


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
    return max(own.ru_maxrss, children.ru_maxrss), own.ru_utime + children.ru_utime, own.ru_stime + children.ru_stime


def beginning(flags, before, after):
    """The head of a reply, with what was used from before to after."""
    return REPLY_HEAD.pack(flags, after[0], int((after[1] - before[1]) * 1e6), int((after[2] - before[2]) * 1e6))


class Function:
    """The function of this process: imported before the fork, or by its first call."""

    def __init__(self, root, path, handle, names):
        self.root, self.path = root, path
        self.take(handle, names)

    def take(self, handle, names):
        self.handle, self.names = handle, names
        # One that names a client and leaves it alone lacks nothing where there is none.
        self.uses_client = "client" in names and reads(handle, "client")

    def run(self, request, data, ready):
        """Runs the handle; returns OK and its result, or 0 and the error, in JSON."""
        try:
            if self.handle is None:
                self.take(*load(self.root, self.path))
            ready()
            given = {"data": json.loads(data.decode()), "secrets": request.get("secrets", {}),
                     "function_call_info": request.get("info", {}), "client": None}
            if self.uses_client or "client" in self.names and request.get("client"):
                given["client"] = make_client(request.get("client"))
            own = os.getpid()
            result = self.handle(**{name: given[name] for name in self.names})
            if os.getpid() != own:
                os._exit(0)  # a child that the function forked has come back from it
            return OK, encode(result, request["limits"]["response"])
        except BaseException as exc:  # sys.exit and MemoryError are outcomes too
            error = failure(exc)
            try:
                sys.stderr.write(error["trace"])
            except Exception:
                pass  # the function closed it
            return 0, json.dumps(error).encode()


def rehearse():
    """Does what every call does, on nothing, while no call waits. A forked process
    copies each page when it first writes to it; here they are copied ahead."""
    near, far = socket.socketpair()
    head, data = b'{"secrets": {}, "info": {}, "limits": {"memory": 0, "response": 9}}', b'{"list": ["text", 1.5, null]}'
    near.send(struct.pack(">I", len(head)) + head + struct.pack(">I", len(data)) + data)
    pipe = Pipe(far.detach())
    request, data = pipe.request()
    flags, reply = Function("", "", lambda data: data, ("data",)).run(request, data, int)
    pipe.send(beginning(flags, usage(), usage()) + reply)
    os.close(pipe.fd)
    near.close()
    flush()


def put_streams(out, err):
    """Makes two descriptors stdout and stderr."""
    for fd, place in ((out, 1), (err, 2)):
        os.dup2(fd, place)
        os.close(fd)


def serve(call, base, function):
    """Runs calls: one, or as a warm worker one after the other for as long as the
    engine wants that and the function leaves the process in order."""
    pipe = Pipe(call)
    kept = None
    fresh = False  # whether the next call brings streams of its own
    used = usage()

    def ready():
        """The state that the first call finds is what each further one finds."""
        nonlocal kept
        if again and kept is None:
            kept = Kept()

    while True:
        streams = pipe.streams() if fresh else ()
        request, data = pipe.request()
        if fresh:
            put_streams(*streams)
            kept.keep_streams()
            used = usage()  # without what others have used meanwhile
        elif kept is not None:
            kept.give_streams()
        again, before = request.get("again", False), used
        if kept is None:
            bound(request["limits"], base)
        bound_time(request["limits"], before[1] + before[2])
        flags, reply = function.run(request, data, ready)
        flush()
        # Closed before the reply: the engine then has the whole log when it has
        # the result, and need not wait for this process to end.
        again = again and kept is not None and kept.put_back()
        fresh = again and kept.is_shared()
        if not again:
            close_all((1, 2, *(kept.pipes if kept else ())))
        elif fresh:
            close_all(kept.pipes)
        used = usage()
        pipe.send(beginning(flags | (AGAIN if again else 0) | (FRESH if fresh else 0), before, used) + reply)
        if not again:
            return


def close_all(fds):
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass  # the function closed it


def child(zygote, fds, scratch):
    """Everything after the fork. It never returns. The process is forked ahead of
    its call, with its streams, and waits for the request."""
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
        zygote.enter_domain()
        call, out, err = fds
        put_streams(out, err)
        os.chdir(scratch)
        os.environ["HOME"] = os.environ["TMPDIR"] = scratch
        try:
            rehearse()
        except Exception:
            pass  # it only saves time
        serve(call, zygote.base, zygote.function)
        status = 0
    except EOFError:
        status = 0  # the engine does not need this process any more
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
