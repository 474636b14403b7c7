"""mail_read.py FILE: a mail as JSON, read with Python's parser, which knows the standards and nothing of us:
{headers: {name: decoded text}, defects: [..], longest_line, parts: [{type, text}]}"""
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    raw = file.read()
mail = email.message_from_bytes(raw, policy=email.policy.default)
parts = [part for part in mail.walk() if not part.is_multipart()]
defects = [str(defect) for part in mail.walk() for defect in part.defects]
defects += [str(defect) for text in mail.values() for defect in getattr(text, "defects", [])]
print(json.dumps({
    "headers": {name.lower(): str(text) for name, text in mail.items()},
    "names": [name.lower() for name in mail.keys()],
    "defects": defects,
    "longest_line": max(len(line) for line in raw.split(b"\n")),
    "parts": [{"type": part.get_content_type(), "text": part.get_content().replace("\r\n", "\n")} for part in parts],
}))
