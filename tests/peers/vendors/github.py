"""GitHub's REST API for one repository, acme/shop, as far as belay speaks it: with state, permissions, limits and ETags.
Shapes are checked by prism before it (GitHub's OpenAPI description); here is what a description does not say: what follows
from what, who may do what, what a lost race is answered with.

Below /_ is what the real one does elsewhere: GET /_state shows all, POST /_settings changes the settings
{base: URL that clients see, permissions: {name: none|read|write}, private, limit, runs: {ID: {status, attempt}}, logins}, GET
/_oidc gives out OIDC tokens as a runner does, GET /_echo shows the headers it got."""
import base64
import hashlib
import json
import re
import time
import urllib.parse

TOKEN = "ghs_C0ckpitC0ckpitC0ckpitC0ckpit00"
OIDC_REQUEST_TOKEN = "oidc-request-token-0123456789"
REPOSITORY = "acme/shop"
HEAD = "c0ffee0000000000000000000000000000000001"
NOW = "2026-11-21T10:00:00Z"
DOCS = "https://docs.github.com/rest"
STATES = {"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}

# Whoever asks for what is below the repository needs this; from GitHub's page on permissions of Apps.
PERMISSIONS = [
    (r"/deployments(/|$)", "deployments"),
    (r"/statuses/", "statuses"),
    (r"/check-runs(/|$)", "checks"),
    (r"/(issues|labels)(/|$)", "issues"),
    (r"/(contents|git)/", "contents"),
    (r"/pulls(/|$)", "pull-requests"),
    (r"/actions/", "actions"),
]


class Refusal(Exception):
    def __init__(self, status, message, errors=None):
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "documentation_url": DOCS, "status": str(status)}
        if errors:
            self.body["errors"] = errors


def fresh():
    return {
        "settings": {"base": "http://localhost", "permissions": {}, "private": False, "limit": 1000, "runs": {}, "logins": ["ada", "grace"]},
        "used": 0,
        "last_id": 100,
        "deployments": [],
        "statuses": {},
        "commit_statuses": [],
        "check_runs": {},
        "labels": {"bug": {"color": "d73a4a", "description": None}},
        "issues": [],
        "comments": [],
        "branches": {"main": {"sha": HEAD, "files": {}}},
        "pulls": [],
        "free": 0,
    }


def next_id(state):
    state["last_id"] += 1
    return state["last_id"]


def user(login="github-actions[bot]"):
    url = "https://api.github.com/users/x"
    names = ("avatar_url followers_url following_url gists_url html_url organizations_url received_events_url repos_url "
             "starred_url subscriptions_url url events_url").split()
    return dict({name: url for name in names}, login=login, id=1, node_id="U", gravatar_id="", type="Bot", site_admin=False)


def url(state, path):
    return "%s/repos/%s%s" % (state["settings"]["base"], REPOSITORY, path)


# --- deployments ---


def deployment_shown(state, row):
    here = url(state, "/deployments/%d" % row["id"])
    return dict(row, node_id="D", task="deploy", creator=user(), statuses_url=here + "/statuses", url=here,
                repository_url=url(state, ""), created_at=NOW, updated_at=NOW, transient_environment=False)


def deployment_create(state, request, _):
    wanted = request["json"]
    if not re.fullmatch(r"[0-9a-f]{40}|main", wanted["ref"]):
        raise Refusal(422, "No ref found for: %s" % wanted["ref"])
    if wanted.get("required_contexts") != [] or wanted.get("auto_merge", True):
        raise Refusal(409, "Conflict: Commit status checks failed for %s." % wanted["ref"])
    environment = wanted.get("environment", "production")
    row = {
        "id": next_id(state),
        "sha": HEAD if wanted["ref"] == "main" else wanted["ref"],
        "ref": wanted["ref"],
        "environment": environment,
        "original_environment": environment,
        "description": wanted.get("description", ""),
        "payload": wanted.get("payload", ""),
        "production_environment": wanted.get("production_environment", environment == "production"),
    }
    state["deployments"].insert(0, row)
    state["statuses"][row["id"]] = []
    return 201, deployment_shown(state, row)


