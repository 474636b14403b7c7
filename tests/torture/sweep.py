"""Kill, error and signal sweeps: the run is struck at the n-th call of a system call (strike.c).

A deployment of v2 over v1 to two hosts, with the journal on HTTPS and gates, is struck once. Then: the hosts are sound, the
journal is sound, what is between old and new is on the journal; and one more run brings everything to v2."""
import itertools
import os
import random

import hosts
import journal
from report import Found

DOCUMENTED = (0, 1, 2, 3, 4, 5, 10, 11, 130)
GRACE_SECONDS = 7.5  # between SIGINT and SIGTERM on GitHub's runner

# Errors that the calls can really have.
ERRORS = {
    "ENOSPC": "write pwrite64 writev openat mkdir link symlink rename fsync ftruncate close",
    "EIO": "read pread64 write pwrite64 openat close newfstatat access readlink getdents64 mkdir link symlink rename unlink "
           "rmdir chmod fsync ftruncate",
    "EMFILE": "openat socket eventfd2 fcntl pipe2",
    "EINTR": "read write openat connect sendto recvfrom poll close fsync",
}
SIGNALS = "read write openat close mkdir rename unlink connect sendto recvfrom poll clone3"


def strike(world, report, point=()):
    return [os.path.join(world.tools, "torture_strike"), report, *[str(word) for word in point], "--"]


def count_calls(world):
    """How often each call is made, by an undisturbed run."""
    world.restore()
    path = os.path.join(world.tmp, "report")
    ran = world.deploy("v2", prefix=strike(world, path))
    if ran.status != 0:
        raise RuntimeError("an undisturbed run failed: " + ran.text())
    counts = {}
    with open(path) as file:
        for line in file:
            name, _, number = line.partition(" ")
            if name not in ("exit", "signal", "execve"):
                counts[name] = int(number)
    world.quiet()
    faults = world.faults() + world.verify()
    if faults:
        raise RuntimeError("an undisturbed run leaves faults: " + "; ".join(faults))
    return counts


def points_kill(counts):
    return [(call, n, "KILL") for call, count in counts.items() for n in range(1, count + 1)]


def points_errors(counts):
    return [(call, n, error) for error, calls in ERRORS.items() for call in calls.split()
            for n in range(1, counts.get(call, 0) + 1)]


def points_signals(counts):
    return [(call, n, signal) for signal in ("INT", "TERM") for call in SIGNALS.split() for n in range(1, counts.get(call, 0) + 1)]


def stretches(points, size, rng):
    """A part that has something of every stretch of the run."""
    step = len(points) / size
    return [points[int(step * (index + rng.random()))] for index in range(size)]


def varieties(points, size, rng):
    """A part that has something of every call with every action."""
    groups = {}
    for point in points:
        groups.setdefault((point[0], point[2]), []).append(point)
    groups = list(groups.values())
    for group in groups:
        rng.shuffle(group)
    rng.shuffle(groups)
    rounds = itertools.chain.from_iterable(itertools.zip_longest(*groups))
    return list(itertools.islice((point for point in rounds if point), size))


# ---- one experiment ----------------------------------------------------------------------------------------------------------


def unrecognised(world):
    """Hosts that are not as they were, and the journal does not say why."""
    if world.state() == "old" and not any(hosts.acts(world, host, "prepared")[1:] for host in world.hosts):
        return []
    for _, _, event in journal.events(world):
        if event["type"] == "deployment.begun" and event["data"].get("version") == "v2":
            return []
    return ["the hosts were changed and the journal does not know of it"]


def acted_twice(world):
    return [f"{host}: hook {kind} ran twice for {act}" for host in world.hosts for kind in ("switched", "undone")
            for acts in [hosts.acts(world, host, kind)] for act in sorted(set(acts)) if acts.count(act) > 1]


def converges(world, lease=None):
    """One more run: by force, or when the dead run's lease is over."""
    if lease:
        ran = world.deploy("v2", timeout=90)
    else:
        ran = world.deploy("v2", "--take-lock", timeout=90)
    if ran.status != 0:
        return ["the run after it ends with %s: %s" % (ran.status, ran.text().strip())]
    world.quiet()
    return settled(world, "v2")


def settled(world, version):
    """Everything is at `version`, and nothing is open or left over."""
    found = world.faults() + journal.repository_faults(world) + world.verify() + acted_twice(world)
    for host in world.hosts:
        if hosts.version(world, host) != version:
            found.append(f"{host} serves {hosts.version(world, host)} after the run that followed")
        if version == "v2":  # the next deployment prunes what one that failed left behind
            found += hosts.leftovers(world, host)
    status = world.run("status", "--jq", ".environments[0] | [.services.shop.live.version, .transaction, .lock.held] | @json")
    if status.out.decode().strip() != f'["{version}",null,false]':
        found.append("status says " + status.text().strip())
    return found


