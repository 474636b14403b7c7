"""The torture chamber: runs experiments in worlds side by side and prints what became of them. See scripts/torture."""
import argparse
import concurrent.futures
import functools
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import world as worlds
from report import Found, Report

import alloc
import apart
import clock
import contend
import leaks
import network
import sweep

# kind: (makes experiments, where they are made, what it is)
KINDS = {
    "kill": (functools.partial(sweep.experiments, "kill"), "world", "SIGKILL at every (system call, n) of a deployment"),
    "apart": (apart.experiments, "world", "SIGKILL while one host has switched and the other one has not"),
    "errors": (functools.partial(sweep.experiments, "errors"), "world",
               "ENOSPC, EIO, EMFILE and EINTR at every call that can fail with them"),
    "signals": (functools.partial(sweep.experiments, "signals"), "world", "SIGINT and SIGTERM at every call"),
    "network": (network.experiments, "world",
                "each request and SSH turn: refused, reset, answer lost, truncated, stalled, 429, 5xx"),
    "memory": (alloc.experiments, "world", "each allocation of a deployment fails"),
    "contention": (contend.experiments, "world", "many writers of one branch, many deployments that want one lock"),
    "clock": (clock.experiments, "place", "clocks that are ten minutes off or jump back"),
    "secrets": (leaks.experiments, "world", "planted wherever they could get out, looked for wherever they could end up"),
    "units": (alloc.unit_experiments, "place", "each allocation of each unit test fails; 400 of those that make more"),
}


class Place:
    """A directory, for experiments that need no peers."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory)

    def stop(self):
        pass


class Chamber:
    """Worlds and places, each used by one experiment at a time, that are started when they are first needed."""

    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        self.keys = os.path.join(directory, "keys")
        subprocess.run([os.path.join(worlds.PEERS, "keys.sh"), "start", self.keys], check=True, stdin=subprocess.DEVNULL)
        self.free = {}
        self.all = []

    def _start(self, where):
        directory = os.path.join(self.directory, f"{where}{len(self.all)}")
        if where == "world":
            place = worlds.World(directory, self.arguments.belay, self.keys)
        else:
            place = Place(directory)
        self.all.append(place)
        place.belay, place.tools = self.arguments.belay, self.arguments.tools
        if where == "world":
            place.begin()
        return place

    def open(self, where):
        if where not in self.free:
            self.free[where] = queue.Queue()
            for _ in range(self.arguments.jobs):
                self.free[where].put(self._start(where))

    def close(self):
        for place in self.all:
            place.stop()

    def run(self, where, experiment):
        place = self.free[where].get()
        try:
            return experiment(place)
        finally:
            self.free[where].put(place)

    def run_guarded(self, where, experiment):
        try:
            return self.run(where, experiment)
        except Exception:  # an experiment that cannot be made says nothing good
            return Found(faults=["the experiment itself failed: " + traceback.format_exc()])


def run_kind(chamber, kind, arguments, report):
    make, where, _ = KINDS[kind]
    chamber.open(where)
    with report.timed(kind):
        experiments = chamber.run(where, lambda place: list(
            make(place, arguments.point, arguments.sample, arguments.limit, arguments.seed)))
        print(f"{kind}: {len(experiments)} experiments", flush=True)
        pool = concurrent.futures.ThreadPoolExecutor(arguments.jobs)
        try:
            running = {pool.submit(chamber.run_guarded, where, run): name for name, run in experiments}
            for done in concurrent.futures.as_completed(running):
                name = running[done]
                report.add(kind, name, done.result(),
                           f"scripts/torture --only {kind} --point {name} --seed {arguments.seed}")
        finally:
            pool.shutdown(cancel_futures=True)  # when we are interrupted: those under way end, no other begins


def parse():
    parser = argparse.ArgumentParser(prog="scripts/torture", description="Counted experiments instead of hope.")
    parser.add_argument("--sample", action="store_true", help="the part that scripts/test runs")
    parser.add_argument("--only", action="append", choices=KINDS, metavar="KIND", help="only this kind; may be given again")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N experiments of a kind")
    parser.add_argument("--point", metavar="NAME", help="with --only: this experiment and no other")
    parser.add_argument("--seed", help="chooses the sample (default: another one each time)")
    parser.add_argument("--list", action="store_true", help="list the kinds")
    parser.add_argument("--build", metavar="DIR", help="where belay and tests/torture_* are (default: build/release)")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="worlds side by side")
    parser.add_argument("--verbose", action="store_true", help="a line for each experiment")
    parser.add_argument("--keep", action="store_true", help="leave the worlds' directories behind")
    arguments = parser.parse_args()
    if arguments.point and len(arguments.only or []) != 1:
        parser.error("--point belongs to one --only")
    arguments.seed = arguments.seed or str(random.randrange(10 ** 6))
    build = os.path.realpath(arguments.build or os.path.join(worlds.ROOT, "build", "release"))
    arguments.belay, arguments.tools = os.path.join(build, "belay"), os.path.join(build, "tests")
    return arguments


def main():
    arguments = parse()
    if arguments.list:
        for kind, (_, _, text) in KINDS.items():
            print(f"{kind:<14}{text}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell's background job starts with it ignored, and so would belay
    kinds = arguments.only or list(KINDS)
    if os.geteuid() != 0:
        print("torture: needs root (hosts are made of namespaces)\ntorture: 0 passed, 0 failed, %d skipped" % len(kinds))
        return 0
    if not os.access(arguments.belay, os.X_OK):
        print(f"torture: there is no {arguments.belay}: cmake --preset release && cmake --build --preset release", file=sys.stderr)
        return 2
    report = Report(kinds, arguments.verbose)
    directory = tempfile.mkdtemp(prefix="belay-torture.", dir="/tmp")
    os.chmod(directory, 0o755)
    chamber = Chamber(arguments, directory)
    try:
        for kind in kinds:
            run_kind(chamber, kind, arguments, report)
    finally:
        chamber.close()
        if not arguments.keep:
            shutil.rmtree(directory, ignore_errors=True)
    report.print(arguments.seed)
    return 1 if report.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
