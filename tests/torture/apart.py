"""Hosts that serve different versions: the run is killed after one host has switched and before the other one has.

Kill points seldom fall between the two switches, they are milliseconds apart. Here one host is held up: somebody else has the lock
of its steps. When the other one has switched, the run dies, and with it what it began on the host that waits. So all that later
runs know comes from the journal and from what the hosts say."""
import fcntl
import itertools
import os
import signal
import time

import hosts
import journal
import sweep
from report import Found


class Held:
    """No step begins on `host` while this is open."""

    def __init__(self, world, host):
        self.path = os.path.join(hosts.srv(world, host), "shop", ".belay", "lock")

    def __enter__(self):
        self.file = open(self.path, "a")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def _wait(what, condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(what + " did not happen")
        time.sleep(0.005)


def _prepared(world, host):
    """Is v2 there, with nothing left to do but to switch?"""
    return any(hosts.acts(world, host, "prepared")[1:]) and not hosts.unfinished(world, host)


def _end_scripts(world, host):
    scripts = list(world.busy([host]))
    for script in scripts:
        try:
            os.kill(script, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return scripts


def _die_apart(world, slow, fast, process):
    """Waits until `slow` could switch, lets only `fast` do so, and ends the run and its script on `slow`."""
    _wait(f"{slow} is prepared", lambda: _prepared(world, slow))
    with Held(world, slow):
        with open(os.path.join(hosts.srv(world, fast), "go"), "w"):
            pass
        _wait(f"{fast} serves v2", lambda: hosts.version(world, fast) == "v2")
        process.send_signal(signal.SIGKILL)
        process.wait()
        # also one that its host was about to begin
        _wait("the peers' rest", lambda: not _end_scripts(world, slow) and not any(True for _ in world.busy()))


def make_apart(world, slow, fast, **config):
    """Hosts that serve v1 and v2, and a run that died over it. What it found wrong with that."""
    world.restore()
    world.write_config(**config)
    # `fast` is not prepared before `slow` is held up
    world.edit_config("/srv/prepared'", f"/srv/prepared; until [ $(hostname) = {slow} ] || [ -e /srv/go ]; do sleep 0.01; done'")
    ran = world.deploy("v2", during=lambda process: _die_apart(world, slow, fast, process))
    world.write_config(**config)
    faults = world.faults() + journal.repository_faults(world) + world.verify()
    if ran.status != -signal.SIGKILL:
        faults.append("the run ended with %s: %s" % (ran.status, ran.text().strip()))
    if (hosts.version(world, slow), hosts.version(world, fast)) != ("v1", "v2") or world.state() != "between":
        faults.append(f"the hosts are not apart: {world.state()}")
    return ran, faults


def says_so(world):
    """The journal tells whoever asks that something was begun and is not over."""
    ran = world.run("status", "--jq", ".environments[0] | [.transaction.version, .lock.held, .services.shop.live.version] | @json")
    if ran.status == 0 and ran.out.decode().strip() == '["v2",true,"v1"]':
        return []
    return ["status says " + ran.text().strip()]


def forward(world, slow, fast, lease=None):
    """The same command again, by force or when the lease is over."""
    ran, faults = make_apart(world, slow, fast, **({"lease": lease, "wait": "30s"} if lease else {}))
    faults += sweep.unrecognised(world) + says_so(world) + sweep.converges(world, lease)
    return Found("between", faults, note=ran.note())


def back(world, slow, fast):
    """A rollback instead: also what the journal never called live is taken back."""
    ran, faults = make_apart(world, slow, fast)
    faults += sweep.unrecognised(world) + says_so(world)
    ran = world.run("rollback", "-e", "production", "--take-lock", timeout=90)
    if ran.status != 0:
        faults.append("the rollback ends with %s: %s" % (ran.status, ran.text().strip()))
    world.quiet()
    return Found("between", faults + sweep.settled(world, "v1"), note=ran.note())


def unknown(world, slow, fast):
    """The judge itself: hosts that are apart and a journal that knows nothing of it are a fault."""
    ran, faults = make_apart(world, slow, fast)
    world.restore_only("git")
    if not sweep.unrecognised(world):
        faults.append("the journal knows nothing, and nobody minds")
    return Found("between", faults, note=ran.note())


def experiments(world, only, sampled, limit, seed):
    chosen = {}
    for slow, fast in (world.hosts[::-1], world.hosts):
        chosen[f"forward:{slow}"] = lambda world, pair=(slow, fast): forward(world, *pair)
        chosen[f"lease:{slow}"] = lambda world, pair=(slow, fast): forward(world, *pair, lease="2s")
        chosen[f"back:{slow}"] = lambda world, pair=(slow, fast): back(world, *pair)
        chosen[f"unknown:{slow}"] = lambda world, pair=(slow, fast): unknown(world, *pair)
    size = limit or (4 if sampled else len(chosen))
    for name, run in itertools.islice(chosen.items(), None if only else size):
        if not only or only == name:
            yield name, run
