"""Rows about backups: made, restored and read through, beside restic, borg and two pipes of old acquaintances. See scripts/bench.

About 1.2 GiB, the same for all, made anew and alike by a fixed seed (but for the libraries, which are this machine's): documents,
libraries, a dump of a database, random bytes. Repositories and caches are new for each sample, so nobody finds what it stored
before. CPU is that of all processes of a contender, peak memory that of its largest one.
"""
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

QUICK = "--quick" in sys.argv[1:]
SAMPLES = 1 if QUICK else 5
MIB = 1 << 20
DOCUMENTS, LIBRARIES, DUMP, NOISE = (size * MIB // (5 if QUICK else 1) for size in (360, 400, 286, 190))
BELAY, RESTIC, BORG = "belay", "restic", "borg"
ZSTD, AGE, OPENSSL = "tar | zstd -3 -T2", "tar | zstd -3 -T2 | age", "tar | gzip | openssl enc"
# What comes after tar, and what undoes it.
PIPES = {
    ZSTD: ("zstd -q -3 -T2", "zstd -q -d"),
    AGE: ('zstd -q -3 -T2 | age -r "$AGE_RECIPIENT"', "age -d -i age.key | zstd -q -d"),
    OPENSSL: ("gzip | openssl enc -aes-256-cbc -salt -pbkdf2 -pass file:password",
              "openssl enc -d -aes-256-cbc -pbkdf2 -pass file:password | gzip -d"),
}
PEAK_KIB = 96 << 10


def words(chance, count):
    letters = [c + v for c in "bdfghklmnprstvz" for v in "aeiou"]
    return ["".join(chance.choices(letters, k=chance.randint(1, 4))) for _ in range(count)]


def documents(place, chance):
    """Many small texts. Sentences come back, but seldom within reach of a compressor's window."""
    known = words(chance, 30000)
    often = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(known))))
    sentences = [" ".join(chance.choices(known, cum_weights=often, k=chance.randint(5, 20))).capitalize() + ".\n" for _ in range(250000)]
    made = number = 0
    while made < DOCUMENTS:
        text = "".join(chance.choices(sentences, k=int(chance.lognormvariate(5, 1)) + 1)).encode()
        folder = place / f"documents/{number // 200:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_bytes(text)
        made, number = made + len(text), number + 1


def libraries(place):
    made = 0
    for directory, folders, files in os.walk("/usr/lib"):
        folders.sort()
        for name in sorted(files):
            source = Path(directory, name)
            if source.is_symlink() or not source.is_file():
                continue
            copy = place / "libraries" / source.relative_to("/usr/lib")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
            made += copy.stat().st_size
            if made >= LIBRARIES:
                return


def dump(place, chance):
    """A table as a dump in SQL has it."""
    names = [word.capitalize() for word in words(chance, 4000)]
    states = ("paid", "paid", "paid", "open", "sent", "returned")
    made, number = 0, 0
    with (place / "shop.sql").open("wb") as file:
        file.write(b"CREATE TABLE orders (id bigint, at timestamp, name text, mail text, cents int, state text, token text);\n")
        while made < DUMP:
            rows = []
            for number in range(number + 1, number + 1001):
                name = f"{chance.choice(names)} {chance.choice(names)}"
                rows.append(f"({number},'2026-{number % 12 + 1:02}-{number % 28 + 1:02} 09:{number % 60:02}:00','{name}','"
                            f"{name.replace(' ', '.').lower()}@example.test',{chance.randrange(10**6)},'{chance.choice(states)}',"
                            f"'{chance.getrandbits(48):012x}')")
            made += file.write(f"INSERT INTO orders VALUES {','.join(rows)};\n".encode())


def noise(place, chance):
    with (place / "noise").open("wb") as file:
        for _ in range(NOISE // MIB):
            file.write(chance.randbytes(MIB))


def size_mb(path):
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file()) / 1e6


