"""The journal branch as plain git shows it, judged without belay's own code."""
import json
import os
import subprocess

ONCE = ("deployment.begun", "deployment.captured", "deployment.prepared", "deployment.committed", "deployment.failed",
        "deployment.rolled-back", "deployment.unproven", "deployment.stuck", "deployment.abandoned")


def _git(world, *arguments):
    return subprocess.run(["git", "-C", world.git, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
                          env={**world.environment, "GIT_CONFIG_NOSYSTEM": "1"})


def events(world, branch="belay-state"):
    """Oldest first: [(commit, parents, event)]."""
    log = _git(world, "log", "--reverse", "--format=%H%x00%P%x00%B%x01", "refs/heads/" + branch)
    if log.returncode != 0:
        return []
    rows = []
    for record in log.stdout.decode().split("\x01"):
        if not record.strip():
            continue
        commit, parents, text = record.lstrip("\n").split("\0")
        rows.append((commit, parents.split(), json.loads(text.partition("\n")[2])))
    return rows


def locks(world):
    """Stale lock files of the repository."""
    return [os.path.join(folder, name) for folder, _, names in os.walk(world.git) for name in names if name.endswith(".lock")]


def _chain_faults(rows):
    previous = None
    sequences = {}
    for commit, parents, event in rows:
        if parents != ([previous] if previous else []):
            yield f"commit {commit} does not follow the one before it"
        previous = commit
        environment = event["environment"]
        wanted = sequences.get(environment, 0) + 1
        if event["sequence"] != wanted:
            yield f"{environment}: event {event['sequence']} where {wanted} was due"
        sequences[environment] = event["sequence"]


def _doubled(rows):
    seen = set()
    for _, _, event in rows:
        data = event.get("data") or {}
        if event["type"] in ONCE:
            key = (event["environment"], event["type"], data.get("deployment") or event.get("transaction"))
        elif event["type"] == "deployment.switched":
            key = (event["environment"], event["type"], event.get("transaction"), data.get("service"))
        else:
            continue
        if key in seen:
            yield f"event {' '.join(str(part) for part in key)} is there twice"
        seen.add(key)


def lock_faults(rows):
    """Mutual exclusion by the events alone: nobody acts who does not hold the lock, and generations only grow."""
    holder, generation = {}, {}
    for _, _, event in rows:
        environment, data = event["environment"], event.get("data") or {}
        run = (event.get("run") or {}).get("id")
        if event["type"] == "lock.acquired":
            if holder.get(environment) and not data.get("taken_over"):
                yield f"{environment}: {run} acquired the lock that {holder[environment]} held"
            if data["generation"] != generation.get(environment, 0) + 1:
                yield f"{environment}: generation {data['generation']} after {generation.get(environment, 0)}"
            holder[environment], generation[environment] = run, data["generation"]
        elif event["type"] == "lock.released":
            holder[environment] = None
        elif event["type"].startswith(("lock.", "deployment.", "gate.")) and holder.get(environment) != run:
            yield f"{environment}: {event['type']} by {run} while {holder.get(environment)} held the lock"


def faults(world, branch="belay-state"):
    rows = events(world, branch)
    found = list(_chain_faults(rows)) + list(_doubled(rows)) + list(lock_faults(rows))
    return found


def repository_faults(world):
    """For when nothing is going on."""
    fsck = _git(world, "fsck", "--full", "--no-dangling")
    found = [] if fsck.returncode == 0 else ["git fsck: " + (fsck.stdout + fsck.stderr).decode().strip()]
    return found + [f"stale lock file {path}" for path in locks(world)]


def is_open(world):
    """Is there a transaction that was begun and has not ended?"""
    ends = set(ONCE) - {"deployment.begun", "deployment.captured", "deployment.prepared"}
    begun = set()
    for _, _, event in events(world):
        deployment = (event.get("data") or {}).get("deployment") or event.get("transaction")
        if event["type"] == "deployment.begun":
            begun.add(deployment)
        elif event["type"] in ends:
            begun.discard(deployment)
    return bool(begun)


def has_begun(world, deployment):
    return any(event["type"] == "deployment.begun" and event["data"].get("deployment") == deployment
               for _, _, event in events(world))
