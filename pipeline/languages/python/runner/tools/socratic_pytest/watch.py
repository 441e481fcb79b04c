"""Whether a child has had its time: what it worked or idled counts, not what others on the machine took from it."""

import os
import time

#: the kind of a process's clock in its number: time that it was scheduled
SCHEDULED = 2
TICKS = os.sysconf("SC_CLK_TCK")
#: seconds between two looks
LOOK = 0.25


class Watch:
    """Limits in seconds: of processor time, of sleep in a row without a process of its own to wait for, of the clock."""

    def __init__(self, pid, work, idle, longest):
        self.pid = pid
        self.work, self.idle, self.longest = work, idle, longest
        self.started = self.looked = time.monotonic()
        self.first = self.used = used_by(pid)
        self.idled = 0.0

    def is_over(self):
        now = time.monotonic()
        used, since = used_by(self.pid), now - self.looked
        if used != self.used or not is_asleep(self.pid):
            self.idled = 0.0
        else:
            # more than that, and it was us who did not get to look
            self.idled += min(since, 2 * LOOK)
        self.used, self.looked = used, now
        clock = now - self.started
        # several processes work faster than the clock, and are not to blame for it
        return min(used - self.first, clock) > self.work or self.idled > self.idle or clock > self.longest


def _proc_is_ours():
    """Whether /proc has processes under the numbers that we know: not where it is the host's, or closed."""
    try:
        with open("/proc/self/stat") as file:
            return file.read().split()[0] == str(os.getpid())
    except OSError:
        return False


PROC_IS_OURS = _proc_is_ours()


def used_by(pid):
    """Processor seconds of a process, with /proc also of those it has collected; 0 for one that is gone."""
    try:
        if not PROC_IS_OURS:
            return time.clock_gettime(~pid << 3 | SCHEDULED)
        fields = stat_of("/proc/%d" % pid)
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def is_asleep(pid):
    """Every thread sleeps, and no child is there that one of them may wait for. Never known without a /proc of ours."""
    if not PROC_IS_OURS:
        return False
    folder = "/proc/%d/task" % pid
    try:
        for thread in os.listdir(folder):
            with open("%s/%s/children" % (folder, thread)) as file:
                if file.read() or stat_of("%s/%s" % (folder, thread))[0] != "S":
                    return False
    except OSError:
        return False
    return True


def stat_of(folder):
    """State, parent, group ...: what follows the name."""
    with open(folder + "/stat") as file:
        return file.read().rpartition(")")[2].split()
