#!/usr/bin/python3
"""A bucket, looked at from outside, by a client that is not ours. See backup.sh.

  bucket.py make BUCKET            bucket.py keys BUCKET [PREFIX]     a line each: SIZE KEY
  bucket.py uploads BUCKET         unfinished ones, a line each
  bucket.py get BUCKET KEY FILE    bucket.py put BUCKET KEY FILE      bucket.py remove BUCKET KEY
  bucket.py copy BUCKET PREFIX DIR bucket.py classes BUCKET [PREFIX]  a line each: STORAGE_CLASS KEY

Environment: S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY. Signed as AWS Signature Version 4 wants it.
"""
import datetime
import hashlib
import hmac
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from pathlib import Path

ENDPOINT, ACCESS, SECRET = (os.environ[f"S3_{name}"] for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY"))
SCOPE = ("default", "s3", "aws4_request")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(method, path, query, stamp, body):
    headers = {"host": urllib.parse.urlsplit(ENDPOINT).netloc, "x-amz-content-sha256": sha256(body), "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join((method, path, query, lines, names, sha256(body)))
    scope = "/".join((stamp[:8], *SCOPE))
    key = f"AWS4{SECRET}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, sha256(request.encode())))
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={ACCESS}/{scope}, SignedHeaders={names}, Signature={signature}"
    return headers


def ask(method, bucket, key="", query=None, body=b""):
    path = urllib.parse.quote(f"/{bucket}" + (f"/{key}" if key else ""))
    text = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote, safe="-_.~")
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    request = urllib.request.Request(f"{ENDPOINT}{path}" + (f"?{text}" if text else ""), body or None,
                                     sign(method, path, text, stamp, body), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"bucket.py: {method} {path}: {error.code} {error.read()[:300].decode(errors='replace')}")


def texts(element, name):
    return [found.text or "" for found in element.iter() if found.tag.rpartition("}")[2] == name]


def keys(bucket, prefix="", what="Size"):
    query = {"list-type": "2", "prefix": prefix}
    while True:
        page = xml.fromstring(ask("GET", bucket, query=query))
        yield from zip(texts(page, what), texts(page, "Key"))
        following = texts(page, "NextContinuationToken")
        if not following:
            return
        query["continuation-token"] = following[0]


def copy(bucket, prefix, directory):
    for _, key in keys(bucket, prefix):
        target = Path(directory) / key[len(prefix):].lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(ask("GET", bucket, key))


VERBS = {
    "make": lambda bucket: ask("PUT", bucket),
    "keys": lambda *place: [print(*row) for row in keys(*place)],
    "classes": lambda bucket, prefix="": [print(*row) for row in keys(bucket, prefix, "StorageClass")],
    "uploads": lambda bucket: [print(key) for key in texts(xml.fromstring(ask("GET", bucket, query={"uploads": ""})), "Key")],
    "get": lambda bucket, key, file: Path(file).write_bytes(ask("GET", bucket, key)),
    "put": lambda bucket, key, file: ask("PUT", bucket, key, body=Path(file).read_bytes()),
    "remove": lambda bucket, key: ask("DELETE", bucket, key),
    "copy": copy,
}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    VERBS[sys.argv[1]](*sys.argv[2:])
