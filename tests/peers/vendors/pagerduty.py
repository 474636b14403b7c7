"""PagerDuty, Events API v2: POST /v2/enqueue. Keeps alerts by dedup_key: {key: {status, severity, events}}; GET /alerts
shows them, which the real one does elsewhere."""
from . import faults

KEY = "0123456789abcdef0123456789abcdef"
TEXT = {"type": "string", "minLength": 1}
URI = {"type": "string", "pattern": "^https?://"}
SCHEMA = {
    "type": "object",
    "required": ["routing_key", "event_action"],
    "additionalProperties": False,
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "additionalProperties": False,
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "source": TEXT,
                "severity": {"enum": ["critical", "warning", "error", "info"]},
                "timestamp": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:?\\d\\d)$"},
                "component": {"type": "string"},
                "group": {"type": "string"},
                "class": {"type": "string"},
                "custom_details": {"type": "object"},
            },
        },
        "client": TEXT,
        "client_url": URI,
        "links": {
            "type": "array",
            "items": {"type": "object", "required": ["href"], "additionalProperties": False, "properties": {"href": URI, "text": TEXT}},
        },
        "images": {"type": "array"},
    },
    "allOf": [
        {"if": {"properties": {"event_action": {"const": "trigger"}}}, "then": {"required": ["payload"]}, "else": {"required": ["dedup_key"]}},
    ],
}
STATUS = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}


def answer(request, state):
    if (request["method"], request["path"]) == ("GET", "/alerts"):
        return 200, {}, state
    if (request["method"], request["path"]) != ("POST", "/v2/enqueue"):
        return 404, {}, {"status": "not found", "message": "no such resource"}
    event = request["json"]
    wrong = faults(SCHEMA, event)
    if wrong or event["routing_key"] != KEY:
        return 400, {}, {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": wrong or ["Invalid routing key"],
        }
    key = event.get("dedup_key", "given-by-pagerduty")
    alert = state.get(key)
    if event["event_action"] == "trigger" and (alert is None or alert["status"] == "resolved"):
        alert = state[key] = {"status": "triggered", "events": 0}
    if alert is not None:
        alert["events"] += 1
        if event["event_action"] != "trigger":
            alert["status"] = STATUS[event["event_action"]]
        else:
            alert["severity"] = event["payload"]["severity"]
    return 202, {}, {"status": "success", "message": "Event processed", "dedup_key": key}
