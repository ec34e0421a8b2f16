"""The processor time of the processes of a browser, as the scheduler counts it (/proc/PID/task/TID/schedstat)."""
import pathlib


def _children():
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            pass  # it has ended
    return children


def descendants(pid):
    """Returns the pids of the processes that a process has started, and of those that they have started."""
    children, found = _children(), []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def is_renderer(pid):
    return b"--type=renderer" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


def seconds_of(pids):
    """Returns the processor time of all threads of the processes."""
    nanoseconds = 0
    for pid in pids:
        for schedstat in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                nanoseconds += int(schedstat.read_text().split()[0])
            except OSError:
                pass  # the thread has ended
    return nanoseconds / 1e9