def deployment_list(state, request, _):
    rows = [row for row in state["deployments"] if request["query"].get("environment", row["environment"]) == row["environment"]]
    return page(state, request, [deployment_shown(state, row) for row in rows])


def find_deployment(state, number):
    for row in state["deployments"]:
        if row["id"] == int(number):
            return row
    raise Refusal(404, "Not Found")


def status_shown(state, number, row):
    """The description wants a URL where the real one gives "" when it was told none."""
    here = url(state, "/deployments/%s" % number)
    told = {name: text for name, text in row.items() if text or not name.endswith("_url")}
    return dict(told, node_id="DS", creator=user(), deployment_url=here, repository_url=url(state, ""), url=here + "/statuses/1",
                target_url=row["log_url"] or here, created_at=NOW, updated_at=NOW)


def add_status(state, number, wanted):
    row = {"id": next_id(state), "state": wanted["state"]}
    for name in ("description", "environment_url", "log_url"):
        row[name] = wanted.get(name, "")
    if len(row["description"]) > 140:
        raise Refusal(422, "Validation Failed", [{"resource": "DeploymentStatus", "field": "description", "code": "invalid"}])
    state["statuses"][number].insert(0, row)
    return row


def status_create(state, request, match):
    ours = find_deployment(state, match[1])
    wanted = request["json"]
    row = add_status(state, ours["id"], wanted)
    if wanted["state"] == "success" and wanted.get("auto_inactive", True):
        for other in state["deployments"]:
            newest = state["statuses"][other["id"]][:1]
            if (other["id"] < ours["id"] and other["environment"] == ours["environment"] and not other["production_environment"]
                    and newest and newest[0]["state"] == "success"):
                add_status(state, other["id"], {"state": "inactive"})
    return 201, status_shown(state, ours["id"], row)


def status_list(state, request, match):
    ours = find_deployment(state, match[1])
    return page(state, request, [status_shown(state, ours["id"], row) for row in state["statuses"][ours["id"]]])


# --- commits ---


def commit_status(state, request, match):
    wanted = request["json"]
    if not re.fullmatch(r"[0-9a-f]{40}", match[1]):
        raise Refusal(422, "No commit found for SHA: %s" % match[1])
    row = {"sha": match[1], "id": next_id(state), "context": wanted.get("context", "default"), "state": wanted["state"],
           "description": wanted.get("description"), "target_url": wanted.get("target_url")}
    state["commit_statuses"].append(row)
    return 201, dict(row, url=url(state, "/statuses/1"), avatar_url=None, node_id="S", created_at=NOW, updated_at=NOW, creator=user())


def check_run_shown(row):
    output = dict({"title": None, "summary": None, "text": None, "annotations_count": 0, "annotations_url": "https://x.example/a"},
                  **row.get("output", {}))
    return dict(row, output=output, node_id="C", url="https://x.example/c", html_url=None, details_url=None, started_at=NOW,
                completed_at=NOW if row["status"] == "completed" else None, external_id="", check_suite=None, app=None, pull_requests=[])


def change_check_run(row, wanted):
    row.update({name: value for name, value in wanted.items() if name in ("status", "conclusion", "output", "name", "head_sha")})
    if "conclusion" in wanted:
        row["status"] = "completed"
    if row["status"] == "completed" and not row["conclusion"]:
        raise Refusal(422, "Invalid request.\n\nFor 'allOf/0', a conclusion is needed.")


def check_run_create(state, request, _):
    row = {"id": next_id(state), "status": "queued", "conclusion": None}
    change_check_run(row, request["json"])
    state["check_runs"][row["id"]] = row
    return 201, check_run_shown(row)


