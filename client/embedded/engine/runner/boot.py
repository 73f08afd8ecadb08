"""The zygote: imports one version of a function once, then forks a process for each call.

It is started by the engine with a control socket on fd 3 (SOCK_SEQPACKET, one JSON
object per datagram). Descriptors travel with the datagrams. Nothing of the engine's
is visible to the function except through its arguments.
"""
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time

sys.dont_write_bytecode = False  # ours lie where nobody else writes, and every start needs them
from fndeck_call import PR_SET_CHILD_SUBREAPER, Function, child, flush, libc
from fndeck_client import watch_import
from fndeck_confine import confine, own_domain
from fndeck_limits import bound
from fndeck_load import cut, failure, load

sys.dont_write_bytecode = True
for name in [name for name in sys.modules if name.startswith("fndeck_") or name in ("dis", "opcode")]:
    del sys.modules[name]  # the function may import a module of any name

CONTROL_FD = 3
MAX_DATAGRAM = 60_000
CALL_FDS = 3  # what a call process gets: its socket, stdout and stderr


class Zygote:
    def __init__(self, control):
        self.control = control
        self.pid = os.getpid()
        self.forked = set()
        self.spared = set()  # what the import started and left running
        self.wake = os.pipe()
        for fd in self.wake:
            os.set_blocking(fd, False)
        self.function = None
        self.enter_domain = None
        self.base = 0  # the address space after the import, to which limits are added

    def say(self, message):
        self.control.send(json.dumps(message).encode())

    def prepare(self, init):
        """Imports the function, unless the engine wants a bare zygote."""
        started = time.perf_counter()
        if init.get("policy"):
            confine(init["policy"])
        if init.get("client"):
            watch_import()
        handle, names = None, ()
        if init["import"]:
            try:
                handle, names = load(init["root"], init["path"])
            except BaseException as exc:
                error = failure(exc)
                error["trace"] = cut(error["trace"], MAX_DATAGRAM // 2)
                self.say({"ev": "failed", "error": error})
                flush()
                os._exit(1)
        self.function = Function(init["root"], init["path"], handle, names)
        flush()
        if os.getpid() != self.pid:
            os._exit(0)  # a child that the module forked has come back from the import
        self.listen_for_children()  # the module may have changed that
        self.spared = set(self.children())
        self.enter_domain = own_domain(init.get("policy"))  # after the import, which may close what it finds
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
            self.say({"ev": "unforked", "id": message["id"], "error": {"message": "no process for the call: %s" % exc}})
        else:
            if pid == 0:
                child(self, fds, message["scratch"])
            self.forked.add(pid)
            self.say({"ev": "forked", "id": message["id"], "pid": pid})
        for fd in fds:
            os.close(fd)

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
                data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, CALL_FDS)
                if not data:
                    return  # the engine has gone
                message = json.loads(data)
                if message["op"] == "fork" and len(fds) == CALL_FDS:
                    self.fork(message, fds)
                elif message["op"] == "kill":
                    self.kill(message)


def main():
    if len(sys.argv) > 2:  # a build: bound and confined as a file says, then the command
        with open(sys.argv[1]) as f:
            plan = json.load(f)
        bound(plan["limits"], 0)
        confine(plan["policy"])
        os.execv(sys.argv[2], sys.argv[2:])
    control = socket.socket(fileno=CONTROL_FD)
    control.set_inheritable(False)
    init = json.loads(control.recv(1 << 16))
    if "env" in init:  # started ahead, before it was known for what
        os.environ.clear()
        os.environ.update(init["env"])
        time.tzset()
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
