"""Slack: incoming webhooks (POST /services/T0/B0/SECRET, answers "ok" or a word) and POST /api/chat.postMessage (200 with
ok and ts, or ok false and a word). Threads exist when their first message does."""
from . import faults

TOKEN = "xoxb-0123456789-peer"
HOOK = "/services/T0000/B0000/XXXXXXXXXXXXXXXXXXXXXXXX"


def text(kind, limit):
    return {
        "type": "object",
        "required": ["type", "text"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": kind},
            "text": {"type": "string", "minLength": 1, "maxLength": limit},
            **({"emoji": {"type": "boolean"}} if kind == "plain_text" else {"verbatim": {"type": "boolean"}}),
        },
    }


def block(kind, required, **members):
    return {
        "type": "object",
        "required": ["type", *required],
        "additionalProperties": False,
        "properties": {"type": {"const": kind}, **members},
    }


BUTTON = {
    "type": "object",
    "required": ["type", "text"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "button"},
        "text": text("plain_text", 75),
        "url": {"type": "string", "pattern": "^https?://", "maxLength": 3000},
        "action_id": {"type": "string", "maxLength": 255},
    },
}
FIELDS = {"type": "array", "minItems": 1, "maxItems": 10, "items": text("mrkdwn", 2000)}
BLOCKS = {
    "header": block("header", ["text"], text=text("plain_text", 150)),
    "section": {
        **block("section", [], text=text("mrkdwn", 3000), fields=FIELDS),
        "anyOf": [{"required": ["text"]}, {"required": ["fields"]}],
    },
    "context": block("context", ["elements"], elements={"type": "array", "minItems": 1, "maxItems": 10, "items": text("mrkdwn", 2000)}),
    "actions": block("actions", ["elements"], elements={"type": "array", "minItems": 1, "maxItems": 25, "items": BUTTON}),
}
SCHEMA = {
    "type": "object",
    "required": ["text", "blocks"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 40000},
        "blocks": {"type": "array", "minItems": 1, "maxItems": 50},
        "unfurl_links": {"type": "boolean"},
        "unfurl_media": {"type": "boolean"},
    },
}
POSTED = {
    **SCHEMA,
    "required": ["text", "blocks", "channel"],
    "properties": {
        **SCHEMA["properties"],
        "channel": {"type": "string", "minLength": 1},
        "thread_ts": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+$"},
        "reply_broadcast": {"type": "boolean"},
        "link_names": {"const": False},
    },
}


def wrong(schema, payload):
    found = faults(schema, payload)
    for row in payload.get("blocks", []) if not found else []:
        found += faults(BLOCKS.get(row.get("type"), False), row)
    return found


def answer(request, state):
    payload = request["json"]
    if request["path"] == HOOK:
        if wrong(SCHEMA, payload):
            return 400, {}, "invalid_blocks: " + "; ".join(wrong(SCHEMA, payload))
        return 200, {}, "ok"
    if request["path"] != "/api/chat.postMessage":
        return 404, {}, "no_service"
    if request["headers"].get("authorization") != "Bearer " + TOKEN:
        return 200, {}, {"ok": False, "error": "invalid_auth"}
    if wrong(POSTED, payload):
        return 200, {}, {"ok": False, "error": "invalid_blocks", "errors": wrong(POSTED, payload)}
    threads = state.setdefault("threads", [])
    if "thread_ts" in payload and payload["thread_ts"] not in threads:
        return 200, {}, {"ok": False, "error": "thread_not_found"}
    ts = "1700000000.%06d" % (len(threads) + 1)
    threads.append(ts)
    return 200, {}, {"ok": True, "channel": "C0PEER", "ts": ts}
