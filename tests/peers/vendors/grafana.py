"""Grafana, annotations of its HTTP API. Token glsa_0123456789abcdef. GET /everything shows what it has."""
import re
import urllib.parse

from . import faults

PLACE = {"dashboardUID": {"type": "string"}, "panelId": {"type": "integer"}}
CHANGE = {
    "text": {"type": "string", "minLength": 1},
    "tags": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "time": {"type": "integer", "minimum": 1000000000000},
    "timeEnd": {"type": "integer", "minimum": 1000000000000},
}
POST = {"type": "object", "required": ["text"], "additionalProperties": False, "properties": dict(CHANGE, **PLACE)}
PATCH = {"type": "object", "additionalProperties": False, "properties": CHANGE}


def find(request, annotations):
    tag = request["query"].get("tags")
    limit = int(request["query"].get("limit", 100))
    return 200, {}, [row for row in annotations.values() if tag in row["tags"]][:limit]


def answer(request, state):
    annotations = state.setdefault("annotations", {})
    if request["headers"].get("authorization") != "Bearer glsa_0123456789abcdef":
        return 401, {}, {"message": "Invalid API key"}
    if request["path"] == "/everything":
        return 200, {}, annotations
    match = re.fullmatch(r"/api/annotations(?:/(\d+))?", urllib.parse.unquote(request["path"]))
    if not match:
        return 404, {}, {"message": "Not found"}
    if request["method"] == "GET":
        return find(request, annotations)
    wrong = faults(POST if request["method"] == "POST" else PATCH, request["json"])
    if wrong:
        return 400, {}, {"message": "; ".join(wrong)}
    if request["method"] == "POST":
        row = dict({"id": len(annotations) + 1, "tags": []}, **request["json"])
        annotations[str(row["id"])] = row
        return 200, {}, {"message": "Annotation added", "id": row["id"]}
    if match[1] not in annotations:
        return 404, {}, {"message": "Annotation not found"}
    annotations[match[1]].update(request["json"])
    return 200, {}, {"message": "Annotation patched"}
