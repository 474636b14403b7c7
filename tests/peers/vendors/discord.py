"""Discord: Execute Webhook (POST /api/webhooks/ID/TOKEN), which answers 204. Holds the limits of embeds, each and together."""
from . import faults

HOOK = "/api/webhooks/1234567890/abcdefghijklmnopqrstuvwxyz0123456789"


def text(limit):
    return {"type": "string", "minLength": 1, "maxLength": limit}


FIELD = {
    "type": "object",
    "required": ["name", "value"],
    "additionalProperties": False,
    "properties": {"name": text(256), "value": text(1024), "inline": {"type": "boolean"}},
}
EMBED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "title": text(256),
        "description": text(4096),
        "url": {"type": "string", "pattern": "^https?://"},
        "color": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF},
        "timestamp": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d"},
        "footer": {"type": "object", "required": ["text"], "additionalProperties": False, "properties": {"text": text(2048)}},
        "fields": {"type": "array", "maxItems": 25, "items": FIELD},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["embeds", "allowed_mentions"],
    "additionalProperties": False,
    "properties": {
        "username": text(80),
        "content": text(2000),
        "embeds": {"type": "array", "minItems": 1, "maxItems": 10, "items": EMBED},
        "allowed_mentions": {"type": "object", "required": ["parse"], "properties": {"parse": {"const": []}}},
    },
}


def units(value):
    return len(value.encode("utf-16-le")) // 2


def answer(request, _):
    if request["path"] != HOOK:
        return 404, {}, {"message": "Unknown Webhook", "code": 10015}
    payload = request["json"]
    wrong = faults(SCHEMA, payload)
    for embed in payload["embeds"] if not wrong else []:
        parts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
        parts += [part for field in embed.get("fields", []) for part in (field["name"], field["value"])]
        if sum(map(units, parts)) > 6000:
            wrong.append("embed: more than 6000 characters")
    return (400, {}, {"code": 50035, "message": "Invalid Form Body", "errors": wrong}) if wrong else (204, {}, None)
