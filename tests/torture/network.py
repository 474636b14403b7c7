"""Network sweep: each request of the run (git, HTTP, SSH) meets each fault of proxy.py, once.

Every act happens once, or the run says that it does not know and how to find out; the run after it brings everything to v2."""
import random

import hosts
import journal
import sweep
from proxy import HTTP_FAULTS, OUTAGES, RETRY_AFTER_SECONDS, SSH_FAULTS, Proxy
from report import Found

SAMPLE = 36
# What a run may say when it cannot know, or when something is left to do: where to look or what to run.
WAYS_ON = ("belay status", "belay history", "look at", "run the same command", "run it again", "by hand", "not known",
           "'belay deploy'", "nothing was changed")


def proxy_of(world):
    if not hasattr(world, "proxy"):
        world.proxy = Proxy(world)
    return world.proxy


class Strike:
    """What the proxy saw of a run."""

    def __init__(self, proxy, name=None):
        self.counts = proxy.counts()
        service = proxy.services[name] if name else None
        self.struck = not service or service.struck
        self.hit_push = name == "git" and "receive-pack" in service.struck_what()
        self.left_alone_seconds = service.left_alone_seconds() if self.hit_push else None


def deploy(world, fault=(), timeout=75):
    proxy = proxy_of(world)
    world.restore()
    world.write_config(timeout="3s", **proxy.config, **({"lease": "6s"} if "over" in fault else {}))
    proxy.arm(*fault)
    ran = world.deploy("v2", timeout=timeout)
    strike = Strike(proxy, *fault[:1])
    proxy.arm()
    return ran, strike


def points(world):
    ran, strike = deploy(world)
    if ran.status != 0:
        raise RuntimeError("an undisturbed run failed: " + ran.text())
    world.quiet()
    found = []
    for name, count in strike.counts.items():
        faults = SSH_FAULTS if name.startswith("ssh") else HTTP_FAULTS
        if name == "git":
            faults += tuple(OUTAGES)
        found += [(name, fault, at) for fault in faults for at in range(1, count + 1)]
    return found


def experiment(world, point):
    name, fault, at = point[0], point[1], int(point[2])
    slow = name == "git" and fault == "stall"  # git has a deadline of its own
    ran, strike = deploy(world, (name, fault, at), 260 if slow else 75)
    while not strike.struck and at > 1:  # a turn more or fewer
        at = min(at - 1, strike.counts[name])
        ran, strike = deploy(world, (name, fault, at), 260 if slow else 75)
    faults = sweep.ended_well(ran)
    if strike.hit_push:
        faults += pushed_again(ran, fault, strike)
    if ran.seconds > 60 and not slow:
        faults.append("it took %d seconds" % ran.seconds)
    world.quiet()
    state = world.state()
    faults += world.faults() + journal.repository_faults(world) + world.verify() + sweep.unrecognised(world)
    faults += sweep.acted_twice(world) + prepared_twice(world) + sweep.as_said(world, ran, state)
    is_open = journal.is_open(world)
    if ran.status != 0 and (is_open or state == "between") and not any(way in ran.text() for way in WAYS_ON):
        faults.append("something is left to do, and it does not say what: " + ran.text().strip())
    if ran.status == 0 and is_open:
        faults.append("it ended with 0 and the transaction is open")
    return Found(state, faults + sweep.converges(world), note=ran.note())


def pushed_again(ran, fault, strike):
    """A push that meets a fault that passes is made again: the run goes on as if there had been none."""
    found = []
    if fault == "over" and (ran.status != 1 or "HTTP 503" not in ran.text()):
        found.append("the remote was gone for good, and it ended with %s: %s" % (ran.status, ran.text().strip()))
    if fault == "over" and "v2 is live" in ran.text() and not all(way in ran.text() for way in ("belay status", "belay verify")):
        found.append("v2 is live, its record is lost, and it does not say how to find out: " + ran.text().strip())
    if fault != "over" and ran.status != 0:
        found.append("a push was not made again; it ended with %s: %s" % (ran.status, ran.text().strip()))
    if fault in ("429", "503") and strike.left_alone_seconds < RETRY_AFTER_SECONDS:
        found.append("asked to wait %d s, it waited %.2f s" % (RETRY_AFTER_SECONDS, strike.left_alone_seconds))
    return found


def prepared_twice(world):
    return [f"{host}: prepared {act} twice" for host in world.hosts for acts in [hosts.acts(world, host, "prepared")]
            for act in sorted(set(acts)) if acts.count(act) > 1]


def experiments(world, only, sampled, limit, seed):
    if only:
        chosen = [tuple(only.split(":"))]
    else:
        rng = random.Random(f"{seed} network")
        chosen = [point for point in points(world) if not (sampled and point[:2] == ("git", "stall"))]
        chosen = sweep.varieties([(name, at, fault) for name, fault, at in chosen],
                                 limit or (SAMPLE if sampled else len(chosen)), rng)
        chosen = [(name, fault, at) for name, at, fault in chosen]
    for point in chosen:
        yield sweep.label(point), lambda world, point=point: experiment(world, point)
