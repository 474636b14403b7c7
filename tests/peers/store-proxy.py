"""What stands in front of an S3 server: a proxy that spoils requests, one with TLS, and a double of STS.

    store-proxy.py ADDRESS BACKEND CERTIFICATE KEY     (BACKEND: host:port)

Ports are ADDRESS:21490 (http), 21491 (https), and 21492 for everything else:

    GET /arm?fault=NAME&at=N    the n-th request from now on meets a fault of tests/torture/proxy.py
    GET /log                    {count, struck, connections: of https, sts: requests for keys, token: the last one}
    GET /keys?seconds=N         {access_key, secret_key, session_token}: temporary keys of the server
    GET /life?seconds=N         how long the keys live that STS gives
    POST /                      AssumeRoleWithWebIdentity, for the token of S3_WEB_TOKEN and the role of S3_ROLE

The double checks a request as STS does, and then asks S3_STS_ENDPOINT for keys that are good for a while (AssumeRole), with
S3_ACCESS_KEY and S3_SECRET_KEY.
"""
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torture"))
import proxy  # noqa: E402

FORM = "application/x-www-form-urlencoded"


class Front(proxy.Http):
    accepted = 0

    def serve(self, connection):
        self.accepted += 1
        super().serve(connection)


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def assume_role(seconds):
    """Ceph's own STS, signed (Signature Version 4)."""
    backend = os.environ["S3_STS_ENDPOINT"].removeprefix("http://")
    body = urllib.parse.urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": os.environ["S3_ROLE"],
                                   "RoleSessionName": "belay", "DurationSeconds": seconds}).encode()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/us-east-1/sts/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    headers = {"content-type": FORM, "host": backend, "x-amz-content-sha256": digest, "x-amz-date": now}
    names = ";".join(headers)
    request = "\n".join(["POST", "/", "", *(f"{name}:{value}" for name, value in headers.items()), "", names, digest])
    key = ("AWS4" + os.environ["S3_SECRET_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac_sha256(key, part)
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac_sha256(key, to_sign).hex()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={os.environ['S3_ACCESS_KEY']}/{scope},"
                                f"SignedHeaders={names},Signature={signature}")
    connection = http.client.HTTPConnection(backend)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse().read().decode()
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    return {name: re.search(f"<{name}>(.*?)</{name}>", answer)[1] for name in names}


def fault_of(headers, form):
    """Why STS would say no: a code and a message, or None."""
    if headers.get("content-type") != FORM or "authorization" in headers:
        return 400, "InvalidAction", "this is no plain form"
    if form.get("Action") != "AssumeRoleWithWebIdentity" or form.get("Version") != "2011-06-15":
        return 400, "InvalidAction", "Could not find operation"
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", form.get("RoleSessionName", "")):
        return 400, "ValidationError", "Value at 'roleSessionName' failed to satisfy constraint"
    if form.get("WebIdentityToken") != os.environ["S3_WEB_TOKEN"]:
        return 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account"
    if form.get("RoleArn") != os.environ["S3_ROLE"]:
        return 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    return None


class Control(http.server.BaseHTTPRequestHandler):
    plain = tls = None  # set below
    life, asked, token = 3600, 0, ""

    def reply(self, status, kind, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        answer = {}
        if path == "/arm":
            self.plain.arm(asked.get("fault"), int(asked.get("at", 0)))
        elif path == "/life":
            Control.life = int(asked["seconds"])
        elif path == "/keys":
            keys = assume_role(asked["seconds"])
            answer = {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"],
                      "session_token": keys["SessionToken"]}
        else:
            answer = {"count": self.plain.count, "struck": self.plain.struck, "connections": self.tls.accepted,
                      "sts": Control.asked, "token": Control.token}
        self.reply(200, "application/json", json.dumps(answer))

    def do_POST(self):
        Control.asked += 1
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        fault = fault_of(self.headers, dict(urllib.parse.parse_qsl(body, strict_parsing=True)))
        if fault:
            status, code, message = fault
            return self.reply(status, "text/xml", f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                                                  f"<Message>{message}</Message></Error></ErrorResponse>")
        keys = assume_role(Control.life)
        Control.token = keys["SessionToken"]
        text = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
        return self.reply(200, "text/xml", "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"
                                           f"<Credentials>{text}</Credentials></AssumeRoleWithWebIdentityResult>"
                                           "</AssumeRoleWithWebIdentityResponse>")

    def log_message(self, *_):
        pass


def main(address, backend, certificate, key):
    host, port = backend.rsplit(":", 1)
    Control.plain = Front(address, 21490, (host, int(port)))
    Control.tls = Front(address, 21491, (host, int(port)), (certificate, key))
    server = http.server.ThreadingHTTPServer((address, 21492), Control)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


main(*sys.argv[1:])
