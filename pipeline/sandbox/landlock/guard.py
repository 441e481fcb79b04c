"""Runs one command without rights; see README.md.

Reads its policy as JSON from descriptor 5 and says on descriptor 4, as bubblewrap does, which process ends last and how
the command ended. Three processes: the outer one is what the supervisor sees and kills; the reaper outlives it until
nothing of the command is left; the command itself gives up its rights before it starts.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import time

STATUS, POLICY = 4, 5
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
SECCOMP_MODE_FILTER = 2
OPEN_FILES = 1024
# Users from here on belong to the sandbox alone; no other may ever be signalled as a whole.
FIRST_OWN_USER = 1 << 30

# linux/landlock.h
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_SOCK, MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
ALL_NETWORK = ALL_SCOPES = 3

libc = ctypes.CDLL(None, use_errno=True)


def checked(what, result):
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def syscall(what, number, *values):
    longs = [ctypes.c_long(value) if isinstance(value, int) else value for value in values]
    return checked(what, libc.syscall(ctypes.c_long(number), *longs))


def prctl(what, option, *values):
    longs = [ctypes.c_ulong(value) for value in values] + [ctypes.c_ulong(0)] * (4 - len(values))
    return checked(what, libc.prctl(option, *longs))


def landlock_abi():
    return libc.syscall(ctypes.c_long(CREATE_RULESET), None, ctypes.c_long(0), ctypes.c_long(1))


def all_rights(abi):
    """Every right to files that this kernel can withhold."""
    newer = (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL_DEV if abi >= 5 else 0)
    return (1 << 13) - 1 | newer


def give(rules, path, rights):
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS
    syscall(f"landlock rule for {path}", ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    os.close(place)


def restrict_files(policy):
    """Everything is withheld but what the policy names."""
    abi = min(landlock_abi(), policy["abi"])
    everything = all_rights(abi)
    attributes = struct.pack("QQQ", everything, ALL_NETWORK if abi >= 4 else 0, ALL_SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = syscall("landlock rules", CREATE_RULESET, ctypes.c_char_p(attributes), size, 0)
    for path in policy["readable"]:
        give(rules, path, READ)
    for path in policy["devices"]:
        give(rules, path, READ_FILE | WRITE_FILE)
    for path in policy["writable"]:
        give(rules, path, everything & ~(MAKE_CHAR | MAKE_BLOCK | MAKE_SOCK))
    syscall("landlock", RESTRICT_SELF, rules, 0)
    os.close(rules)


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_char_p)]


def restrict_calls(program):
    code = bytes.fromhex(program)
    wanted = Filter(len(code) // 8, code)
    checked("seccomp", libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(wanted), 0, 0))


def threads_of(user):
    """How many threads a user has: what a limit on processes is compared with."""
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            pass  # Ended between two looks.
    return count


def limit(kind, most, hard=None):
    _, ceiling = resource.getrlimit(kind)
    fits = lambda value: value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
    resource.setrlimit(kind, (fits(most), fits(hard or most)))


def set_limits(policy):
    limits = policy["limits"]
    # This process is one of those it may have.
    others = threads_of(os.getuid()) - 1 if policy["user_id"] is None else 0
    limit(resource.RLIMIT_CPU, limits["cpu_s"], limits["cpu_s"] + 1)
    limit(resource.RLIMIT_FSIZE, limits["file_bytes"])
    limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NPROC, limits["process_count"] + others)
    limit(resource.RLIMIT_DATA, limits["memory_bytes"])


def become(user):
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def start(policy, complaint):
    """Gives up every right, then becomes the command. Does not return."""
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.umask(0o022)
        set_limits(policy)
        if policy["user_id"] is not None:
            become(policy["user_id"])
        prctl("death signal", PR_SET_PDEATHSIG, signal.SIGKILL)
        os.chdir(policy["cwd"])
        prctl("no new privileges", PR_SET_NO_NEW_PRIVS, 1)
        restrict_files(policy)
        os.closerange(STATUS, complaint)
        os.closerange(complaint + 1, OPEN_FILES)
        restrict_calls(policy["filter"])
        os.execvpe(policy["argv"][0], policy["argv"], policy["environment"])
    except (OSError, ValueError) as error:
        os.write(complaint, f"cannot start {policy['argv'][0]}: {error}\n".encode())
    os._exit(127)


def children_of(pid):
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(child) for child in file.read().split()]
    except OSError:
        pass  # Ended between two looks.
    return found


def descendants_of(pid):
    return [process for child in children_of(pid) for process in [child, *descendants_of(child)]]


def send(pid, what):
    try:
        os.kill(pid, what)
    except OSError:
        pass  # Ended by itself.


def kill_family():
    """Stops all before it kills any, so that none has time to fork away."""
    stopped = set()
    while True:
        running = set(descendants_of(os.getpid())) - stopped
        if not running:
            break
        for pid in running:
            send(pid, signal.SIGSTOP)
        stopped |= running
    for pid in stopped:
        send(pid, signal.SIGKILL)


def kill_user(user):
    """All processes of a user at once, which no process can evade; `user` is the sandbox's alone."""
    killer = os.fork()
    if killer == 0:
        become(user)
        if user >= FIRST_OWN_USER and os.getresuid() == (user, user, user):
            send(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(killer, 0)


def end_all(user):
    while True:
        kill_family() if user is None else kill_user(user)
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def collect(command):
    """The status of the command when it is among those that ended."""
    ended = None
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
        while pid != 0:
            if pid == command:
                ended = status
            pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        pass
    return ended


def await_end(command):
    """The command's status, or None when the outer process died first."""
    status = None
    while status is None and signal.sigwait([signal.SIGTERM, signal.SIGCHLD]) == signal.SIGCHLD:
        status = collect(command)
    return status


def exit_code(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def reap(policy, outer):
    """Waits for the command or for the death of the outer process, then ends everything that is left. Never returns."""
    os.setsid()
    prctl("death signal", PR_SET_PDEATHSIG, signal.SIGTERM)
    prctl("subreaper", PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != outer:
        os._exit(1)
    ear, mouth = os.pipe()
    command = os.fork()
    if command == 0:
        start(policy, mouth)
    for descriptor in (0, 1, 3, mouth):
        os.close(descriptor)
    complaint = os.read(ear, 4096)
    status = await_end(command)
    end_all(policy["user_id"])
    if complaint:
        os.write(2, complaint)
    elif status is not None:
        os.write(STATUS, f'{{ "exit-code": {exit_code(status)} }}\n'.encode())
    os._exit(0)


def main():
    if sys.argv[1:] == ["abi"]:
        print(landlock_abi())
        return
    with open(POLICY) as file:
        policy = json.load(file)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
    prctl("death signal", PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != policy["parent_pid"]:
        return
    outer = os.getpid()
    reaper = os.fork()
    if reaper == 0:
        reap(policy, outer)
    os.write(STATUS, f'{{ "child-pid": {reaper} }}\n'.encode())
    for descriptor in (0, 1, 3):
        os.close(descriptor)
    os.waitpid(reaper, 0)
    os._exit(0)


main()
