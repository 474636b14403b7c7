"""What a host looks like from behind belay's back, and what must hold for it at any moment."""
import json
import os


def srv(world, host):
    return world.facts[host.upper() + "_SRV"]


def _list(*parts):
    try:
        return set(os.listdir(os.path.join(*parts)))
    except FileNotFoundError:
        return set()


def current(world, host):
    try:
        return os.readlink(os.path.join(srv(world, host), "shop", "current"))
    except OSError:
        return None


def version(world, host):
    """What the web server of the host serves."""
    try:
        with open(os.path.join(srv(world, host), "shop", "current", "public", "version.json")) as file:
            return json.load(file)["version"]
    except (OSError, ValueError):
        return None


def faults(world, host):
    """`current` always leads to a complete release; what is not complete is marked as such."""
    root = os.path.join(srv(world, host), "shop")
    found = []
    link = current(world, host)
    complete = _list(root, ".belay", "releases")
    if link is None:
        found.append(f"{host}: there is no current")
    elif os.path.basename(link) not in complete:
        found.append(f"{host}: current leads to {link}, which is not complete")
    elif version(world, host) not in ("v1", "v2"):
        found.append(f"{host}: current serves {version(world, host)}")
    # In this order: a script that is still at work moves things from the first to the last.
    there = {name[:-5] if name.endswith(".part") else name for name in _list(root, "releases")}
    there |= _list(root, ".belay", "incoming")
    marked = unfinished(world, host)
    complete = {name for name in _list(root, ".belay", "releases") if not name.endswith(".new")}
    for name in sorted(there - marked - complete):
        found.append(f"{host}: release {name} is neither complete nor marked as unfinished")
    return found


def leftovers(world, host):
    """What must be gone after a deployment that succeeded."""
    root = os.path.join(srv(world, host), "shop")
    left = [".belay/unfinished/" + name for name in unfinished(world, host)]
    left += [".belay/incoming/" + name for name in _list(root, ".belay", "incoming")]
    left += ["releases/" + name for name in _list(root, "releases") if name.endswith(".part")]
    left += [name for name in (".belay/switching", ".current.new") if os.path.lexists(os.path.join(root, name))]
    return [f"{host}: {name} was left behind" for name in sorted(left)]


def unfinished(world, host):
    """Releases that are not complete yet."""
    return _list(srv(world, host), "shop", ".belay", "unfinished")


def acts(world, host, kind):
    """Lines that the hooks `prepared`, `switched` and `undone` wrote: one for each time that they ran."""
    try:
        with open(os.path.join(srv(world, host), kind)) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


# ---- processes -----------------------------------------------------------------------------------------------------


def children(process):
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants(process):
    for child in children(process):
        yield child
        yield from descendants(child)


def command(process):
    """Its name; for one that has ended the name of a process that counts as idle."""
    try:
        with open(f"/proc/{process}/stat") as file:
            name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            return "nginx" if rest.split()[0] == "Z" else name
    except (FileNotFoundError, ProcessLookupError):
        return "nginx"