def check_run_update(state, request, match):
    row = state["check_runs"].get(int(match[1]))
    if not row:
        raise Refusal(404, "Not Found")
    change_check_run(row, request["json"])
    return 200, check_run_shown(row)


def workflow_run(state, _, match):
    run = state["settings"]["runs"].get(match[1])
    if not run:
        raise Refusal(404, "Not Found")
    text = ("jobs_url logs_url check_suite_url cancel_url rerun_url artifacts_url workflow_url url html_url head_sha path "
            "event display_title node_id").split()
    repository = repository_shown(state)
    return 200, dict({name: "x" for name in text}, id=int(match[1]), head_branch="main", run_number=1, run_attempt=run.get("attempt", 1),
                     status=run["status"], conclusion="success" if run["status"] == "completed" else None, workflow_id=1,
                     created_at=NOW, updated_at=NOW, head_commit=None, head_repository=repository, repository=repository, pull_requests=[])


# --- issues ---


def label_shown(state, name):
    row = state["labels"][name]
    return {"id": 1, "node_id": "L", "url": url(state, "/labels/x"), "name": name, "description": row["description"],
            "color": row["color"], "default": False}


def issue_shown(state, row):
    here = url(state, "/issues/%d" % row["number"])
    shown = dict(row, id=row["number"], node_id="I", url=here, repository_url=url(state, ""), labels_url=here + "/labels{/name}",
                 comments_url=here + "/comments", events_url=here + "/events", html_url=issue_page(row["number"]),
                 user=user(row["author"]), assignee=None, assignees=[user(login) for login in row["assignees"]], milestone=None,
                 locked=False, comments=sum(c["issue"] == row["number"] for c in state["comments"]), closed_at=None,
                 created_at=NOW, updated_at=NOW, author_association="CONTRIBUTOR")
    shown["labels"] = [label_shown(state, name) for name in row["labels"]]
    del shown["author"]
    return shown


def issue_page(number):
    return "https://github.com/%s/issues/%d" % (REPOSITORY, number)


def change_issue(state, row, wanted):
    for name, most in (("title", 256), ("body", 65536)):
        if len(wanted.get(name) or "") > most:
            raise Refusal(422, "Validation Failed", [{"resource": "Issue", "field": name, "code": "custom",
                                                      "message": "%s is too long (maximum is %d characters)" % (name, most)}])
    for login in wanted.get("assignees", []):
        if login not in state["settings"]["logins"]:
            raise Refusal(422, "Validation Failed", [{"resource": "Issue", "field": "assignees", "code": "invalid", "value": login}])
    for name in wanted.get("labels", []):
        state["labels"].setdefault(name, {"color": "ededed", "description": None})
    row.update({name: wanted[name] for name in ("title", "body", "labels", "assignees", "state") if name in wanted})


def issue_create(state, request, _):
    row = {"number": len(state["issues"]) + 1, "title": "", "body": "", "labels": [], "assignees": [], "state": "open",
           "author": "github-actions[bot]"}
    change_issue(state, row, request["json"])
    state["issues"].insert(0, row)
    return 201, issue_shown(state, row)


def find_issue(state, number):
    for row in state["issues"]:
        if row["number"] == int(number):
            return row
    raise Refusal(404, "Not Found")


def issue_list(state, request, _):
    query = request["query"]
    wanted = [name for name in query.get("labels", "").split(",") if name]
    rows = [row for row in state["issues"]
            if query.get("state", "open") in ("all", row["state"]) and all(name in row["labels"] for name in wanted)]
    return page(state, request, [issue_shown(state, row) for row in rows])


def issue_get(state, _, match):
    return 200, issue_shown(state, find_issue(state, match[1]))


def issue_update(state, request, match):
    row = find_issue(state, match[1])
    change_issue(state, row, request["json"])
    return 200, issue_shown(state, row)


