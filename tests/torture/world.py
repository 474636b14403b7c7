"""A world to torture belay in: a git remote over HTTPS and two hosts, put back to the same beginning before each experiment.

Version v1 is live at the beginning. What counts as sound afterwards is in journal.py and hosts.py."""
import os
import shutil
import signal
import subprocess
import tempfile
import time

import hosts
import journal

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEERS = os.path.join(ROOT, "tests", "peers")
HOSTS = ("web1", "web2")

CONFIG = """version: 1
state: {{remote: "{git}", token: {{env: GIT_TOKEN}}}}
defaults: {{timeout: {timeout}, retry: {{attempts: 2, delay: 50ms}}}}
x-login: &login {{key: {{env: DEPLOY_KEY}}, known_hosts: {{env: KNOWN_HOSTS}}}}
hosts:
  web1: {{<<: *login, address: "{web1_ssh}"}}
  web2: {{<<: *login, address: "{web2_ssh}"}}
checks:
  web1-health: {{http: "{web1_url}/health", expect: ['.status == 200', '.body.version == $version']}}
  web2-health: {{http: "{web2_url}/health", expect: ['.status == 200', '.body.version == $version']}}
environments:
  production:
    lock: {{lease: {lease}, wait: {wait}}}
    services:
      shop:
        driver: ssh-release
        hosts: [web1, web2]
        path: /srv/shop
        timeout: {timeout}
        hooks:
          prepare: 'echo "$BELAY_DEPLOYMENT $BELAY_RELEASE" >>/srv/prepared'
          switched: 'echo "$BELAY_DEPLOYMENT $BELAY_RELEASE" >>/srv/switched'
          undone: 'echo "$BELAY_DEPLOYMENT $BELAY_RELEASE" >>/srv/undone'
    gates: [web1-health, web2-health]
"""


class Ran:
    """How a run of belay ended. `status` is negative for a signal, None when it had to be stopped."""

    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    def text(self):
        return (self.out + self.err).decode(errors="replace")

    def note(self):
        """One line."""
        text = self.err.decode(errors="replace").strip() or self.out.decode(errors="replace").strip()
        return f"exit {self.status} after {self.seconds:.1f} s: {' | '.join(text.splitlines()[-2:])}"


