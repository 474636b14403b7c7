"""Allocation torture: the n-th allocation of our own code fails (alloc.c). What may happen: nothing, or one line and status 1.

`units` does it to every unit test, `memory` to a whole deployment; after the latter what holds after a kill holds too."""
import os
import random

import journal
import sweep
from report import Found
from world import ROOT, start_and_wait

MANY = 400  # some tests make half a million, most of them the same again
LINE = b"belay: out of memory\n"


def _environment(place, number=0, count=None):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC0", "BELAY_TORTURE_FAIL": str(number)}
    if count:
        environment["BELAY_TORTURE_COUNT"] = count
    return environment


def _count(path):
    try:
        with open(path) as file:
            return int(file.read())
    except FileNotFoundError:
        return 0
    finally:
        if os.path.exists(path):
            os.unlink(path)


# ---- unit tests ---------------------------------------------------------------------------------------------------------


def run_unit(place, test, number=0, count=None):
    return start_and_wait([os.path.join(place.tools, "torture_units"), test], _environment(place, number, count), ROOT, 120)


def unit_experiment(place, test, number):
    ran = run_unit(place, test, number)
    if ran.status in (0, 77) or (ran.status == 1 and LINE in ran.err + ran.out):
        return Found(note=f"exit {ran.status}")
    return Found(faults=[f"{test} ended with {ran.status}: {ran.text()[-2000:].strip()}"])


def unit_points(place, rng, sampled):
    """[(test, n)]: each allocation of each test, MANY of those that make more; one of a sample of tests."""
    listed = start_and_wait([os.path.join(place.tools, "torture_units"), "-l"], _environment(place), ROOT, 60)
    tests = sorted(set(listed.out.decode().split()))
    if sampled:
        tests = rng.sample(tests, min(sampled, len(tests)))
    found = []
    for test in tests:
        path = os.path.join(place.directory, "count")
        run_unit(place, test, count=path)
        numbers = range(1, _count(path) + 1)
        if len(numbers) > MANY:
            numbers = sweep.stretches(numbers, MANY, rng)
        found += [(test, rng.choice(numbers))] if sampled and numbers else [(test, number) for number in numbers]
    return found


def unit_experiments(place, only, sampled, limit, seed):
    rng = random.Random(f"{seed} units")
    if only:
        chosen = [tuple(only.rsplit(":", 1))]
    else:
        chosen = unit_points(place, rng, 25 if sampled else None)
    if limit and limit < len(chosen):
        chosen = rng.sample(chosen, limit)
    for test, number in chosen:
        yield f"{test}:{number}", lambda place, test=test, number=number: unit_experiment(place, test, int(number))


# ---- a deployment ------------------------------------------------------------------------------------------------------


def deploy(world, number=0, count=None):
    world.restore()
    return world.deploy("v2", program=os.path.join(world.tools, "torture_belay"),
                        environment={name: value for name, value in _environment(world, number, count).items() if "TORTURE" in name})


def experiment(world, number):
    ran = deploy(world, number)
    faults = world.faults()
    if ran.status == 1:
        if not ran.err.endswith(LINE) or ran.out:
            faults.append("it ended with 1, but not as it should: " + ran.text().strip())
    elif ran.status != 0:
        faults.append(f"it ended with {ran.status}: {ran.text().strip()}")
    world.quiet()
    state = world.state()
    faults += world.faults() + journal.repository_faults(world) + world.verify() + sweep.unrecognised(world)
    return Found(state, faults + sweep.converges(world), note=ran.note())


def experiments(world, only, sampled, limit, seed):
    if only:
        chosen = [int(only)]
    else:
        path = os.path.join(world.directory, "count")
        deploy(world, count=path)
        chosen = range(1, _count(path) + 1)
        size = min(limit or (25 if sampled else len(chosen)), len(chosen))
        chosen = sweep.stretches(chosen, size, random.Random(f"{seed} memory"))
    for number in chosen:
        yield str(number), lambda world, number=number: experiment(world, number)
