"""Clocks that are ten minutes off, or jump back (clock.c): the commit chain gives the order, and no lock that is alive is taken."""
import itertools
import os
import random
import subprocess
import time

import journal
from report import Found
from world import start_and_wait

CONFIG = """version: 1
state: {{remote: "{git}"}}
environments:
  production:
    lock: {{lease: {lease}, wait: {wait}}}
    services:
      first: {{driver: command, deploy: {{run: ./work first}}}}
      second: {{driver: command, deploy: {{run: ./work second}}, needs: [first]}}
      third: {{driver: command, deploy: {{run: ./work third}}, needs: [second]}}
"""

# Each step takes as long as the file `slow-VERSION` says.
WORK = """#!/bin/sh
echo "$BELAY_VERSION $1" >>ran
[ ! -e "slow-$BELAY_VERSION" ] || sleep "$(cat "slow-$BELAY_VERSION")"
"""

MINUTES = 600


class Shop:
    """A work tree and a repository of its own; runs belay with a clock that is off."""

    def __init__(self, place, lease="5m", wait="0s"):
        self.directory = os.path.join(place.directory, f"shop{time.monotonic_ns()}")
        self.work = os.path.join(self.directory, "work")
        self.git = os.path.join(self.directory, "state.git")
        self.belay = os.path.join(place.tools, "torture_belay")
        os.makedirs(self.work)
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC0", "HOME": self.directory,
                            "TMPDIR": self.directory}
        subprocess.run(["git", "init", "-q", "--bare", self.git], check=True, env=self.environment)
        self.write("belay.yml", CONFIG.format(git=self.git, lease=lease, wait=wait))
        self.write("work", WORK)
        os.chmod(os.path.join(self.work, "work"), 0o755)

    def write(self, name, text):
        with open(os.path.join(self.work, name), "w") as file:
            file.write(text)

    def _environment(self, off, jump):
        environment = {**self.environment, "BELAY_TORTURE_CLOCK": str(off)}
        if jump:
            environment["BELAY_TORTURE_JUMP"] = jump
        return environment

    def run(self, *arguments, off=0, jump=None, timeout=60):
        return start_and_wait([self.belay, *arguments], self._environment(off, jump), self.work, timeout)

    def deploy(self, version, **options):
        return self.run("deploy", "-e", "production", "--version", version, **options)

    def start(self, version, off=0, jump=None):
        """In the background; returns when its first step is at work."""
        log = open(os.path.join(self.work, f"{version}.log"), "wb")
        process = subprocess.Popen([self.belay, "deploy", "-e", "production", "--version", version], cwd=self.work, stdout=log,
                                   stderr=log, stdin=subprocess.DEVNULL, env=self._environment(off, jump))
        log.close()
        until = time.monotonic() + 20
        while f"{version} first" not in self.ran() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        return process

    def ran(self):
        try:
            with open(os.path.join(self.work, "ran")) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def faults(self):
        found = journal.faults(self) + journal.repository_faults(self)
        for off in (0, MINUTES, -MINUTES):
            ran = self.run("verify", off=off)
            if ran.status != 0:
                found.append("verify: " + ran.text().strip())
        return found

    def types(self):
        return [event["type"] for _, _, event in journal.events(self)]

    def takeovers(self):
        return sum(1 for _, _, event in journal.events(self) if (event.get("data") or {}).get("taken_over"))

    def live(self, off=0):
        return self.run("status", "--jq", ".environments[0].services.first.live.version", off=off).out.decode().strip()


def order(place, rng):
    """Runs one after the other, each with another clock, some of which jump while they run."""
    shop = Shop(place)
    faults = []
    versions = [f"v{number}" for number in range(8)]
    for version in versions:
        off = rng.choice((0, MINUTES, -MINUTES))
        jump = f"{rng.randrange(2, 30)}:{off - MINUTES}" if rng.random() < 0.5 else None
        ran = shop.deploy(version, off=off, jump=jump)
        if ran.status != 0:
            faults.append(f"{version} ({off} s, jump {jump}) ended with {ran.status}: {ran.text().strip()}")
        if shop.live(rng.choice((0, MINUTES, -MINUTES))) != version:
            faults.append(f"{shop.live()} is live after {version}")
    history = shop.run("history", "--type", "deployment.committed", "--jq", "[.events[].event.data.version] | join(\" \")")
    if history.out.decode().split() != versions[::-1]:
        faults.append(f"history is not in order: {history.text().strip()}")
    return Found(faults=faults + shop.faults())


