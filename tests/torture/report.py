"""What an experiment found, and the table at the end."""
import threading
import time

STATES = ("old", "new", "between")


class Found:
    """The outcome of one experiment: the state that was found (one of STATES or None) and what is wrong."""

    def __init__(self, state=None, faults=(), skipped=None, note=""):
        self.state, self.faults, self.skipped, self.note = state, list(faults), skipped, note


class Report:
    def __init__(self, kinds, verbose):
        self.verbose, self.begin = verbose, time.monotonic()
        self.rows = {kind: {"experiments": 0, "old": 0, "new": 0, "between": 0, "failed": 0, "skipped": 0, "seconds": 0.0}
                     for kind in kinds}
        self.lock = threading.Lock()

    def add(self, kind, name, found, again):
        with self.lock:
            row = self.rows[kind]
            if found.skipped:
                row["skipped"] += 1
                print(f"skipped {kind} {name}: {found.skipped}", flush=True)
                return
            row["experiments"] += 1
            if found.state:
                row[found.state] += 1
            if self.verbose:
                print(f"{kind} {name}: {found.state}; {found.note}", flush=True)
            if found.faults:
                row["failed"] += 1
                print(f"FAILED {kind} {name}", flush=True)
                for fault in found.faults:
                    print("    " + fault.replace("\n", "\n        "), flush=True)
                print(f"    again: {again}", flush=True)

    def timed(self, kind):
        return _Timed(self.rows[kind])

    def failed(self):
        return sum(row["failed"] for row in self.rows.values())

    def print(self, seed):
        print(f"\n{'experiment':<14}{'run':>7}{'old':>7}{'new':>7}{'between':>9}{'failures':>10}{'skipped':>9}{'seconds':>9}")
        for kind, row in self.rows.items():
            states = [row[state] or "" for state in STATES]
            print(f"{kind:<14}{row['experiments']:>7}{states[0]:>7}{states[1]:>7}{states[2]:>9}{row['failed']:>10}"
                  f"{row['skipped']:>9}{row['seconds']:>9.0f}")
        run, skipped = (sum(row[name] for row in self.rows.values()) for name in ("experiments", "skipped"))
        if not self.failed():
            print("old, new, between: what the hosts served when the experiment was over. Each was recognised, and one more run\n"
                  "brought all of them to the version that it was to bring.")
        print(f"seed {seed}, {time.monotonic() - self.begin:.0f} seconds")
        print(f"torture: {run - self.failed()} passed, {self.failed()} failed, {skipped} skipped", flush=True)


class _Timed:
    def __init__(self, row):
        self.row = row

    def __enter__(self):
        self.begin = time.monotonic()

    def __exit__(self, *_):
        self.row["seconds"] += time.monotonic() - self.begin
