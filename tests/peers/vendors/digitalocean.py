"""DigitalOcean's API for one app (and one Droplet, one database), as far as belay speaks it: with state. Shapes are checked
by prism before it (DigitalOcean's OpenAPI description); here is what a description does not say: phases that advance with
every look, pins, what can be rolled back to, who may do what.

Below /_ is what the real one does elsewhere: GET /_state shows all; POST /_reset begins anew with the settings
  commit   what the sources are at          outcomes  how the next deployments end: [ACTIVE | ERROR | CANCELED], then ACTIVE
  phases   what they go through             bad       commits and tags that are not healthy
  refuse   condition that validate names    warnings  conditions that it warns of
  scopes   of the token; null: all          rival     {after: looks, live: bool}: somebody else's deployment then
  image    the app runs images              clones_fail  copies made by a rollback fail
and POST /_set changes some of them. GET /_app/health is the app: 200 or 503, and its version."""
import json
import re
import urllib.parse

TOKEN = "dop_v1_D0ubleD0ubleD0ubleD0ubleD0ubleD0uble"
APP = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"
DROPLET = 3164444
DATABASE = "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"
AT = "2026-11-21T10:%02d:%02dZ"
PHASES = ["PENDING_BUILD", "BUILDING", "DEPLOYING"]
ENDED = {"ACTIVE", "SUPERSEDED", "ERROR", "CANCELED"}
REVISIONS_KEPT = 10


