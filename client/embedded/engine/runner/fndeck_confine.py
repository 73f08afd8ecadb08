"""Applies a policy of the engine's to this process and all that it starts."""
import base64
import ctypes
import os
import stat
import struct

PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION = 0x20080522
LAST_CAPABILITY = 63
CLONE_NEWUSER = 0x10000000
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET = 444  # the same on every architecture, as the next two
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_RULE_PATH_BENEATH = 1
LANDLOCK_RULE_NET_PORT = 2
LANDLOCK_ACCESS_NET_CONNECT_TCP = 2

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def kernel(number, *args):
    """A system call; what the kernel refuses raises."""
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def leave_the_network(flags):
    """Moves this process into a network of its own, in which nothing is up."""
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "a network of its own is refused")
    if flags & CLONE_NEWUSER:
        for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (uid, uid)), ("gid_map", "%d %d 1" % (gid, gid))):
            with open("/proc/self/" + name, "w") as f:
                f.write(text)


def give_up_capabilities(keep):
    """Leaves of root's powers those whose bits are set in keep. With CAP_PERFMON,
    for one, the kernel shows the environment of any process, Landlock or not."""
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(LAST_CAPABILITY + 1):
        if not keep >> capability & 1:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused to who has none to begin with
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    had = ctypes.create_string_buffer(24)
    if libc.capget(header, had) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities cannot be read")
    effective, permitted, *_ = struct.unpack("=6I", had.raw)
    low = keep & 0xFFFFFFFF
    if libc.capset(header, struct.pack("=6I", effective & low, permitted & low, 0, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities cannot be given up")


def own_domain(policy):
    """Returns what puts a call process into a Landlock domain of its own, inside
    the zygote's. A domain's scopes end at its border, and without that all calls
    of a version are in one: they could signal and trace each other and the zygote.
    Who is outside still reaches in, as the zygote must."""
    scopes = (policy or {}).get("handled", ())[2:]
    if not scopes:
        return lambda: None  # this kernel has none
    attributes = struct.pack("=3Q", 0, 0, scopes[0])
    ruleset = kernel(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    arguments = [ctypes.c_long(a) for a in (LANDLOCK_RESTRICT_SELF, ruleset, 0)]

    def enter():
        # Nothing is made anew here: right after a fork each page that Python writes
        # to is copied first, which takes longer than the system call.
        if libc.syscall(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "a domain of its own is refused")
        os.close(ruleset)

    return enter


def confine(policy):
    """Gives up, for this process and all that it starts, what the policy denies.
    A failure raises: nothing is run less confined than the engine says."""
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError("no_new_privs is refused")
    if policy.get("unshare"):
        leave_the_network(policy["unshare"])
    give_up_capabilities(policy["keep"])
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
        for port in policy.get("ports", ()):
            kernel(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_NET_PORT, struct.pack("=QQ", LANDLOCK_ACCESS_NET_CONNECT_TCP, port), 0)
        kernel(LANDLOCK_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)
    if policy.get("filter"):
        code = ctypes.create_string_buffer(base64.b64decode(policy["filter"]))
        program = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
        if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) != 0:
            raise OSError(ctypes.get_errno(), "the seccomp filter is refused")
