"""Jira, REST API version 2: issues with labels, comments and a small workflow. User belay@example.test, token
jira-Token-0123456789. Of the two searches it has the one of the path's first word: /cloud/rest/…, /server/rest/…; the
other is 410 and 404, as they answer."""
import base64
import re

from . import faults

LOGIN = "Basic " + base64.b64encode(b"belay@example.test:jira-Token-0123456789").decode()
BEARER = "Bearer jira-Token-0123456789"
TEXT = {"type": "string", "minLength": 1, "maxLength": 32767}
ISSUE = {
    "type": "object",
    "required": ["fields"],
    "additionalProperties": False,
    "properties": {
        "fields": {
            "type": "object",
            "required": ["project", "issuetype", "summary"],
            "additionalProperties": False,
            "properties": {
                "project": {"type": "object", "required": ["key"], "additionalProperties": False, "properties": {"key": {"const": "OPS"}}},
                "issuetype": {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": {"enum": ["Incident", "Bug"]}}},
                "summary": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^\r\n]*$"},
                "description": TEXT,
                "labels": {"type": "array", "items": {"type": "string", "maxLength": 255, "pattern": "^\\S+$"}},
            },
        }
    },
}
COMMENT = {"type": "object", "required": ["body"], "additionalProperties": False, "properties": {"body": TEXT}}
TRANSITION = {
    "type": "object",
    "required": ["transition"],
    "additionalProperties": False,
    "properties": {
        "transition": {"type": "object", "required": ["id"], "additionalProperties": False, "properties": {"id": {"type": "string"}}},
    },
}
# From which status which transitions lead where.
WORKFLOW = {
    "Open": [("11", "Start work", "In Progress"), ("31", "Done", "Closed")],
    "In Progress": [("31", "Done", "Closed")],
    "Closed": [("41", "Reopen", "Open")],
}


def refuse(status, *messages, **errors):
    return status, {}, {"errorMessages": list(messages), "errors": errors}


def search(request, state):
    match = re.fullmatch(r'project = "OPS" AND labels = "([^"\s]+)" ORDER BY created ASC', request["query"].get("jql", ""))
    if not match:
        return refuse(400, "Error in the JQL Query")
    issues = state.get("issues", {})
    found = [{"id": issue["id"], "key": key} for key, issue in issues.items() if match[1] in issue["fields"]["labels"]]
    return 200, {}, {"issues": found[: int(request["query"].get("maxResults", 50))]}


def create(request, state):
    wrong = faults(ISSUE, request["json"])
    if wrong:
        return refuse(400, **{fault.split(":")[0].replace("/", "_"): fault for fault in wrong})
    issues = state.setdefault("issues", {})
    key = "OPS-%d" % (len(issues) + 1)
    fields = dict({"labels": []}, **request["json"]["fields"])
    issues[key] = {"id": str(10000 + len(issues)), "fields": fields, "status": "Open", "comments": []}
    return 201, {}, {"id": issues[key]["id"], "key": key}


def comments(request, issue):
    if request["method"] == "GET":
        return 200, {}, {"comments": [{"body": text} for text in issue["comments"]]}
    wrong = faults(COMMENT, request["json"])
    if wrong:
        return refuse(400, *wrong)
    issue["comments"].append(request["json"]["body"])
    return 201, {}, {"id": str(len(issue["comments"]))}


def transitions(request, issue):
    rows = WORKFLOW[issue["status"]]
    if request["method"] == "GET":
        return 200, {}, {"transitions": [{"id": id, "name": name, "to": {"name": to}} for id, name, to in rows]}
    wrong = faults(TRANSITION, request["json"])
    for id, _, to in rows:
        if not wrong and id == request["json"]["transition"]["id"]:
            issue["status"] = to
            return 204, {}, None
    return refuse(400, *(wrong or ["It seems that you have tried to perform an illegal workflow operation."]))


def answer(request, state):
    kind, _, path = request["path"][1:].partition("/rest/api/2/")
    if request["headers"].get("authorization") not in (LOGIN, BEARER):
        return refuse(401, "You are not authenticated.")
    if path == "everything":  # for tests, no part of Jira
        return 200, {}, state.get("issues", {})
    if path in ("search", "search/jql"):
        if path == {"cloud": "search/jql", "server": "search"}.get(kind):
            return search(request, state)
        return refuse(410 if kind == "cloud" else 404, "The requested API has been removed.")
    if (request["method"], path) == ("POST", "issue"):
        return create(request, state)
    match = re.fullmatch(r"issue/([A-Z]+-\d+)(?:/(comment|transitions))?", path)
    issue = match and state.get("issues", {}).get(match[1])
    if not issue:
        return refuse(404, "Issue does not exist or you do not have permission to see it.")
    if match[2]:
        return (comments if match[2] == "comment" else transitions)(request, issue)
    done = issue["status"] == "Closed"
    status = {"name": issue["status"], "statusCategory": {"key": "done" if done else "new"}}
    return 200, {}, {"key": match[1], "fields": {"status": status}}
