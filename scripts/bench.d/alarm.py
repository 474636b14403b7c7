"""Row about the minute in which a gate fails: how soon the rollback is asked for, and how soon everybody knows. See scripts/bench.

The app is DigitalOcean's double (tests/peers/vendors), so that the rollback is a request; issue, Slack, PagerDuty and webhook are
doubles too, the mail goes to Exim with STARTTLS, the journal over HTTPS. Beside it a script with curl that makes the same five
calls one after the other, knows beforehand what to say, and writes nothing down.
"""
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

GOOD, BAD = "a" * 40, "b" * 40
KEYS = {
    "SLACK_WEBHOOK_URL": "{sinks}/slack/services/T0000/B0000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef",
    "HOOK_SECRET": "a secret to sign with",
    "GITHUB_TOKEN": "ghs_C0ckpitC0ckpitC0ckpitC0ckpit00",
    "DO_TOKEN": "dop_v1_D0ubleD0ubleD0ubleD0ubleD0ubleD0uble",
    "DO_APP": "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf",
}
CHANNELS = ("issue", "ops", "pager", "hook", "mail")
PLACES = "^/(github|slack|pagerduty|hook)"
SCRIPT = """
set -eu
json='Content-Type: application/json'
send() { curl --silent --show-error --fail --output /dev/null "$@"; }
why='production: v2 failed its gates and was taken back; v1 is live'
send -H "$json" -H "Authorization: Bearer $GITHUB_TOKEN" "$SINKS_HTTP/github/repos/acme/shop/issues" \\
  -d "{\\"title\\": \\"$why\\", \\"body\\": \\"health: 503\\", \\"labels\\": [\\"incident\\"]}"
send -H "$json" "$SLACK_WEBHOOK_URL" \\
  -d "{\\"text\\": \\"$why\\", \\"blocks\\": [{\\"type\\": \\"section\\", \\"text\\": {\\"type\\": \\"mrkdwn\\", \\"text\\": \\"$why\\"}}]}"
send -H "$json" "$SINKS_HTTP/pagerduty/v2/enqueue" -d "{\\"routing_key\\": \\"$PAGERDUTY_KEY\\", \\"event_action\\": \\"trigger\\",
  \\"dedup_key\\": \\"by-hand\\", \\"payload\\": {\\"summary\\": \\"$why\\", \\"source\\": \\"ci\\", \\"severity\\": \\"error\\"}}"
send -H "$json" "$SINKS_HTTP/hook" -d "{\\"title\\": \\"$why\\"}"
printf 'From: ci@example.test\\nTo: team@example.test\\nSubject: %s\\n\\nhealth: 503\\n' "$why" |
  send --ssl-reqd --cacert "$CA_PEM" --user "ci:$MAIL_PASSWORD" --mail-from ci@example.test --mail-rcpt team@example.test \\
    --upload-file - "smtp://$MAIL_HOST:21587"
"""