def issue_assign(state, request, match):
    row = find_issue(state, match[1])
    known = [login for login in request["json"]["assignees"] if login in state["settings"]["logins"]]
    if not known:
        raise Refusal(422, "Validation Failed", [{"resource": "Issue", "field": "assignees", "code": "invalid"}])
    row["assignees"] += [login for login in known if login not in row["assignees"]]
    return 201, issue_shown(state, row)


def comment_shown(state, row):
    here = url(state, "/issues/comments/%d" % row["id"])
    return {"id": row["id"], "node_id": "IC", "url": here, "html_url": issue_page(row["issue"]) + "#c", "body": row["body"],
            "issue_url": url(state, "/issues/%d" % row["issue"]), "user": user(), "created_at": NOW, "updated_at": NOW,
            "author_association": "CONTRIBUTOR"}


def comment_create(state, request, match):
    if len(request["json"]["body"]) > 65536:
        raise Refusal(422, "Validation Failed", [{"resource": "IssueComment", "field": "data", "code": "unprocessable",
                                                  "message": "Body is too long (maximum is 65536 characters)"}])
    row = {"id": next_id(state), "issue": find_issue(state, match[1])["number"], "body": request["json"]["body"]}
    state["comments"].append(row)
    return 201, comment_shown(state, row)


def comment_list(state, request, match):
    number = find_issue(state, match[1])["number"]
    return page(state, request, [comment_shown(state, row) for row in state["comments"] if row["issue"] == number])


def label_get(state, _, match):
    if match[1] not in state["labels"]:
        raise Refusal(404, "Not Found")
    return 200, label_shown(state, match[1])


def label_create(state, request, _):
    wanted = request["json"]
    if wanted["name"] in state["labels"]:
        raise Refusal(422, "Validation Failed", [{"resource": "Label", "field": "name", "code": "already_exists"}])
    state["labels"][wanted["name"]] = {"color": wanted.get("color", "ededed"), "description": wanted.get("description")}
    return 201, label_shown(state, wanted["name"])


# --- files, branches, pull requests ---


def blob_id(text):
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def file_shown(state, path, text):
    here = url(state, "/contents/" + path)
    return {"type": "file", "encoding": "base64", "size": len(text.encode()), "name": path.rpartition("/")[2], "path": path,
            "content": base64.encodebytes(text.encode()).decode(), "sha": blob_id(text), "url": here, "git_url": here,
            "html_url": here, "download_url": here, "_links": {"git": here, "self": here, "html": here}}


def find_branch(state, name):
    if name not in state["branches"]:
        raise Refusal(404, "No commit found for the ref %s" % name)
    return state["branches"][name]


def file_get(state, request, match):
    files = find_branch(state, request["query"].get("ref", "main"))["files"]
    if match[1] not in files:
        raise Refusal(404, "Not Found")
    return 200, file_shown(state, match[1], files[match[1]])