def struck_run(world, point, timeout=75, **config):
    """A run that was struck. Threads make a few calls more or fewer each time: then the last one is struck instead."""
    call, n, action = point[0], int(point[1]), point[2]
    path = os.path.join(world.tmp, "report")
    while True:
        world.restore()
        if config:
            world.write_config(**config)
        ran = world.deploy("v2", prefix=strike(world, path, (call, n, action)), timeout=timeout)
        with open(path) if os.path.exists(path) else open(os.devnull) as file:
            report = file.read().splitlines()
        if "struck" in report or ran.status != 0:
            return ran
        n = min(n - 1, next((int(line.split()[1]) for line in report if line.startswith(call + " ")), 0))
        if n < 1:
            raise RuntimeError(f"there is no call of {call}")


def experiment_kill(world, point, rng):
    lease = "2s" if rng.random() < 0.1 else None
    ran = struck_run(world, point, **({"lease": lease, "wait": "30s"} if lease else {}))
    faults = world.faults()  # at once, while scripts on the hosts may still be running
    if ran.status != 137:
        faults.append("the run ended with %s instead of being killed: %s" % (ran.status, ran.text().strip()))
    if lease or rng.random() < 0.7:
        world.quiet()
        faults += world.faults() + journal.repository_faults(world) + world.verify()
    state = world.state()
    faults += unrecognised(world) + converges(world, lease)
    return Found(state, faults, note=ran.note())


def experiment_error(world, point, _):
    ran = struck_run(world, point)
    faults = ended_well(ran)
    if ran.seconds > 60:
        faults.append("it took %d seconds" % ran.seconds)
    world.quiet()
    faults += world.faults() + journal.repository_faults(world) + world.verify() + unrecognised(world) + acted_twice(world)
    state = world.state()
    faults += as_said(world, ran, state)
    return Found(state, faults + converges(world), note=ran.note())


def experiment_signal(world, point, _):
    ran = struck_run(world, point)
    faults = ended_well(ran, (0, 3, 130))
    if ran.seconds > GRACE_SECONDS:
        faults.append("it took %.1f seconds, longer than the runner's grace" % ran.seconds)
    world.quiet()
    state = world.state()
    faults += world.faults() + as_said(world, ran, state) + settled(world, {"old": "v1", "new": "v2"}.get(state, "v?"))
    return Found(state, faults + converges(world), note=ran.note())


def ended_well(ran, documented=DOCUMENTED):
    """A documented status, and a word about it when it is not 0."""
    if ran.status is None:
        return ["it hung: " + ran.text().strip()]
    if ran.status not in documented:
        return ["it ended with %d: %s" % (ran.status, ran.text().strip())]
    if ran.status != 0 and not ran.out.strip() and not ran.err.strip():
        return ["it ended with %d and without a word" % ran.status]
    return []


def as_said(world, ran, state):
    """0 means new. 3 and 130 mean old, unless it is said that something is left to do."""
    if ran.status == 0 and state != "new":
        return [f"it ended with 0 and the hosts are {state}: {ran.text().strip()}"]
    if ran.status in (3, 130) and state != "old":
        return [f"it ended with {ran.status} and the hosts are {state}: {ran.text().strip()}"]
    if ran.status in (10, 11) and state != "old":
        return [f"it ended with {ran.status} and the hosts are {state}: {ran.text().strip()}"]
    if ran.status in (1, 2) and state != "old" and "journal" not in ran.text() and "writing standard output" not in ran.text():
        return [f"it ended with {ran.status}, which is for what failed before anything was switched, and the hosts are {state}: "
                + ran.text().strip()]
    return []


KINDS = {
    "kill": (points_kill, experiment_kill, stretches, 40),
    "errors": (points_errors, experiment_error, varieties, 30),
    "signals": (points_signals, experiment_signal, varieties, 12),
}


def label(point):
    return ":".join(str(word) for word in point)


def experiments(kind, world, only, sampled, limit, seed):
    """[(name, run)] of one of the kinds above."""
    points, experiment, thin, size = KINDS[kind]
    if only:
        chosen = [tuple(only.split(":"))]
    else:
        chosen = points(count_calls(world))
        size = min(limit or (size if sampled else len(chosen)), len(chosen))
        chosen = thin(chosen, size, random.Random(f"{seed} {kind}"))
    for point in chosen:
        def run(world, point=point):
            return experiment(world, point, random.Random(f"{seed} {kind} {label(point)}"))
        yield label(point), run
