"""Forks that cannot speak for one another: each has a pipe of its own, and only the parent holds the channel."""

import json
import os
import select
import signal
import time

LINE_BYTES = 1 << 26
#: seconds a child may sleep without a reason before it counts as hung
MOST_IDLE = 1.5


class Fork:
    """Runs `work(tell)` in a child process; `tell` sends one record to the parent."""

    def __init__(self, work, close):
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _be_child(work, write, (read, *close))
        os.close(write)
        self._pipe = read
        self._pending = b""
        self._watched = select.poll()
        self._watched.register(read, select.POLLIN)
        self._exit = _exit_descriptor(self.pid)
        if self._exit is not None:
            self._watched.register(self._exit, select.POLLIN)

    def record(self, deadline, may_idle=True):
        """The next record, or None: the child has ended. TimeoutError when the deadline (time.monotonic) passes."""
        idleness = None if may_idle else Idleness(self.pid)
        while True:
            line, found, rest = self._pending.partition(b"\n")
            if found:
                self._pending = rest
                return json.loads(line)
            if len(line) > LINE_BYTES or not self._read(deadline, idleness):
                return None

    def _read(self, deadline, idleness):
        """Waits for more bytes. False: there will be none. A grandchild may hold the pipe open, so the exit counts too."""
        longest = 0.25 if idleness else 0.05 if self._exit is None else 3600
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or (idleness and idleness.is_hung()):
                raise TimeoutError
            ready = {descriptor for descriptor, _ in self._watched.poll(min(left, longest) * 1000 + 1)}
            if self._pipe in ready:
                data = os.read(self._pipe, 1 << 20)
                self._pending += data
                return bool(data)
            if ready or (self._exit is None and _has_ended(self.pid)):
                return False

    def end(self):
        """Kills what is left of the child and its descendants."""
        for descriptor in (self._pipe, self._exit):
            if descriptor is not None:
                os.close(descriptor)
        for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
            try:
                kill(target, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass
        kill_orphans()


class Idleness:
    """Tells a child that waits for something that will never come from one that works, or waits for its turn."""

    def __init__(self, pid):
        self.pid = pid
        self.used = None
        self.since = time.monotonic()

    def is_hung(self):
        """Asleep, with no processor time used and no process of its own to wait for."""
        try:
            with open("/proc/%d/stat" % self.pid) as file:
                state, *fields = file.read().rpartition(")")[2].split()
            with open("/proc/%d/task/%d/children" % (self.pid, self.pid)) as file:
                has_children = bool(file.read())
        except OSError:
            return False
        used = fields[10:12]
        if used != self.used or state != "S" or has_children:
            self.used, self.since = used, time.monotonic()
        return time.monotonic() - self.since > MOST_IDLE


def _be_child(work, write, close):
    try:
        os.setpgid(0, 0)
        for descriptor in close:
            os.close(descriptor)
        os.set_blocking(write, True)

        def tell(record):
            data = json.dumps(record, separators=(",", ":")).encode() + b"\n"
            while data:
                data = data[os.write(write, data) :]

        work(tell)
    finally:
        os._exit(0)


def _exit_descriptor(pid):
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _has_ended(pid):
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def kill_orphans():
    """Descendants that moved to another group come to us when their parent ends: see `adopt_orphans`."""
    while True:
        try:
            with open("/proc/self/task/%d/children" % os.getpid()) as file:
                children = file.read().split()
        except OSError:
            return
        if not children:
            return
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
                os.waitpid(int(child), 0)
            except OSError:
                pass


def adopt_orphans():
    _process_option(36, 1)  # PR_SET_CHILD_SUBREAPER


def hide_from_children():
    """Without this a child could open the parent's channel through /proc. Children turn it off for themselves."""
    _process_option(4, 0)  # PR_SET_DUMPABLE


def show_again():
    _process_option(4, 1)


def _process_option(option, value):
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
