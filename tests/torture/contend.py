"""Many at once: writers of one branch, and deployments that want the same lock.

Writers: nothing is lost, nothing is there twice, everybody's events are in the order in which they were written, nobody gives
up; what they waited and how often they asked to push is told. Deployments:
no two at a time, proven by what they did and by the events of the lock."""
import json
import os
import subprocess

import journal
from report import Found
from world import start_and_wait

WRITERS = """version: 1
state: {{remote: "{remote}"{token}, branch: {branch}}}
environments: {{shared: {{}}}}
"""

EXCLUSION = """version: 1
state: {{remote: "{remote}", token: {{env: GIT_TOKEN}}, branch: {branch}}}
environments:
  production:
    lock: {{lease: 5m, wait: 10m}}
    services: {{app: {{driver: command, deploy: {{run: ./work}}}}}}
"""

# Adds one to a file in a way that loses counts when two do it at once, and notes when somebody else is there.
WORK = """#!/bin/sh
mkdir busy || echo "$BELAY_VERSION" >>overlaps
n=$(cat counter)
sleep 0.05
echo $((n + 1)) >counter
rmdir busy
"""


def _together(commands, environment, directory, timeout):
    """Runs all of them at once: [(status, output)], status None for those that had to be stopped."""
    processes = [subprocess.Popen(command, env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT) for command in commands]
    results = []
    for process in processes:
        try:
            out, _ = process.communicate(timeout=timeout)
            results.append((process.returncode, out.decode(errors="replace")))
        except subprocess.TimeoutExpired:
            process.kill()
            results.append((None, process.communicate()[0].decode(errors="replace")))
    return results


def _directory(world, name, files):
    directory = os.path.join(world.work, name)
    os.makedirs(directory)
    for file, text in files.items():
        path = os.path.join(directory, file)
        with open(path, "w") as stream:
            stream.write(text)
        os.chmod(path, 0o755)
    return directory


def writers(world, where, count, appends):
    """`count` processes append `appends` times in all, two events each time."""
    branch = f"writers-{where}"
    remote = world.facts["GIT_HTTPS" if where == "https" else "GIT_PATH"]
    token = ", token: {env: GIT_TOKEN}" if where == "https" else ""
    directory = _directory(world, branch, {"belay.yml": WRITERS.format(remote=remote, branch=branch, token=token)})
    each = -(-appends // count)
    names = [f"writer{number}" for number in range(count)]
    program = os.path.join(world.tools, "torture_writers")
    asked = _asked_to_push(world)
    results = _together([[program, "belay.yml", "shared", name, str(each)] for name in names], world.environment, directory,
                        60 + appends * 2)
    asked = _asked_to_push(world) - asked
    faults = [f"{name} ended with {status}: {_words(out)}" for name, (status, out) in zip(names, results) if status != 0]
    waits = sorted(int(line) for status, out in results if status == 0 for line in out.split())
    rows = journal.events(world, branch)
    written = {name: [] for name in names}
    for _, _, event in rows:
        if event["type"] == "lock.acquired":
            written[event["run"]["id"]].append(event["data"]["reason"])
    for name in names:
        if written[name] != [f"{name} {number} of {each}" for number in range(1, each + 1)]:
            faults.append(f"{name} wrote {each} times, the journal has {len(written[name])}: {written[name]}"[:500])
    faults += journal.faults(world, branch) + journal.repository_faults(world)
    verified = start_and_wait([world.belay, "verify", "-e", "shared"], world.environment, directory, 300)
    if verified.status != 0:
        faults.append("verify: " + verified.text().strip())
    return Found(faults=faults, note=f"{len(rows)} commits by {count} writers, {_distribution(waits)}"
                 + (f", {asked / (each * count):.2f} tries a push" if asked else ""))


def _words(out):
    """What a writer says besides numbers."""
    return " ".join(line for line in out.splitlines() if not line.isdigit())


def _asked_to_push(world):
    with open(os.path.join(world.cells, "git", "access.log")) as file:
        return sum("service=git-receive-pack" in line and '" 200 ' in line for line in file)


def _distribution(waits):
    if not waits:
        return "none got through"
    return "a push after %.1f s (median), %.1f s (95 %%), %.1f s (worst)" % tuple(
        waits[min(int(len(waits) * share), len(waits) - 1)] / 1000 for share in (0.5, 0.95, 1))

def exclusion(world, count):
    """`count` deployments want the lock at once and wait for it."""
    branch = "exclusion"
    directory = _directory(world, branch, {
        "belay.yml": EXCLUSION.format(remote=world.facts["GIT_HTTPS"], branch=branch), "work": WORK, "counter": "0\n"})
    versions = [f"v{number}" for number in range(count)]
    results = _together([[world.belay, "deploy", "-e", "production", "--version", version] for version in versions],
                        world.environment, directory, 600)
    faults = [f"{version} ended with {status}: {out.strip()}" for version, (status, out) in zip(versions, results) if status != 0]
    with open(os.path.join(directory, "counter")) as file:
        counted = int(file.read())
    if counted != count:
        faults.append(f"{count} deployments, and the counter is at {counted}")
    if os.path.exists(os.path.join(directory, "overlaps")):
        faults.append("two deployments were at work at the same time")
    rows = journal.events(world, branch)
    committed = sorted(event["data"]["version"] for _, _, event in rows if event["type"] == "deployment.committed")
    if committed != sorted(versions):
        faults.append(f"the journal has {json.dumps(committed)}")
    if any((event.get("data") or {}).get("taken_over") for _, _, event in rows):
        faults.append("a lock was taken over although nobody died")
    return Found(faults=faults + journal.faults(world, branch) + journal.repository_faults(world), note=f"{count} deployments")


def _fresh(world, experiment, *arguments):
    world.restore()
    return experiment(world, *arguments)


def experiments(world, only, sampled, limit, seed):
    many = (8, 100, 6) if sampled else (32, 5000, 16)
    chosen = {
        f"https-{many[0]}": (writers, "https", many[0], many[1]),
        f"path-{many[0]}": (writers, "path", many[0], many[1]),
        f"exclusion-{many[2]}": (exclusion, many[2]),
    }
    for name, (experiment, *arguments) in chosen.items():
        if not only or only == name:
            yield name, lambda world, experiment=experiment, arguments=arguments: _fresh(world, experiment, *arguments)
