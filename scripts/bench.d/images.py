"""Rows about the container image: belay's against one with node in it, in the same engine. See scripts/bench.

Images are built by scripts/image, node's from what this machine has installed, on the same Debian base; both stay in its
store. With buildah the base is made by mmdebstrap the first time, which takes a minute or two.
"""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

BELAY, NODE = "localhost/belay:action", "localhost/belay-bench:node"


def succeeds(*command):
    return shutil.which(command[0]) and subprocess.run(command, capture_output=True).returncode == 0


class Images:
    """An image engine with the two images."""

    def __init__(self, directory, tools):
        self.script, self.env = tools.ROOT / "scripts/image", os.environ | {"BELAY": os.path.realpath(tools.BELAY)}
        self.build(Path(directory))

    @staticmethod
    def missing():
        """What there would have to be, or None."""
        if not succeeds("docker", "info") and not all(map(shutil.which, ("buildah", "podman", "runc"))):
            return "it needs a Docker engine, or buildah, podman and runc"
        return None if shutil.which("node") else "it needs node, to compare with"

    def stop(self):
        pass

    def engine(self, *words):
        return [self.script, "--engine", *words]

    def build(self, directory):
        """Node's image: the program and its libraries over Debian's base, as an action for node would have it."""
        subprocess.run([self.script, "action"], env=self.env, stdout=subprocess.DEVNULL, check=True)
        node = os.path.realpath(shutil.which("node"))
        needed = subprocess.run(["ldd", node], check=True, capture_output=True, text=True).stdout.split()
        for file in {node, *(word for word in needed if word.startswith("/"))}:
            copy = directory / "files" / file.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        (directory / "Dockerfile").write_text(
            f'FROM docker.io/library/debian:bookworm-slim\nCOPY files/ /\nENTRYPOINT ["{node}"]\n')
        # Inside a container or without a user session only chroot works; nothing is run while this one is built.
        subprocess.run(self.engine("build", "--quiet", "--tag", NODE, directory), env=self.env | {"BUILDAH_ISOLATION": "chroot"},
                       stdout=subprocess.DEVNULL, check=True)

    def size_mb(self, image):
        said = subprocess.run(self.engine("image", "inspect", "--format", "{{.Size}}", image), env=self.env, check=True,
                              capture_output=True, text=True)
        return int(said.stdout) / 1e6

    def first_line(self, image, *words, options=()):
        """Until a container of the image says something."""
        begin = time.perf_counter()
        run = subprocess.Popen(self.engine("run", "--rm", "--network=none", *options, image, *words), env=self.env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = run.stdout.readline()
        wall = (time.perf_counter() - begin) * 1000
        _, said = run.communicate()
        if run.returncode or not line:
            raise RuntimeError(f"{image}: status {run.returncode}: {said.decode()}")
        return {"wall_ms": wall}


def image(images):
    """The image's size, and from `run` to the first line of `belay version`, against a node image's `node -p 0`."""
    sizes = {name: {"size_mb": images.size_mb(name)} for name in (BELAY, NODE)}
    return {
        "node -p 0": lambda: images.first_line(NODE, "-p", "0") | sizes[NODE],
        "echo 0: the engine alone": lambda: images.first_line(NODE, "0", options=("--entrypoint=/bin/echo",)) | sizes[NODE],
        "belay version": lambda: images.first_line(BELAY, "version", options=("--entrypoint=/belay",)) | sizes[BELAY],
    }, [("belay version", "node -p 0", "wall_ms", 1), ("belay version", None, "size_mb", 15)]


# name: (function, samples)
ROWS = {"image": (image, 20)}