def file_put(state, request, match):
    wanted = request["json"]
    branch = find_branch(state, wanted.get("branch", "main"))
    old = branch["files"].get(match[1])
    if old is not None and wanted.get("sha") != blob_id(old):
        raise Refusal(409 if "sha" in wanted else 422, "\"sha\" wasn't supplied." if "sha" not in wanted else "does not match")
    branch["files"][match[1]] = base64.b64decode(wanted["content"]).decode()
    branch["sha"] = hashlib.sha1(json.dumps(branch["files"]).encode()).hexdigest()
    who = {"name": "belay", "email": "belay@example.com", "date": NOW}
    here = url(state, "/git/commits/x")
    shown = file_shown(state, match[1], branch["files"][match[1]])
    del shown["content"], shown["encoding"]
    commit = {"sha": branch["sha"], "node_id": "C", "url": here, "html_url": here, "author": who, "committer": who,
              "message": wanted["message"], "tree": {"url": here, "sha": branch["sha"]}, "parents": [],
              "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}}
    return 201 if old is None else 200, {"content": shown, "commit": commit}


def ref_shown(state, name):
    here = url(state, "/git/refs/heads/x")
    return {"ref": "refs/heads/" + name, "node_id": "R", "url": here,
            "object": {"type": "commit", "sha": state["branches"][name]["sha"], "url": here}}


def ref_get(state, _, match):
    name = match[1].removeprefix("heads/")
    if name not in state["branches"]:
        raise Refusal(404, "Not Found")
    return 200, ref_shown(state, name)


def ref_create(state, request, _):
    wanted = request["json"]
    name = wanted["ref"].removeprefix("refs/heads/")
    if name in state["branches"]:
        raise Refusal(422, "Reference already exists")
    for branch in list(state["branches"].values()):
        if branch["sha"] == wanted["sha"]:
            state["branches"][name] = {"sha": branch["sha"], "files": dict(branch["files"])}
            return 201, ref_shown(state, name)
    raise Refusal(422, "Object does not exist")


def pull_list(state, request, _):
    head = request["query"].get("head", "")
    return page(state, request, [row for row in state["pulls"] if head in ("", "acme:" + row["head"]) and row["state"] == "open"])


def pull_create(state, request, _):
    wanted = request["json"]
    if not state["settings"].get("actions_may_open_pulls", True):
        raise Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.")
    if any(row["head"] == wanted["head"] and row["state"] == "open" for row in state["pulls"]):
        raise Refusal(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom",
                                                  "message": "A pull request already exists for acme:%s." % wanted["head"]}])
    find_branch(state, wanted["head"])
    number = 1000 + len(state["pulls"])
    row = {"number": number, "html_url": "https://github.com/%s/pull/%d" % (REPOSITORY, number), "head": wanted["head"],
           "base": wanted["base"], "title": wanted["title"], "body": wanted.get("body", ""), "state": "open"}
    state["pulls"].append(row)
    return 201, row


def repository_shown(state, _=None, __=None):
    text = ("archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads "
            "events forks git_commits git_refs git_tags hooks html issue_comment issue_events issues keys labels languages merges "
            "milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees clone git ssh svn")
    row = {name + "_url": "https://x.example/" + name for name in text.split()}
    row.update(dict.fromkeys("fork has_issues has_projects has_wiki has_pages has_discussions archived disabled".split(), False))
    row.update(dict.fromkeys("forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count "
                             "network_count subscribers_count".split(), 0))
    row.update(dict.fromkeys("description homepage language mirror_url license".split(), None))
    row.update(dict.fromkeys("pushed_at created_at updated_at".split(), NOW))
    row.update(id=1, node_id="R", name="shop", full_name=REPOSITORY, owner=user("acme"), private=state["settings"]["private"],
               default_branch="main", url=url(state, ""))
    return row


# --- all of it ---

ROUTES = [
    ("GET", r"", lambda state, request, match: (200, repository_shown(state))),
    ("POST", r"/deployments", deployment_create),
    ("GET", r"/deployments", deployment_list),
    ("POST", r"/deployments/(\d+)/statuses", status_create),
    ("GET", r"/deployments/(\d+)/statuses", status_list),
    ("POST", r"/statuses/([^/]+)", commit_status),
    ("POST", r"/check-runs", check_run_create),
    ("PATCH", r"/check-runs/(\d+)", check_run_update),
    ("GET", r"/actions/runs/(\d+)", workflow_run),
    ("POST", r"/issues", issue_create),
    ("GET", r"/issues", issue_list),
    ("GET", r"/issues/(\d+)", issue_get),
    ("PATCH", r"/issues/(\d+)", issue_update),
    ("POST", r"/issues/(\d+)/assignees", issue_assign),
    ("POST", r"/issues/(\d+)/comments", comment_create),
    ("GET", r"/issues/(\d+)/comments", comment_list),
    ("GET", r"/labels/([^/]+)", label_get),
    ("POST", r"/labels", label_create),
    ("GET", r"/contents/(.+)", file_get),
    ("PUT", r"/contents/(.+)", file_put),
    ("GET", r"/git/ref/(.+)", ref_get),
    ("POST", r"/git/refs", ref_create),
    ("GET", r"/pulls", pull_list),
    ("POST", r"/pulls", pull_create),
]


