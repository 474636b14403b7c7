"""Rows about the journal: long branches over HTTPS and over a path, against the git CLI. See scripts/bench.

Journals are made once by bench_journal (tests/bench/journal.c) and kept in build/bench-journals. Objects are counted by the
server (trace2 of git pack-objects), connections and attempts by the web server's log.
"""
import json
import random
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

WRITERS = 32
PLAIN = """
cd "$1"
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	git fetch -q --depth 1 origin plain && git reset -q --hard FETCH_HEAD || exit 1
	echo "$1 $try $RANDOM" >environments/production/state.json
	git commit -q -a -m "one event" || exit 1
	git push -q origin HEAD:plain 2>/dev/null && exit 0
	span=$((try < 3 ? 500 << try : 4000))  # as belay's: 1 s, 2 s, then 4 s
	wait=$((RANDOM % span))
	sleep "$((wait / 1000)).$(printf '%03d' $((wait % 1000)))"
done
exit 1
"""


class Journals:
    """A git remote over HTTPS that has journals of many lengths."""

    def __init__(self, directory, tools):
        self.directory, self.tools = Path(directory), tools
        self.root, self.belay = tools.ROOT, tools.BELAY
        self.world = self.directory / "world"
        subprocess.run([self.root / "tests/peers/world.sh", "start", self.world, "git"], check=True)
        text = subprocess.run(["bash", "-c", 'set -a; . "$0"; env -0', self.world / "env"], check=True, capture_output=True).stdout
        facts = dict(line.split("=", 1) for line in text.decode().split("\0") if "=" in line)
        self.url = facts["GIT_HTTPS"]
        self.address = facts["GIT_HTTPS"].removesuffix("app.git")
        self.repos = self.world / "git/repos"
        self.log = self.world / "git/connections.log"
        self.env = tools.CLEAN | {"GIT_TOKEN": facts["GIT_TOKEN"], "SSL_CERT_FILE": facts["CA_PEM"], "HOME": str(self.directory)}
        self.env |= {"GIT_SSL_CAINFO": facts["CA_PEM"], "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
        self.plain_url = self.url.replace("https://", f"https://x-access-token:{facts['GIT_TOKEN']}@")
        for who in ("AUTHOR", "COMMITTER"):
            self.env |= {f"GIT_{who}_NAME": "bench", f"GIT_{who}_EMAIL": "bench@example.com"}
        self.trace = self.world / "git/trace"
        (self.world / "git/backend").write_text(
            f'#!/bin/sh\n[ ! -e {self.trace} ] || export GIT_TRACE2_EVENT={self.trace}\n'
            'exec /usr/lib/git-core/git-http-backend "$@"\n')

    def stop(self):
        subprocess.run([self.root / "tests/peers/world.sh", "stop", self.world], check=False)

    def path(self, events):
        """A bare repository with a journal of so many events."""
        made = self.root / f"build/bench-journals/{events}.git"
        if made.exists():
            return made
        half = made.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        subprocess.run(["git", "init", "-q", "--bare", half], check=True)
        program = Path(self.belay).parent / "tests/bench_journal"
        with subprocess.Popen([program, str(events)], stdout=subprocess.PIPE) as stream:
            subprocess.run(["git", "-C", half, "-c", "core.compression=1", "fast-import", "--quiet", "--done", "--depth=4"],
                           stdin=stream.stdout, check=True)
        # As a git host's maintenance leaves it: without a reverse index on disk each fetch would build one in memory.
        for pack in (half / "objects/pack").glob("*.pack"):
            subprocess.run(["git", "-C", half, "index-pack", "--rev-index", pack], stdout=subprocess.DEVNULL, check=True)
        half.rename(made)
        return made

    def config(self, name, remote):
        file = self.directory / f"{name}.yml"
        token = ", token: {env: GIT_TOKEN}" if "://" in remote else ""
        file.write_text(f'version: 1\nstate: {{remote: "{remote}"{token}}}\nenvironments: {{production: {{}}}}\n')
        return str(file)

    def served(self, events):
        """Configuration for such a journal over HTTPS."""
        link = self.repos / f"{events}.git"
        if not link.exists():
            link.symlink_to(self.path(events))
        return self.config(f"https-{events}", f"{self.address}{events}.git")

    def local(self, events):
        return self.config(f"path-{events}", str(self.path(events)))

    def run(self, *command):
        return self.tools.spawned(*command, env=self.env)

    def requests(self):
        return [line.split(" ", 2) for line in self.log.read_text().splitlines()]

    def seen_by_server(self, *command):
        """{connections, objects} of one run."""
        before = len(self.requests())
        self.trace.touch()
        self.run(*command)
        said = [json.loads(line) for line in self.trace.read_text().splitlines()]
        self.trace.unlink()
        objects = sum(int(one["value"]) for one in said if one.get("key") == "write_pack_file/wrote")
        return {"objects": objects, "connections": len({line[0] for line in self.requests()[before:]})}


def status(journals):
    """belay status over HTTPS on short and long journals."""
    contenders, goals = {}, []
    counts = [1000, 100000] + ([1000000] if journals.tools.MILLION else [])
    for count in counts:
        command = (journals.belay, "status", "-c", journals.served(count))
        seen = journals.seen_by_server(*command)
        contenders[f"{count} events"] = lambda command=command, seen=seen: journals.run(*command) | seen
        goals += [(f"{count} events", None, "objects", 10), (f"{count} events", None, "connections", 1)]
    return contenders, [(f"{counts[-1]} events", "1000 events", "wall_ms", 1.2)] + goals


def writer(journals):
    program = Path(journals.belay).parent / "tests/torture_writers"
    config = journals.config("app", journals.url)
    return lambda name: [program, config, "production", name, "1"]


def clones(journals, count):
    """Work trees for the git CLI, on a branch of its own that has the same files; made once."""
    remote = journals.repos / "app.git"
    subprocess.run(["git", "-C", remote, "fetch", "-q", journals.path(1000), "+belay-state:plain"], check=True)
    trees = []
    for number in range(count):
        tree = journals.directory / f"plain-{number}"
        if not tree.exists():
            subprocess.run(["git", "clone", "-q", "--depth", "1", "-b", "plain", journals.plain_url, tree], env=journals.env,
                           check=True)
        trees.append(tree)
    return trees


def append(journals):
    """Fetch, commit and push over HTTPS: belay (two events in one push) and the git CLI (one commit)."""
    command, tree = writer(journals), clones(journals, 1)[0]
    return {
        "git CLI": lambda: journals.run("bash", "-c", PLAIN, "plain", str(tree)),
        "belay": lambda: journals.run(*map(str, command("one"))),
    }, [("belay", "git CLI", "wall_ms", 0.5)]


def crowd(journals, commands):
    """All at once. What they waited, and how often they asked to push."""
    waits = []
    before = len(journals.requests())
    begin = time.perf_counter()

    def one(command):
        done = subprocess.run(command, env=journals.env, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr.decode()}")
        waits.append((time.perf_counter() - begin) * 1000)

    random.shuffle(commands)
    threads = [threading.Thread(target=one, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(waits) != len(commands):
        raise RuntimeError("a writer failed")
    asked = sum(line[1] == "200" and "service=git-receive-pack" in line[2] for line in journals.requests()[before:])
    waits.sort()
    median = statistics.median(waits)
    return {"wall_ms": waits[int(len(waits) * 0.95)], "median_ms": median, "worst_to_median": waits[-1] / median,
            "attempts": asked / len(commands)}


def burst(journals):
    """32 writers at once over HTTPS, p95 of the wait: belay, and the git CLI with jittered retries."""
    command, trees = writer(journals), clones(journals, WRITERS)
    plain = [["bash", "-c", PLAIN, "plain", str(tree)] for tree in trees]
    return {
        "git CLI": lambda: crowd(journals, list(plain)),
        "belay": lambda: crowd(journals, [command(f"w{number}") for number in range(WRITERS)]),
    }, [("belay", "git CLI", "wall_ms", 0.5), ("belay", None, "attempts", 3), ("belay", None, "worst_to_median", 4)]


def verify(journals):
    """belay verify of 100 000 events on a path."""
    command = (journals.belay, "verify", "-c", journals.local(100000))
    return {"100000 events": lambda: journals.run(*command)}, [("100000 events", None, "wall_ms", 10000)]


def history(journals):
    """belay history --limit 100 on a path."""
    contenders = {}
    counts = [1000, 1000000 if journals.tools.MILLION else 100000]
    for count in counts:
        command = (journals.belay, "history", "--limit", "100", "-c", journals.local(count))
        contenders[f"{count} events"] = lambda command=command: journals.run(*command)
    return contenders, [(f"{counts[1]} events", "1000 events", "wall_ms", 2)]


# name: (function, samples)
ROWS = {"status": (status, 20), "append": (append, 15), "burst": (burst, 1), "verify": (verify, 1), "history": (history, 20)}