def alive(place, holder, other):
    """A holder is at work; another run, whose clock differs by ten minutes, leaves it alone."""
    shop = Shop(place, lease="1m")
    shop.write("slow-v1", "1")
    process = shop.start("v1", off=holder)
    ran = shop.deploy("v2", off=other, timeout=90)
    status = process.wait(60)
    faults = shop.faults()
    if status != 0:
        with open(os.path.join(shop.work, "v1.log")) as file:
            faults.append(f"the holder ended with {status}: {file.read().strip()}")
    if ran.status not in (0, 10):
        faults.append(f"the other one ended with {ran.status}: {ran.text().strip()}")
    if shop.takeovers():
        faults.append(f"a lock that is alive was taken over: {ran.text().strip()}")
    if shop.ran()[:3] != ["v1 first", "v1 second", "v1 third"]:
        faults.append(f"others came between: {shop.ran()}")
    return Found(faults=faults, note=ran.note())


def renewed(place, jump):
    """The holder's clock jumps back by ten minutes: its lease is renewed all the same, and nobody takes it."""
    shop = Shop(place, lease="3s")
    shop.write("slow-v1", "1.2")
    process = shop.start("v1", jump=jump)
    ran = shop.deploy("v2", timeout=90)
    status = process.wait(60)
    faults = shop.faults()
    if status != 0 or "lock.renewed" not in shop.types():
        faults.append(f"the holder ended with {status}, and wrote {' '.join(shop.types())}")
    if ran.status not in (0, 10):
        faults.append(f"the other one ended with {ran.status}: {ran.text().strip()}")
    if shop.takeovers():
        faults.append(f"a lock that is alive was taken over: {ran.text().strip()}")
    return Found(faults=faults, note=ran.note())


def dead(place, holder, other):
    """The holder was killed: whoever waits takes over when the lease is over, whatever the clocks say."""
    shop = Shop(place, lease="2s", wait="60s")
    shop.write("slow-v1", "0.2")
    process = shop.start("v1", off=holder)
    process.kill()
    process.wait()
    begin = time.monotonic()
    ran = shop.deploy("v2", off=other, timeout=90)
    seconds = time.monotonic() - begin
    faults = shop.faults()
    if ran.status != 0 or shop.takeovers() != 1:
        faults.append(f"it ended with {ran.status} after {seconds:.1f} s and {shop.takeovers()} takeovers: {ran.text().strip()}")
    elif seconds > 15:
        faults.append(f"it took {seconds:.1f} s to take over a lease of 2 s")
    return Found(faults=faults, note=ran.note())


def experiments(place, only, sampled, limit, seed):
    pairs = [(0, MINUTES), (-MINUTES, 0), (0, -MINUTES), (MINUTES, 0), (-MINUTES // 2, MINUTES // 2), (0, 0)]
    chosen = {}
    for number in range(1 if sampled else 20):
        chosen[f"order-{number}"] = lambda place, number=number: order(place, random.Random(f"{seed} order {number}"))
    for holder, other in pairs[:2] if sampled else pairs:
        chosen[f"alive:{holder}:{other}"] = lambda place, pair=(holder, other): alive(place, *pair)
    for holder, other in pairs[1:3] if sampled else pairs:
        chosen[f"dead:{holder}:{other}"] = lambda place, pair=(holder, other): dead(place, *pair)
    for reading in (12,) if sampled else range(2, 30, 3):
        jump = f"{reading}:{-MINUTES}"
        chosen[f"renewed:{jump}"] = lambda place, jump=jump: renewed(place, jump)
    for name, run in itertools.islice(chosen.items(), limit):
        if not only or only == name:
            yield name, run
