"""What a warm worker puts back after each call, so that the next one finds what
every call may expect. What the function keeps in its modules stays."""
import _signal
import _thread
import os
import signal
import sys

TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


def children():
    """The processes whose parent this is, whichever thread started them."""
    found = set()
    for task in os.listdir("/proc/self/task"):
        try:
            with open("/proc/self/task/%s/children" % task) as f:
                found.update(f.read().split())
        except OSError:
            pass  # the thread has ended
    return found


class Kept:
    """The state before a worker's first call, after the import."""

    def __init__(self):
        self.folder = os.getcwd()
        self.environ = os.environ
        self.variables = dict(os.environ)
        self.raw = dict(os.environ._data)
        self.umask = os.umask(0o077)
        os.umask(self.umask)
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        self.signals = sorted(signal.valid_signals())
        self.handlers = list(map(_signal.getsignal, self.signals))
        self.streams = sys.stdin, sys.stdout, sys.stderr
        self.null = os.open(os.devnull, os.O_RDWR)
        self.keep_streams()
        self.children = self.left()

    def put_back(self):
        """Puts everything back; False if this process must not be used again."""
        try:
            self.put_back_signals()
            self.put_back_environment()
            if not self.put_back_streams():
                return False
            left = self.left()
            return not left or left <= self.children
        except Exception:
            return False  # whatever the function did to this process, another is as good

    def put_back_signals(self):
        for timer in TIMERS:
            signal.setitimer(timer, 0)
        if list(map(_signal.getsignal, self.signals)) != self.handlers:
            for number, handler in zip(self.signals, self.handlers):
                if _signal.getsignal(number) is not handler:
                    signal.signal(number, handler)
        if signal.pthread_sigmask(signal.SIG_BLOCK, []) != self.mask:
            signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)

    def put_back_environment(self):
        os.chdir(self.folder)
        os.umask(self.umask)
        os.environ = self.environ
        if self.environ._data == self.raw:
            return
        for name in [name for name in self.environ if name not in self.variables]:
            del self.environ[name]
        for name, value in self.variables.items():
            self.environ[name] = value

    def is_shared(self):
        """Whether anything but a call may print: threads, or processes from the
        import. They may hold the streams or be in the middle of a write, so the next
        call must not have the same ones."""
        return bool(_thread._count() or self.children)

    def keep_streams(self):
        self.pipes = os.dup(1), os.dup(2)

    def give_streams(self):
        """Gives a call its stdout and stderr. Between two calls there are none: what
        a thread prints then is nobody's."""
        for fd, place in zip(self.pipes, (1, 2)):
            os.dup2(fd, place)

    def put_back_streams(self):
        sys.stdin, sys.stdout, sys.stderr = self.streams
        for stream in (sys.stdout, sys.stderr):
            if stream.closed:
                return False
            if not stream.line_buffering or stream.encoding != "utf-8":
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
        for fd in (0, 1, 2):
            os.dup2(self.null, fd)
        return True

    def left(self):
        """Reaps the children that have ended and returns the others."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return set()
        return children()