def page(state, request, rows):
    size = int(request["query"].get("per_page", 30))
    number = int(request["query"].get("page", 1))
    headers = {}
    if number * size < len(rows):
        query = urllib.parse.urlencode(dict(request["query"], page=number + 1))
        headers["Link"] = '<%s?%s>; rel="next"' % (state["settings"]["base"] + request["path"], query)
    return 200, rows[(number - 1) * size:number * size], headers


def check_permission(state, request, rest):
    if request["headers"].get("authorization") != "Bearer " + TOKEN:
        raise Refusal(401, "Bad credentials")
    for pattern, name in PERMISSIONS:
        if not re.match(pattern, rest):
            continue
        have = state["settings"]["permissions"].get(name, "write")
        if have == "none" and state["settings"]["private"]:
            raise Refusal(404, "Not Found")
        if have == "none" or (have == "read" and request["method"] != "GET"):
            raise Refusal(403, "Resource not accessible by integration")
        return


def respond(state, request):
    path = urllib.parse.unquote(request["path"])
    prefix = "/repos/" + REPOSITORY
    if not path.startswith(prefix):
        raise Refusal(404, "Not Found")
    rest = path[len(prefix):]
    if state["used"] >= state["settings"]["limit"]:
        raise Refusal(403, "API rate limit exceeded for installation.")
    check_permission(state, request, rest)
    for method, pattern, handler in ROUTES:
        match = re.fullmatch(pattern, rest)
        if match and method == request["method"]:
            return handler(state, request, match)
    raise Refusal(404, "Not Found")


def control(state, request):
    if request["path"] == "/_settings":
        state["settings"].update(request["json"])
    if request["path"] == "/_reset":
        state.clear()
        state.update(fresh())
    if request["path"] == "/_issue":  # a stranger's
        row = dict({"labels": [], "assignees": [], "state": "open", "author": "mallory"}, **request["json"])
        state["issues"].insert(0, dict(row, number=len(state["issues"]) + 1))
    if request["path"] == "/_oidc":
        return oidc(request)
    if request["path"] == "/_echo":
        return 200, {}, request["headers"]
    return 200, {}, state


def oidc(request):
    """What ACTIONS_ID_TOKEN_REQUEST_URL leads to on a runner."""
    if request["headers"].get("authorization") != "Bearer " + OIDC_REQUEST_TOKEN:
        return 401, {}, {"message": "Unauthorized"}
    return 200, {}, {"value": "eyJhbGciOiJSUzI1NiJ9.%s.c2lnbmF0dXJl" % request["query"]["audience"].encode().hex()}


def answer(request, state):
    if not state:
        state.update(fresh())
    if request["path"].startswith("/_"):
        return control(state, request)
    headers = {}
    try:
        status, body, *more = respond(state, request)
        headers.update(more[0] if more else {})
    except Refusal as refusal:
        status, body = refusal.status, refusal.body
    free = False
    if request["method"] == "GET" and status == 200:
        headers["ETag"] = 'W/"%s"' % hashlib.sha256(json.dumps(body).encode()).hexdigest()
        free = request["headers"].get("if-none-match") == headers["ETag"]
        if free:
            status, body = 304, None
    state["free" if free else "used"] += 1
    limit = state["settings"]["limit"]
    headers.update({"x-ratelimit-limit": limit, "x-ratelimit-remaining": max(0, limit - state["used"]),
                    "x-ratelimit-used": state["used"], "x-ratelimit-reset": int(time.time()) + 1800})
    return status, headers, body
