"""Limits of one process, which the kernel holds it and all that it starts to."""
import resource


def bound(limits, base):
    """Sets the limits that stay; base is the address space that is in use already
    and free."""
    if limits["memory"]:
        lower(resource.RLIMIT_AS, base + limits["memory"])
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, limits["files"])
    lower(resource.RLIMIT_FSIZE, limits["file"])
    if limits.get("tasks"):
        lower(resource.RLIMIT_NPROC, limits["tasks"])


def bound_time(limits, used):
    """Bounds the CPU time of one call; used are the seconds of those before it."""
    if limits.get("cpu"):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + limits["cpu"], hard))


def lower(kind, most):
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))