class Refusal(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def fresh(settings):
    state = {
        "settings": dict({"commit": "a" * 40, "outcomes": [], "phases": PHASES, "bad": [], "refuse": None, "warnings": [],
                          "scopes": None, "rival": None, "image": False, "clones_fail": False, "base": "http://localhost"}, **settings),
        "deployments": [],
        "active": None,
        "pinned": None,
        "acts": [],
        "looks": 0,
        "actions": 0,
    }
    image = {"registry_type": "DOCKER_HUB", "registry": "acme", "repository": "shop", "tag": "v1"}
    source = {"github": {"repo": "acme/shop", "branch": "main", "deploy_on_push": True}}
    web = dict({"name": "web", "http_port": 8080}, **({"image": image} if state["settings"]["image"] else source))
    state["spec"] = {"name": "shop", "region": "ams", "services": [web]}
    return state


# --- deployments ---


def create(state, cause, commit=None, spec=None, origin=None):
    """The one that is on its way gives way to the new one."""
    for row in state["deployments"]:
        if row["phase"] not in ENDED:
            row["phase"] = "SUPERSEDED"
    number = len(state["deployments"]) + 1
    row = {
        "id": "%08d-0000-4000-8000-000000000000" % number,
        "cause": cause,
        "cloned_from": origin,
        "commit": commit or state["settings"]["commit"],
        "spec": json.loads(json.dumps(spec or state["spec"])),
        "phases": list(state["settings"]["phases"]),
        "outcome": "ACTIVE",
        "was_active": False,
        "at": number,
    }
    if origin:
        row["outcome"] = "ERROR" if state["settings"]["clones_fail"] else "ACTIVE"
    elif state["settings"]["outcomes"]:
        row["outcome"] = state["settings"]["outcomes"].pop(0)
    row["phase"] = row["phases"].pop(0) if row["phases"] else "PENDING_DEPLOY"
    state["deployments"].append(row)
    return row


def go_live(state, row):
    for other in state["deployments"]:
        if other["id"] == state["active"]:
            other["phase"] = "SUPERSEDED"
    row["phase"] = "ACTIVE"
    row["was_active"] = True
    state["active"] = row["id"]


def rival(state, row):
    """Somebody pushes to the branch while ours is on its way."""
    wish = state["settings"]["rival"]
    if not wish or row["phase"] in ENDED or not row["cause"].startswith(("manual", "app spec")):
        return
    wish["after"] -= 1
    if wish["after"] >= 0:
        return
    other = create(state, "commit bbbbbbb pushed to github.com/acme/shop/tree/main", "b" * 40)
    other["phases"] = ["BUILDING"] * 1000
    if wish.get("live"):
        go_live(state, other)
    state["settings"]["rival"] = None


def advance(state, row):
    rival(state, row)
    if row["phase"] in ENDED:
        return
    if row["phases"]:
        row["phase"] = row["phases"].pop(0)
    elif row["outcome"] == "ACTIVE":
        go_live(state, row)
    else:
        row["phase"] = row["outcome"]


def find(state, identity):
    for row in state["deployments"]:
        if row["id"] == identity:
            return row
    raise Refusal(404, "The resource you requested could not be found.")


def shown(row):
    at = AT % (row["at"] // 60, row["at"] % 60)
    failed = row["phase"] == "ERROR"
    done = row["phase"] in ("ACTIVE", "SUPERSEDED")
    step = {"name": "build", "status": "ERROR" if failed else "SUCCESS" if done else "RUNNING", "component_name": "web", "started_at": at}
    if failed:
        step["reason"] = {"code": "BuildJobExitNonZero", "message": "the build exited with status 1"}
    spec = row["spec"]
    service = {"name": "web"}
    if "image" not in spec["services"][0]:
        service["source_commit_hash"] = row["commit"]
    result = {
        "id": row["id"], "cause": row["cause"], "created_at": at, "updated_at": at, "phase": row["phase"], "phase_last_updated_at": at,
        "progress": {"error_steps": int(failed), "pending_steps": 0, "running_steps": int(not failed and not done), "success_steps": int(done),
                     "total_steps": 1, "steps": [step], "summary_steps": [dict(step)]},
        "services": [service], "spec": spec, "tier_slug": "basic",
    }
    if row["cloned_from"]:
        result["cloned_from"] = row["cloned_from"]
    return result


def app_shown(state):
    rows = {row["id"]: row for row in state["deployments"]}
    app = {"id": APP, "owner_uuid": "a4e16f25-cdd1-4483-b246-d77f283c9209", "spec": state["spec"], "live_url": "https://shop.example.com",
           "default_ingress": "https://shop.example.com", "created_at": AT % (0, 0), "updated_at": AT % (0, 0), "tier_slug": "basic"}
    if state["active"]:
        app["active_deployment"] = shown(rows[state["active"]])
    if state["pinned"]:
        app["pinned_deployment"] = shown(rows[state["pinned"]])
    running = [row for row in state["deployments"] if row["phase"] not in ENDED]
    if running:
        app["in_progress_deployment"] = shown(running[-1])
    return app


# --- rollbacks ---


def condition(code):
    return {"code": code, "message": "condition %s" % code, "components": ["web"]}


def obstacle(state, row):
    """Why the app cannot go back to that, or None."""
    if state["settings"]["refuse"]:
        return state["settings"]["refuse"]
    if state["pinned"]:
        return "app_pinned"
    if not row["was_active"]:
        return "incompatible_result"
    if row["phase"] != "SUPERSEDED":
        return "incompatible_phase"
    if sum(other["was_active"] and other["at"] > row["at"] for other in state["deployments"]) > REVISIONS_KEPT:
        return "exceeded_revision_limit"
    return None


def validate(state, body):
    code = obstacle(state, find(state, body["deployment_id"]))
    answer = {"valid": code is None, "warnings": [condition(name) for name in state["settings"]["warnings"]]}
    if code:
        answer["error"] = condition(code)
    return answer


def roll_back(state, body):
    target = find(state, body["deployment_id"])
    code = obstacle(state, target)
    if code:
        raise Refusal(400, "rollback is not possible: %s" % code)
    row = create(state, "rollback to %s" % target["id"], target["commit"], target["spec"], target["id"])
    row["before"] = state["active"]
    if not body.get("skip_pin"):
        state["pinned"] = row["id"]
    return {"deployment": shown(row)}


def commit(state):
    if not state["pinned"]:
        raise Refusal(400, "the app is not pinned")
    state["spec"] = json.loads(json.dumps(find(state, state["pinned"])["spec"]))
    state["pinned"] = None
    return None


def revert(state):
    if not state["pinned"]:
        raise Refusal(400, "the app is not pinned")
    before = find(state, find(state, state["pinned"])["before"])
    state["pinned"] = None
    row = create(state, "rollback reverted", before["commit"], before["spec"], before["id"])
    row["outcome"] = "ACTIVE"
    return {"deployment": shown(row)}


# --- the rest of the API ---


def deploy(state, cause):
    if state["pinned"]:
        raise Refusal(409, "the app is pinned to a rollback: commit or revert it")
    return create(state, cause)


def update(state, body):
    if body["spec"] == state["spec"]:
        return {"app": app_shown(state)}
    if state["pinned"]:
        raise Refusal(409, "the app is pinned to a rollback: commit or revert it")
    state["spec"] = body["spec"]
    row = create(state, "app spec updated")
    return {"app": dict(app_shown(state), pending_deployment=shown(row))}


def restart(state):
    now = find(state, state["active"])
    return {"deployment": shown(create(state, "manual restart", now["commit"], now["spec"]))}


def cancel(state, identity):
    row = find(state, identity)
    if row["phase"] in ENDED:
        raise Refusal(400, "the deployment has ended")
    row["phase"] = "CANCELED"
    return {"deployment": shown(row)}


def page(state, query):
    size, number = int(query.get("per_page", 20)), int(query.get("page", 1))
    rows = [shown(row) for row in reversed(state["deployments"])]
    answer = {"deployments": rows[(number - 1) * size : number * size], "links": {}, "meta": {"total": len(rows)}}
    if number * size < len(rows):
        where = "%s/v2/apps/%s/deployments?page=%d&per_page=%d" % (state["settings"]["base"], APP, number + 1, size)
        answer["links"] = {"pages": {"next": where, "last": where}}
    return answer


def health(state):
    good = is_healthy(state)
    return {"app_health": {"components": [{"name": "web", "cpu_usage_percent": 12.5, "memory_usage_percent": 40, "replicas_desired": 2,
                                           "replicas_ready": 2 if good else 0, "state": "HEALTHY" if good else "UNHEALTHY"}]}}


def version(state):
    row = find(state, state["active"])
    image = row["spec"]["services"][0].get("image")
    return (image.get("digest") or image.get("tag")) if image else row["commit"]


def is_healthy(state):
    return bool(state["active"]) and version(state) not in state["settings"]["bad"]


def droplet():
    region = {"name": "Amsterdam 3", "slug": "ams3", "features": [], "available": True, "sizes": []}
    size = {"slug": "s-1vcpu-1gb", "memory": 1024, "vcpus": 1, "disk": 25, "transfer": 1.0, "price_monthly": 6.0, "price_hourly": 0.00893,
            "regions": ["ams3"], "available": True, "description": "Basic"}
    return {"id": DROPLET, "name": "db1", "memory": 1024, "vcpus": 1, "disk": 25, "locked": False, "status": "active",
            "created_at": AT % (0, 0), "features": [], "backup_ids": [], "next_backup_window": None, "snapshot_ids": [6372321],
            "image": {"id": 1}, "volume_ids": [], "size": size, "size_slug": "s-1vcpu-1gb", "networks": {"v4": [], "v6": []},
            "region": region, "tags": []}


def snapshot():
    return {"id": 6372321, "name": "nightly", "created_at": AT % (0, 0), "regions": ["ams3"], "min_disk_size": 25, "size_gigabytes": 2.3,
            "type": "snapshot"}


def api(state, request):
    method, path, body = request["method"], request["path"], request["json"]
    app = "/v2/apps/" + APP
    deployment = re.match(app + r"/deployments/([^/]+)", path)
    acts = {
        ("POST", app + "/deployments"): lambda: {"deployment": shown(deploy(state, "manual"))},
        ("PUT", app): lambda: update(state, body),
        ("POST", app + "/restart"): lambda: restart(state),
        ("POST", app + "/rollback"): lambda: roll_back(state, body),
        ("POST", app + "/rollback/commit"): lambda: commit(state),
        ("POST", app + "/rollback/revert"): lambda: revert(state),
        ("POST", "/v2/droplets/%d/actions" % DROPLET): lambda: {"action": {"id": 1, "status": "in-progress", "type": body["type"]}},
    }
    looks = {
        ("GET", app): lambda: {"app": app_shown(state)},
        ("GET", app + "/deployments"): lambda: page(state, request["query"]),
        ("GET", app + "/health"): lambda: health(state),
        ("GET", app + "/alerts"): lambda: {"alerts": [{"id": APP, "component_name": "web", "phase": "ACTIVE",
                                                       "spec": {"rule": "CPU_UTILIZATION", "operator": "GREATER_THAN", "value": 80,
                                                                "window": "FIVE_MINUTES"}}]},
        ("POST", app + "/rollback/validate"): lambda: validate(state, body),
        ("GET", "/v2/droplets/%d" % DROPLET): lambda: {"droplet": droplet()},
        ("GET", "/v2/droplets/%d/snapshots" % DROPLET): lambda: {"snapshots": [snapshot()], "links": {}, "meta": {"total": 1}},
        ("GET", "/v2/databases/%s/backups" % DATABASE): lambda: {"backups": [{"created_at": AT % (0, 0), "size_gigabytes": 0.03}]},
    }
    if (method, path) in acts:
        answer = acts[(method, path)]()
        state["acts"].append("%s %s" % (method, path[len(app):] if path.startswith(app) else path))
        return answer
    if (method, path) in looks:
        return looks[(method, path)]()
    if deployment and method == "GET" and path.endswith("/logs"):
        find(state, deployment[1])
        place = urllib.parse.quote("%s-%s" % (path.split("/")[-2], request["query"].get("type", "")))
        return {"historic_urls": ["%s/_logs/%s/%s" % (state["settings"]["base"], deployment[1], place)], "live_url": ""}
    if deployment and path.endswith("/cancel"):
        answer = cancel(state, deployment[1])
        state["acts"].append("POST /deployments/cancel")
        return answer
    if deployment and method == "GET":
        row = find(state, deployment[1])
        advance(state, row)
        return {"deployment": shown(row)}
    raise Refusal(404, "The resource you requested could not be found.")


def check_scope(state, request):
    if request["headers"].get("authorization") != "Bearer " + TOKEN:
        raise Refusal(401, "Unable to authenticate you")
    scopes = state["settings"]["scopes"]
    kind = {"apps": "app", "droplets": "droplet", "databases": "database"}.get(request["path"].split("/")[2], "?")
    wanted = "%s:%s" % (kind, "read" if request["method"] == "GET" else "update")
    if scopes is not None and wanted not in scopes:
        # Worse than the real one: it repeats what it was sent.
        raise Refusal(403, "You are not authorized to perform this operation with %s" % TOKEN)


def beside(state, request):
    """What is not part of the API."""
    path = request["path"]
    if path == "/_reset":
        first = request["json"].pop("live", ["0" * 40])
        state.clear()
        state.update(fresh(request["json"]))
        outcomes, state["settings"]["outcomes"] = state["settings"]["outcomes"], []
        for commit_id in first:  # what was live before, oldest first
            go_live(state, create(state, "manual", commit_id))
        state["settings"]["outcomes"] = outcomes
    elif path == "/_set":
        state["settings"].update(request["json"])
    elif path == "/_act":  # somebody else does something
        body = request["json"]
        if body["do"] == "rollback":
            row = find(state, roll_back(state, body)["deployment"]["id"])
            go_live(state, row)
        elif body["do"] == "live":
            go_live(state, create(state, body.get("cause", "commit pushed"), body.get("commit")))
    elif path.startswith("/_logs/"):
        component, _, kind = path.split("/")[-1].rpartition("-")
        lines = ["%s: %s line %d" % (component, kind.lower(), number) for number in range(1, 21)]
        return 200, {}, "\n".join(lines + ["::error::the token is %s" % TOKEN, "%s: the end of the %s log" % (component, kind.lower())]) + "\n"
    elif path.startswith("/_app/health"):
        good = is_healthy(state)
        return 200 if good else 503, {}, {"status": "UP" if good else "DOWN", "version": version(state) if state["active"] else None}
    return 200, {}, dict(state, live=version(state) if state["active"] else None)


def answer(request, state):
    if not state:
        state.update(fresh({}))
    if request["path"].startswith("/_"):
        return beside(state, request)
    state["looks"] += 1
    limits = {"ratelimit-limit": 5000, "ratelimit-remaining": 5000 - state["looks"] % 5000, "ratelimit-reset": 1800000000}
    try:
        check_scope(state, request)
        return 200, limits, api(state, request)
    except Refusal as refusal:
        name = {401: "Unauthorized", 403: "Forbidden", 404: "not_found"}.get(refusal.status, "bad_request")
        return refusal.status, limits, {"id": name, "message": str(refusal)}
