"""sinks.py DIR CA_DIR ADDRESS: see sinks.sh. Answers of services are vendors/NAME.py: a function
answer(request, state) → (status, headers, body), where request is {method, path, query, headers, body, json} with the
path below /NAME, and state a dictionary of the service's own, for as long as it runs."""
import http.server
import importlib
import json
import os
import pkgutil
import re
import ssl
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
DIR, CA, ADDRESS = sys.argv[1:4]
LOCK = threading.Lock()
VENDORS = {
    module.name: (importlib.import_module("vendors." + module.name), {})
    for module in pkgutil.iter_modules([os.path.join(HERE, "vendors")])
}
served = {}  # place of an answer in the script, and its text → how often it was given


def scripted(request):
    """The first answer of the script that fits and is not used up, or None."""
    try:
        with open(os.path.join(DIR, "script.json"), encoding="utf-8") as file:
            script = json.load(file)
    except FileNotFoundError:
        return None
    for place, answer in enumerate(script):
        key = "%d %s" % (place, json.dumps(answer, sort_keys=True))
        if answer.get("method", request["method"]) != request["method"]:
            continue
        if not re.search(answer.get("path", ""), request["path"]):
            continue
        if served.get(key, 0) >= answer.get("times", 1):
            continue
        served[key] = served.get(key, 0) + 1
        return answer
    return None


def answer_of(request):
    name, _, rest = request["path"][1:].partition("/")
    if name not in VENDORS:
        return 200, {}, {}
    vendor, state = VENDORS[name]
    return vendor.answer(dict(request, path="/" + rest), state)


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: without this each answer takes 40 ms

    def read_request(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        return {
            "method": self.command,
            "path": url.path,
            "query": dict(urllib.parse.parse_qsl(url.query)),
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "body": body,
            "json": value,
        }

    def give(self, status, headers, body):
        data = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        if body is not None and not isinstance(body, str):
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name, str(text))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def handle_request(self):
        request = self.read_request()
        with LOCK:
            rule = scripted(request)
            if rule is None or rule.get("cut") == "answer":
                status, headers, body = answer_of(request)
            if rule is not None and rule.get("cut") != "answer":
                status, headers, body = rule.get("status", 200), rule.get("headers", {}), rule.get("body", {})
            with open(os.path.join(DIR, "requests.jsonl"), "a", encoding="utf-8") as file:
                file.write(json.dumps(dict(request, status=status, at=time.time())) + "\n")
        if rule is not None:
            time.sleep(rule.get("delay", 0))
        if rule is not None and "cut" in rule:  # "request": not taken; "answer": taken, but nobody hears of it
            self.close_connection = True
            self.connection.close()
            return
        self.give(status, headers, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that does not trust us, or an answer that was cut."""


def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.path.join(CA, "sinks.pem"), os.path.join(CA, "sinks.key"))
    plain = Server((ADDRESS, 21080), Sink)
    secure = Server((ADDRESS, 21443), Sink)
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    secure.serve_forever()


main()