class Backups:
    """The data, keys, and a place for what each contender makes of it."""

    def __init__(self, directory, tools):
        self.place, self.tools = Path(directory), tools
        self.data, self.kept, self.back, self.aside = (self.place / name for name in ("data", "kept", "back", "aside"))
        chance = random.Random(20261121)
        self.data.mkdir()
        documents(self.data, chance)
        libraries(self.data)
        dump(self.data, chance)
        noise(self.data, chance)
        self.kept.mkdir()
        self.aside.mkdir()
        (self.place / "password").write_text("correct horse battery staple\n")
        os.chmod(self.place / "password", 0o600)
        self.env = tools.CLEAN | {
            "HOME": str(directory), "RESTIC_PASSWORD_FILE": str(self.place / "password"),
            "BORG_PASSPHRASE": "correct horse battery staple", "BORG_BASE_DIR": str(self.place / "borg-base"),
            "RESTIC_REPOSITORY": str(self.kept / RESTIC), "BORG_REPO": str(self.kept / BORG),
            "RESTIC_CACHE_DIR": str(self.place / "restic-cache"), "AGE_RECIPIENT": self.age_key(),
        }
        self.configure()

    @staticmethod
    def missing():
        lacking = [name for name in ("restic", "borg", "age", "zstd", "openssl") if not shutil.which(name)]
        return f"it needs {' and '.join(lacking)}: scripts/bootstrap --bench" if lacking else None

    def stop(self):
        pass

    def age_key(self):
        file = self.place / "age.key"
        subprocess.run(["age-keygen", "-o", file], check=True, capture_output=True)
        return subprocess.run(["age-keygen", "-y", file], check=True, capture_output=True, text=True).stdout.strip()

    def configure(self):
        place = self.place
        (place / "belay.yml").write_text(f"""
version: 1
state: {{remote: "{place}/journal.git"}}
backups:
  bench:
    source: {{directory: "{self.data}"}}
    seal: {{recipients: ["{place}/backup.crt"]}}
    open: {{key: {{file: "{place}/backup.key"}}, certificate: "{place}/backup.crt"}}
    store: {{directory: "{self.kept}/belay"}}
environments: {{production: {{}}}}
""")
        self.begin_journal()
        self.run(self.tools.BELAY, "backup", "keygen", "--no-passphrase")

    def begin_journal(self):
        """A journal that knows of copies would miss them in a store that was emptied."""
        self.anew("journal.git")
        subprocess.run(["git", "init", "-q", "--bare", self.place / "journal.git"], check=True)

    def run(self, *command):
        done = subprocess.run(command, env=self.env, cwd=self.place, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr}")

    def measured(self, *command):
        """Nobody pays for what another one left for the disk to do; `disk_ms` is when all of it would survive a loss of power, which
        belay waits for and pipes do not."""
        os.sync()
        sample = self.tools.spawned(*command, env=self.env, cwd=self.place)
        begin = time.perf_counter()
        os.sync()
        return sample | {"disk_ms": sample["wall_ms"] + (time.perf_counter() - begin) * 1000}

    def belay(self, *words):
        return self.measured(self.tools.BELAY, "backup", *words, "-c", str(self.place / "belay.yml"), "--quiet")

    def pipe(self, text):
        return self.measured("bash", "-c", f"set -o pipefail; {text}")

    def file(self, name):
        return self.kept / f"{list(PIPES).index(name)}.tar"

    def anew(self, *names):
        for name in names:
            shutil.rmtree(self.place / name, ignore_errors=True)

    # --- to and fro: a command of each for each row

    def made_by(self, name):
        if name in PIPES:
            kept = self.file(name)
            sample = self.pipe(f"tar -C data -cf - . | {PIPES[name][0]} >{kept}")
            return sample | {"size_mb": kept.stat().st_size / 1e6}
        self.anew(f"kept/{name}", "restic-cache", "borg-base")
        if name == RESTIC:
            self.run("restic", "init", "--quiet")
            sample = self.measured("restic", "backup", "--quiet", "data")
        elif name == BORG:
            self.run("borg", "init", "-e", "repokey")
            sample = self.measured("borg", "create", "-C", "zstd,3", "::bench", "data")
        else:
            self.begin_journal()
            sample = self.belay("run", "bench")
        return sample | {"size_mb": size_mb(self.kept / name)}

    def put_aside(self):
        """What was restored before gives its room back, but stays: while inodes are free again for less than some minutes, ext4 looks
        at each of them and passes on whenever it makes a file, and whoever restores now would pay for that."""
        if not self.back.exists():
            return
        for file in self.back.rglob("*"):
            if file.is_file() and not file.is_symlink():
                os.truncate(file, 0)
        self.back.rename(self.aside / str(len(list(self.aside.iterdir()))))

    def restored_by(self, name):
        self.put_aside()
        if name in PIPES:
            self.back.mkdir()
            return self.pipe(f"exec <{self.file(name)}; {PIPES[name][1]} | tar -C back -xpf -")
        if name == RESTIC:
            return self.measured("restic", "restore", "--quiet", "latest", "--target", "back")
        if name == BORG:
            self.back.mkdir()
            return self.measured("bash", "-c", "cd back && exec borg extract ::bench")
        return self.belay("restore", "bench", "--to", str(self.back))

    def read_by(self, name):
        if name == RESTIC:
            return self.measured("restic", "check", "--quiet", "--read-data")
        if name == BORG:
            return self.measured("borg", "check", "--verify-data")
        return self.belay("verify", "bench", "--read-data")

    def there(self, names):
        """Makes what a row without `backup` before it would not find."""
        for name in names:
            if not (self.kept / name if name not in PIPES else self.file(name)).exists():
                self.made_by(name)

    def is_back(self, name):
        """Once for each: what came back is what there was."""
        self.restored_by(name)
        root = next(path for path in (self.back, self.back / "data", self.back / str(self.data).lstrip("/")) if (path / "noise").exists())
        done = subprocess.run(["diff", "-rq", "--no-dereference", self.data, root], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name} restores something else: {done.stdout[:500]}")


def backup(place):
    """A backup of 1.2 GiB into a directory, compressed and sealed."""
    names = (AGE, ZSTD, OPENSSL, RESTIC, BORG, BELAY)
    return {name: lambda name=name: place.made_by(name) for name in names}, [
        (BELAY, AGE, "wall_ms", 0.90), (BELAY, AGE, "cpu_ms", 0.85), (BELAY, RESTIC, "wall_ms", 0.45),
        (BELAY, OPENSSL, "wall_ms", 0.10), (BELAY, ZSTD, "size_mb", 1.005), (BELAY, None, "peak_kib", PEAK_KIB)]


def restore(place):
    """The same, back into a new directory."""
    names = (AGE, OPENSSL, RESTIC, BORG, BELAY)
    place.there(names)
    for name in names:
        place.is_back(name)
    return {name: lambda name=name: place.restored_by(name) for name in names}, [
        (BELAY, AGE, "wall_ms", 1.0), (BELAY, RESTIC, "wall_ms", 0.65), (BELAY, None, "peak_kib", PEAK_KIB)]


def read_data(place):
    """All of a backup read, opened and compared, without restoring it."""
    names = (RESTIC, BORG, BELAY)
    place.there(names)
    return {name: lambda name=name: place.read_by(name) for name in names}, [
        (BELAY, RESTIC, "wall_ms", 1.0), (BELAY, None, "peak_kib", PEAK_KIB)]


# name: (function, samples)
ROWS = {"backup": (backup, SAMPLES), "restore": (restore, SAMPLES), "read-data": (read_data, SAMPLES)}
