"""Secrets, planted wherever they could get out, and looked for wherever they could end up.

Planted: in the environment, in a key file, in request headers, in what hosts and health endpoints answer, in what the git remote
says when it refuses. Looked for: in both streams, on the tape, on the journal, in outputs and step summary, in a core file."""
import base64
import glob
import json
import os
import resource
import signal
import subprocess
import time

import hosts
from report import Found

HEADER = "Header-S3cret-4bd1e0c2"
ANSWER = "Answer-S3cret-77f0aa19"
FILE = "File-S3cret-5521cbd0-line"

SERVICES = """
  told: {{http: "{web1_url}/told.json", headers: {{X-Api-Key: {{env: API_KEY}}}}, expect: ['.body.version == $version', '.body.echo == "x"']}}
"""


def secrets(world):
    """Every value, and the lines of the key, which nothing should show singly either."""
    key = [line for line in world.environment["DEPLOY_KEY"].splitlines() if len(line) > 40 and "-----" not in line]
    plain = [HEADER, ANSWER, FILE, world.environment["GIT_TOKEN"], *key]
    return plain + [base64.b64encode(f"x-access-token:{world.environment['GIT_TOKEN']}".encode()).decode()]


def environment(world):
    with open(os.path.join(world.tmp, "password"), "w") as file:
        file.write(FILE + "\n")
    return {"API_KEY": HEADER, "TOLD": ANSWER}


def plant(world):
    """A configuration whose hooks, checks and commands say what they should not."""
    world.write_config()
    path = os.path.join(world.work, "belay.yml")
    with open(path) as file:
        text = file.read()
    text = text.replace("checks:\n", "checks:\n" + SERVICES.format(web1_url=world.facts["WEB1_URL"]))
    text = text.replace("gates: [", "gates: [told, ")
    say = "while [ -e /srv/wait ]; do sleep 0.05; done; cat /srv/said; cat /srv/said >&2"
    text = text.replace("""'echo "$BELAY_DEPLOYMENT $BELAY_RELEASE" >>/srv/switched'""", f"'{say}; [ ! -e /srv/fails ]'")
    text = text.replace("    gates:", """      local:
        driver: command
        needs: [shop]
        env: {TOLD: {env: TOLD}, PASSWORD: {file: "%s"}, KEY: {env: API_KEY}}
        deploy: {run: 'echo $TOLD $PASSWORD; printenv >&2; [ ! -e fails ]'}
        undo: {run: 'echo $PASSWORD >&2; exit 7'}
    gates:""" % os.path.join(world.tmp, "password"))
    with open(path, "w") as file:
        file.write(text)
    said = "\n".join([HEADER, ANSWER, world.environment["GIT_TOKEN"], world.environment["DEPLOY_KEY"]])
    for host in world.hosts:
        with open(os.path.join(hosts.srv(world, host), "said"), "w") as file:
            file.write(said)
    # what the health endpoint gives back holds the header that it was asked with
    told = os.path.join(hosts.srv(world, "web1"), "shop", "shared")
    os.makedirs(told, exist_ok=True)
    with open(os.path.join(world.work, "site-v2", "public", "told.json"), "w") as file:
        json.dump({"version": "v2", "echo": HEADER, "more": [ANSWER, world.environment["GIT_TOKEN"]]}, file)
    subprocess.run(["tar", "-C", os.path.join(world.work, "site-v2"), "-czf", os.path.join(world.work, "told.tar.gz"), "."], check=True)


def refuse_pushes(world):
    hook = os.path.join(world.git, "hooks", "pre-receive")
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    with open(hook, "w") as file:
        file.write(f"#!/bin/sh\necho 'error: no access for {world.environment['GIT_TOKEN']} {HEADER}' >&2\nexit 1\n")
    os.chmod(hook, 0o755)


def found(world, ran, more=()):
    """Where secrets are."""
    log = subprocess.run(["git", "-C", world.git, "log", "-p", "--all", "--format=%B"], capture_output=True, check=False)
    places = {"standard output": ran.out, "standard error": ran.err, "the journal": log.stdout}
    for path in more:
        for file in glob.glob(path):
            with open(file, "rb") as stream:
                places[os.path.basename(file)] = stream.read()
    lines = [line for line in places["standard output"].splitlines() if not line.startswith(b"::add-mask::")]
    places["standard output"] = b"\n".join(lines)
    return [f"a secret ({secret[:6]}…) is in {place}" for place, data in places.items() for secret in secrets(world)
            if secret.encode() in data]