def start_and_wait(argv, environment, directory, timeout, during=None):
    """`during(process)` is called once the process runs. A process that takes too long is killed with all it started."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(argv, env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True)
        if during:
            during(process)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = None
        seconds = time.monotonic() - begin
        out.seek(0)
        err.seek(0)
        return Ran(status, out.read(), err.read(), seconds)


class World:
    def __init__(self, directory, belay, keys, peers=("git", "host:web1", "host:web2")):
        self.directory, self.belay = directory, belay
        self.work, self.tmp = os.path.join(directory, "work"), os.path.join(directory, "tmp")
        self.cells = os.path.join(directory, "world")
        for path in (self.work, self.tmp):
            os.makedirs(path)
        subprocess.run([os.path.join(PEERS, "world.sh"), "start", self.cells, *peers], check=True,
                       stdin=subprocess.DEVNULL, env={**os.environ, "WORLD_KEYS": keys})
        self.facts = self._read_facts()
        self.environment = self._environment()
        self.git = self.facts.get("GIT_PATH")
        self.hosts = [name for name in HOSTS if "host:" + name in peers]
        self.begun = False

    def _read_facts(self):
        facts = {}
        with open(os.path.join(self.cells, "env")) as file:
            for line in file:
                name, _, value = line.rstrip("\n").partition("=")
                facts[name] = value
        return facts

    def _environment(self):
        with open(os.path.join(self.facts["KEYS"], "id_ed25519")) as key, open(self.facts["KNOWN_HOSTS_FILE"]) as known:
            key, known = key.read(), known.read()
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC0",
            "HOME": self.tmp, "TMPDIR": self.tmp, "USER": "torture", "SSL_CERT_FILE": self.facts["CA_PEM"],
            "GIT_TOKEN": self.facts.get("GIT_TOKEN", ""), "DEPLOY_KEY": key, "KNOWN_HOSTS": known,
        }

    def stop(self):
        subprocess.run([os.path.join(PEERS, "world.sh"), "stop", self.cells], stdin=subprocess.DEVNULL, check=False)

    # ---- what is deployed ---------------------------------------------------------------------

    def write_config(self, **changes):
        values = {"git": self.facts["GIT_HTTPS"], "lease": "15m", "wait": "0s", "timeout": "20s"}
        for host in self.hosts:
            values[host + "_ssh"] = self.facts[host.upper() + "_SSH"]
            values[host + "_url"] = self.facts[host.upper() + "_URL"]
        values.update(changes)
        with open(os.path.join(self.work, "belay.yml"), "w") as file:
            file.write(CONFIG.format(**values))

    def edit_config(self, text, replacement):
        path = os.path.join(self.work, "belay.yml")
        with open(path) as file:
            config = file.read()
        with open(path, "w") as file:
            file.write(config.replace(text, replacement))

    def site(self, version):
        """version.tar.gz: a site that says who it is, and some ballast, so that there is something to interrupt."""
        tree = os.path.join(self.work, "site-" + version, "public")
        os.makedirs(tree)
        with open(os.path.join(tree, "version.json"), "w") as file:
            file.write('{"version":"%s"}\n' % version)
        with open(os.path.join(tree, "health.json"), "w") as file:
            file.write('{"status":"UP","version":"%s"}\n' % version)
        with open(os.path.join(tree, "ballast"), "wb") as file:
            file.write(os.urandom(300000))
        subprocess.run(["tar", "-C", os.path.dirname(tree), "-czf", os.path.join(self.work, version + ".tar.gz"), "."],
                       check=True)

    def run(self, *arguments, prefix=(), program=None, timeout=60, during=None, environment=None):
        argv = [*prefix, program or self.belay, *arguments]
        return start_and_wait(argv, {**self.environment, **(environment or {})}, self.work, timeout, during)

    def deploy(self, version, *more, **options):
        return self.run("deploy", "-e", "production", "--version", version, "--artifact", version + ".tar.gz", *more, **options)

    # ---- the same beginning again -----------------------------------------------------------------

    def begin(self):
        """Deploys v1 and remembers how everything is then."""
        self.site("v1")
        self.site("v2")
        self.write_config()
        ran = self.deploy("v1")
        if ran.status != 0:
            raise RuntimeError("the first deployment failed: " + ran.text())
        self.quiet()
        for name, path in self._places():
            shutil.copytree(path, os.path.join(self.directory, "begin", name), symlinks=True)
        self.begun = True

    def _places(self):
        yield "git", self.git
        for host in self.hosts:
            yield host, hosts.srv(self, host)

    def restore(self):
        self.quiet()
        self.restore_only("git", *self.hosts)
        for entry in os.listdir(self.tmp):
            shutil.rmtree(os.path.join(self.tmp, entry), ignore_errors=True)
        self.write_config()

    def restore_only(self, *places):
        for name, path in self._places():
            if name not in places:
                continue
            for entry in os.listdir(path):
                entry = os.path.join(path, entry)
                if os.path.isdir(entry) and not os.path.islink(entry):
                    shutil.rmtree(entry)
                else:
                    os.unlink(entry)
            # cp, because it keeps what copytree would follow or leave out
            subprocess.run(["cp", "-a", os.path.join(self.directory, "begin", name) + "/.", path], check=True)

    # ---- waiting until nothing goes on any more ------------------------------------------------------

    def busy(self, cells=None):
        """Processes in the cells besides those that always run."""
        for cell in cells or ("git", *self.hosts):
            with open(os.path.join(self.cells, cell, "pid")) as file:
                outer = int(file.read())
            idle = ("fcgiwrap", "nginx") if cell == "git" else ("nginx",)
            for inner in hosts.children(outer):
                for process in hosts.descendants(inner):
                    if hosts.command(process) not in idle:
                        yield process

    def quiet(self, seconds=30):
        """A client that died leaves scripts behind that run to their end."""
        until = time.monotonic() + seconds
        while any(True for _ in self.busy()):
            if time.monotonic() > until:
                raise RuntimeError("the peers do not come to rest")
            time.sleep(0.01)

    # ---- judging -------------------------------------------------------------------------------------------

    def faults(self):
        """What is wrong at any moment, also while something is going on."""
        return [fault for host in self.hosts for fault in hosts.faults(self, host)] + journal.faults(self)

    def state(self):
        """old, new or between, by what the hosts serve."""
        versions = {hosts.version(self, host) for host in self.hosts}
        return {("v1",): "old", ("v2",): "new"}.get(tuple(versions), "between")

    def verify(self):
        ran = self.run("verify")
        return [] if ran.status == 0 else ["verify ends with %s: %s" % (ran.status, ran.text().strip())]
