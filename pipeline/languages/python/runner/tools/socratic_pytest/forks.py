"""Forks that cannot speak for one another: each has a pipe of its own, and only the parent holds the channel."""

import json
import os
import select
import signal

from .watch import LOOK

LINE_BYTES = 1 << 26


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

    def record(self, watch):
        """The next record, or None: the child has ended. TimeoutError when the watch says that it has had its time."""
        while True:
            line, found, rest = self._pending.partition(b"\n")
            if found:
                self._pending = rest
                return json.loads(line)
            if len(line) > LINE_BYTES or not self._read(watch):
                return None

    def _read(self, watch):
        """Waits for more bytes. False: there will be none. A grandchild may hold the pipe open, so the exit counts too."""
        longest = LOOK if self._exit is not None else 0.05
        while True:
            if watch.is_over():
                raise TimeoutError
            ready = {descriptor for descriptor, _ in self._watched.poll(longest * 1000)}
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