def deploy(world, *more, fails=None, refused=False):
    world.restore()
    variables = environment(world)
    plant(world)
    if fails == "host":
        open(os.path.join(hosts.srv(world, "web1"), "fails"), "w").close()
    if fails == "local":
        open(os.path.join(world.work, "fails"), "w").close()
    elif os.path.exists(os.path.join(world.work, "fails")):
        os.unlink(os.path.join(world.work, "fails"))
    if refused:
        refuse_pushes(world)
    tape = os.path.join(world.tmp, "run.tape")
    ran = world.run("deploy", "-e", "production", "--version", "v2", "--artifact", "told.tar.gz", "--service", "shop", "--service",
                    "local", "--record", tape, *more, environment=variables)
    faults = found(world, ran, [tape])
    if ran.status == 0 or ran.status is None or ran.status < 0:
        faults.append("it was meant to fail, and ended with %s: %s" % (ran.status, ran.text()))
    if not os.path.exists(tape):
        faults.append("there is no tape")
    return Found(faults=faults, note=ran.note())


def action(world):
    """As the runner calls it: outputs, summary, and masks, the one place where secrets are to be printed."""
    world.restore()
    variables = environment(world)
    plant(world)
    files = {name: os.path.join(world.tmp, name.lower()) for name in
             ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_STATE", "GITHUB_ENV")}
    for path in files.values():
        open(path, "w").close()
    inputs = {"INPUT_COMMAND": "deploy", "INPUT_ENVIRONMENT": "production", "INPUT_VERSION": "v2", "INPUT_ARTIFACT": "told.tar.gz",
              "INPUT_VERBOSE": "true", "INPUT_RECORD": "true"}
    ran = world.run("action", environment={**variables, **files, **inputs, "GITHUB_ACTIONS": "true", "CI": "true",
                                           "GITHUB_WORKSPACE": world.work})
    tape = os.path.join(world.work, "belay.tape")
    faults = found(world, ran, [*files.values(), tape])
    if b"::add-mask::" not in ran.out:
        faults.append("nothing was masked: " + ran.text())
    return Found(faults=faults, note=ran.note())


def core(world, number):
    """Ended by a signal that writes a core file, while keys and tokens are in memory."""
    world.restore()
    variables = environment(world)
    plant(world)
    waits = [os.path.join(hosts.srv(world, host), "wait") for host in world.hosts]
    for path in waits:
        open(path, "w").close()

    def strike(process):
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        until = time.monotonic() + 20
        while time.monotonic() < until and not all(_switched(world, host) for host in world.hosts):
            time.sleep(0.01)
        process.send_signal(number)

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.RLIM_INFINITY))
        ran = world.run("deploy", "-e", "production", "--version", "v2", "--artifact", "told.tar.gz", "--service", "shop",
                        environment=variables, during=strike)
    finally:
        for path in waits:  # lets the hooks go on
            os.unlink(path)
    cores = glob.glob(os.path.join(world.work, "core*"))
    faults = found(world, ran, cores)
    faults += [f"a core file was written: {os.path.basename(path)}" for path in cores]
    if ran.status != -number:
        faults.append(f"it ended with {ran.status} instead of by signal {number}: {ran.text()}")
    for path in cores:
        os.unlink(path)
    return Found(faults=faults, note=ran.note())


def _switched(world, host):
    return os.path.exists(os.path.join(hosts.srv(world, host), "shop", ".belay", "switching"))


def experiments(world, only, sampled, limit, seed):
    chosen = {
        "gate": deploy,
        "verbose": lambda world: deploy(world, "--verbose"),
        "json": lambda world: deploy(world, "--json"),
        "host-fails": lambda world: deploy(world, "--verbose", fails="host"),
        "command-fails": lambda world: deploy(world, "--verbose", fails="local"),
        "remote-refuses": lambda world: deploy(world, "--verbose", refused=True),
        "action": action,
        "core-quit": lambda world: core(world, signal.SIGQUIT),
        "core-segv": lambda world: core(world, signal.SIGSEGV),
    }
    for name, run in chosen.items():
        if not only or only == name:
            yield name, run
