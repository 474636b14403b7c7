#!/usr/bin/python3
"""In front of an S3 server, to spoil one request. See ../backup.sh and tests/torture/proxy.py, whose faults these are.

  s3_proxy.py ADDRESS PORT BACKEND_ADDRESS BACKEND_PORT REPORT [FAULT AT]

Runs until it is told to end (SIGTERM); then REPORT holds a line for each request: METHOD and path.
"""
import http.client
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "torture"))
sys.dont_write_bytecode = True
import proxy  # noqa: E402


class Bucket(proxy.Http):
    """HEAD says a size without a body, which the proxy for git never saw."""

    def _ask(self, method, path, headers, body):
        self.log[-1] = (self.log[-1][0], f"{method} {path}")
        if method != "HEAD":
            return super()._ask(method, path, headers, body)
        backend = http.client.HTTPConnection(*self.backend, timeout=60)
        backend.request(method, path, headers={name: value for name, value in headers.items() if name.lower() not in proxy.HOP_BY_HOP})
        response = backend.getresponse()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in ("connection", "keep-alive")]
        backend.close()
        return response.status, response.reason, kept, None

    def _answer(self, connection, status, reason, headers, body, cut=False):
        if body is not None:
            return super()._answer(connection, status, reason, headers, body, cut)
        text = f"HTTP/1.1 {status} {reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
        connection.sendall(text[:len(text) // 2 if cut else None].encode("latin-1"))
        if cut:
            raise proxy.Cut
        return True


def main(address, port, backend, backend_port, report, fault=None, at="0"):
    service = Bucket(address, int(port), (backend, int(backend_port)))
    service.arm(fault, int(at))
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    Path(report).write_text("".join(f"{what}\n" for _, what in service.log))


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(*sys.argv[1:])
