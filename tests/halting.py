#!/usr/bin/python3
"""halting.py - run a test while the machine seems to stand still for parts of it.

usage: halting.py [-m MS] [-d PART] [-s SEED] COMMAND...

While COMMAND runs, one of its processes after the other, whichever, is halted
(SIGSTOP) for 3 to MS milliseconds and continued; PART of the time one of them
is.  Each order of events that a busy machine brings about once in a hundred
runs comes often here, and the kernel breaks off calls with EINTR.  A process
belongs to COMMAND by a variable of its environment, so that daemons do too.

A process that the test has stopped itself stays so.  Programs of others may not
stand it: what fails here is to be understood, not to be counted.

Exits as COMMAND does.  The last lines on standard error say which processes
stood still when; -s SEED draws the same numbers again, but not the same
processes.
"""
import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import time

VARIABLE = "SCEP_TEST_HALTING"
LAST = 400              # halts that are told of
LOOK_S = 0.1            # a new list of processes


class Processes:
    """Those of a command; a pid alone is somebody else's soon after."""

    def __init__(self, mark):
        self.mark = mark.encode()
        self.is_ours = {}
        self.ours = set()
        self.pids = []
        self.looked = 0.0

    def is_marked(self, pid):
        try:
            with open("/proc/%d/environ" % pid, "rb") as f:
                return self.mark in f.read().split(b"\0")
        except PermissionError:     # nobody may trace it, root apart
            return False

    def look(self, pid, ours):
        with open("/proc/%d/stat" % pid, "rb") as f:
            words = f.read().rsplit(b")", 1)[1].split()
        state, parent, born = words[0], int(words[1]), words[19]
        if (pid, born) not in self.is_ours:
            # One whose environment nobody may read, or that writes its title
            # over it, has a parent.
            self.is_ours[pid, born] = self.is_marked(pid) or \
                parent in ours or parent in self.ours
        if self.is_ours[pid, born]:
            ours.add(pid)
        # One that the test has stopped itself is to stay so.
        return self.is_ours[pid, born] and state not in b"TtZX"

    def now(self):
        if time.monotonic() - self.looked < LOOK_S:
            return self.pids
        found = []
        ours = set()
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            try:
                if self.look(int(name), ours):
                    found.append(int(name))
            except OSError:     # it has ended
                pass
        self.ours = ours
        self.pids = found
        self.looked = time.monotonic()
        return found


def is_to_stay(pid):
    """Somebody else has stopped it, too: that waits behind our own SIGSTOP."""
    with open("/proc/%d/status" % pid, errors="replace") as f:
        is_now = dict(line.split(":", 1) for line in f)
    return is_now["State"].split()[0] == "T" and \
        int(is_now["ShdPnd"], 16) >> (signal.SIGSTOP - 1) & 1


def halt(pid, seconds):
    """What stood still; None if it has ended meanwhile."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            what = f.read().replace(b"\0", b" ").decode("latin-1")
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        return None
    try:
        time.sleep(seconds)
    finally:
        try:
            if not is_to_stay(pid):
                os.kill(pid, signal.SIGCONT)
        except OSError:
            pass
    return what


def main():
    parser = argparse.ArgumentParser(prog="halting.py")
    parser.add_argument("-m", type=int, default=250, metavar="MS",
                        help="the longest halt (250)")
    parser.add_argument("-d", type=float, default=0.5, metavar="PART",
                        help="of the time in which one stands still (0.5)")
    parser.add_argument("-s", type=int, metavar="SEED")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    opt = parser.parse_args()
    if not opt.command or opt.m < 3 or not 0 < opt.d <= 1:
        parser.error("a COMMAND, MS from 3, PART above 0 and up to 1")

    drawn = random.Random(opt.s)
    value = str(os.getpid())
    env = dict(os.environ)
    env[VARIABLE] = value
    processes = Processes("%s=%s" % (VARIABLE, value))
    halts = collections.deque(maxlen=LAST)
    child = subprocess.Popen(opt.command, env=env)
    while child.poll() is None:
        pids = processes.now()
        seconds = min(opt.m, 3 * 2 ** drawn.uniform(0, 7)) / 1000
        if pids:
            pid = drawn.choice(pids)
            at = time.time()
            what = halt(pid, seconds)
            if what is not None:
                halts.append("%.3f %4d ms %7d %s" % (
                    at, seconds * 1000, pid, what[:100]))
        time.sleep(seconds * (1 / opt.d - 1) if pids else 0.01)
    for line in halts:
        print("#", line, file=sys.stderr)
    return child.returncode if child.returncode >= 0 else \
        128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