class Alarm:
    """An app, a journal, and everybody who has to know."""

    def __init__(self, directory, tools):
        self.directory, self.tools = Path(directory), tools
        self.world = self.directory / "world"
        subprocess.run([tools.ROOT / "tests/peers/world.sh", "start", self.world, "git", "sinks", "exim"], check=True)
        text = subprocess.run(["bash", "-c", 'set -a; . "$0"; env -0', self.world / "env"], check=True, capture_output=True).stdout
        known = dict(line.split("=", 1) for line in text.decode().split("\0") if "=" in line)
        names = ("CA_PEM", "GIT_HTTPS", "GIT_TOKEN", "SINKS", "SINKS_HTTP", "MAIL_HOST", "MAIL_PASSWORD")
        self.facts = {name: known[name] for name in names}
        self.sinks = self.facts["SINKS_HTTP"]
        keys = {name: value.format(sinks=self.sinks) for name, value in KEYS.items()}
        self.env = tools.CLEAN | self.facts | keys | {"HOME": str(directory), "SSL_CERT_FILE": self.facts["CA_PEM"]}
        self.configure()
        self.post("digitalocean/_reset", {"base": f"{self.sinks}/digitalocean", "bad": [BAD], "phases": ["DEPLOYING"]})
        self.last = None

    @staticmethod
    def missing():
        lacking = [name for name in ("exim4", "curl") if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")]
        return f"it needs {' and '.join(lacking)}" if lacking else None

    def stop(self):
        subprocess.run([self.tools.ROOT / "tests/peers/world.sh", "stop", self.world], check=False)

    def configure(self):
        (self.directory / "belay.yml").write_text(f"""
version: 1
state: {{remote: "{self.facts['GIT_HTTPS']}", token: {{env: GIT_TOKEN}}}}
github: {{api_url: "{self.sinks}/github", repository: acme/shop, token: {{env: GITHUB_TOKEN}}, deployments: false}}
checks:
  up: {{http: "{self.sinks}/digitalocean/_app/health", expect: ['.status == 200'], retry: {{attempts: 1}}}}
notify:
  issue: {{github-issue: {{labels: [incident]}}}}
  ops: {{slack: {{webhook: {{env: SLACK_WEBHOOK_URL}}}}}}
  pager: {{pagerduty: {{routing_key: {{env: PAGERDUTY_KEY}}, api_url: "{self.sinks}/pagerduty"}}}}
  hook: {{webhook: {{url: "{self.sinks}/hook", sign: {{secret: {{env: HOOK_SECRET}}}}}}}}
  mail:
    email: {{server: "{self.facts['MAIL_HOST']}:21587", user: ci, password: {{env: MAIL_PASSWORD}}, from: belay@example.test,
            to: [team@example.test], tls: {{ca_file: "{self.facts['CA_PEM']}"}}}}
environments:
  production:
    services:
      shop: {{driver: digitalocean, app: {{env: DO_APP}}, token: {{env: DO_TOKEN}}, api_url: "{self.sinks}/digitalocean", poll: 100ms}}
    gates: [up]
    notify: [{', '.join(CHANNELS)}]
""")

    def post(self, path, value):
        request = urllib.request.Request(f"{self.sinks}/{path}", json.dumps(value).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()

    def deploy(self, version, commit, status):
        """Runs it; the lines of its progress with the times at which they came."""
        self.post("digitalocean/_set", {"commit": commit})
        command = [self.tools.BELAY, "deploy", "-e", "production", "--version", version]
        run = subprocess.Popen(command, cwd=self.directory, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
        lines = [(time.time(), line.decode()) for line in run.stderr]
        if run.wait() != status:
            raise RuntimeError(f"{command}: status {run.returncode}\n{''.join(line for _, line in lines)}")
        return lines

    def came_in(self, since, path):
        """When the first request to such a path (a pattern) came in."""
        rows = map(json.loads, (Path(self.facts["SINKS"]) / "requests.jsonl").read_text().splitlines())
        return next(row["at"] for row in rows if row["at"] > since and re.search(path, row["path"]))

    def fail(self):
        """A good version, so that this is a new trouble, and a bad one. Milliseconds from the failed gate to each thing."""
        self.deploy("v1", GOOD, 0)
        begin = time.time()
        lines = self.deploy("v2", BAD, 3)
        failed = self.came_in(begin, "/_app/health$")  # the answer was 503
        undone = next(at for at, line in lines if "after-undo passed" in line)
        told = [at for at, line in lines if "told:" in line and "not told" not in line]
        if len(told) != len(CHANNELS):
            raise RuntimeError(f"not all were told: {lines}")
        self.last = {name: {"wall_ms": (at - since) * 1000} for name, at, since in (
            ("asked", self.came_in(failed, "/rollback$"), failed), ("all", max(told), failed), ("back", max(told), undone),
            ("calls", max(told), self.came_in(failed, PLACES)))}
        return self.last["asked"]

    def script(self):
        begin = time.perf_counter()
        done = subprocess.run(["bash", "-c", SCRIPT], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the script fails: {done.stderr}")
        return {"wall_ms": (time.perf_counter() - begin) * 1000}


def alarm(place):
    """From a failed gate to the rollback being requested, and until issue, Slack, PagerDuty, webhook and mail know.

    Until all are told belay has also waited for the rollback, judged the gates again, finished it and pushed that to the journal:
    "once it is back" counts from the gates, "the five calls" from the first call, as the script with curl does."""
    return {
        "curl, the five calls": place.script,
        "belay, rollback requested": place.fail,
        "belay, all told": lambda: place.last["all"],
        "belay, once it is back": lambda: place.last["back"],
        "belay, the five calls": lambda: place.last["calls"],
    }, [("belay, rollback requested", None, "wall_ms", 1000), ("belay, all told", None, "wall_ms", 1000),
        ("belay, the five calls", "curl, the five calls", "wall_ms", 1)]


# name: (function, samples)
ROWS = {"alarm": (alarm, 10)}
