"""Microsoft Teams: a workflow's webhook (POST anything below /workflows/), which takes a message with one Adaptive Card and
answers 202. The card is held against the elements of Adaptive Cards 1.4 that a message may use."""
import json

from . import faults

RUN = {
    "type": "object",
    "required": ["type", "text"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "TextRun"},
        "text": {"type": "string"},
        "weight": {"enum": ["Default", "Lighter", "Bolder"]},
        "size": {"enum": ["Default", "Small", "Medium", "Large", "ExtraLarge"]},
        "isSubtle": {"type": "boolean"},
    },
}
RICH = {
    "type": "object",
    "required": ["type", "inlines"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "RichTextBlock"},
        "inlines": {"type": "array", "minItems": 1, "items": RUN},
        "spacing": {"enum": ["None", "Small", "Default", "Medium", "Large"]},
    },
}
CONTAINER = {
    "type": "object",
    "required": ["type", "items"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "Container"},
        "style": {"enum": ["default", "emphasis", "good", "attention", "warning", "accent"]},
        "bleed": {"type": "boolean"},
        "items": {"type": "array", "items": RICH},
    },
}
ACTION = {
    "type": "object",
    "required": ["type", "title", "url"],
    "additionalProperties": False,
    "properties": {"type": {"const": "Action.OpenUrl"}, "title": {"type": "string"}, "url": {"type": "string", "pattern": "^https?://"}},
}
CARD = {
    "type": "object",
    "required": ["type", "version", "body"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"},
        "type": {"const": "AdaptiveCard"},
        "version": {"const": "1.4"},
        "fallbackText": {"type": "string"},
        "body": {"type": "array", "minItems": 1, "items": {"oneOf": [RICH, CONTAINER]}},
        "actions": {"type": "array", "maxItems": 6, "items": ACTION},
        "msteams": {"type": "object", "additionalProperties": False, "properties": {"width": {"const": "Full"}}},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["type", "attachments"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["contentType", "content"],
                "additionalProperties": False,
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": CARD,
                },
            },
        },
    },
}
LIMIT = 28 * 1024


def answer(request, _):
    if not request["path"].startswith("/workflows/"):
        return 404, {}, None
    wrong = faults(SCHEMA, request["json"])
    if len(json.dumps(request["json"], ensure_ascii=False).encode()) > LIMIT:
        wrong.append("body: larger than 28 KB")
    return (400, {}, {"error": {"code": "InvalidCard", "message": "; ".join(wrong)}}) if wrong else (202, {}, None)
