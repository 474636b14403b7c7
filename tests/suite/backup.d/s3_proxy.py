#!/usr/bin/python3
"""In front of an S3 server, to spoil one request. See ../backup.sh and tests/torture/proxy.py, whose faults these are.

  s3_proxy.py ADDRESS PORT BACKEND_ADDRESS BACKEND_PORT REPORT [FAULT AT]

Runs until it is told to end (SIGTERM); then REPORT holds the path of each request, a line each.
"""
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "torture"))
sys.dont_write_bytecode = True
import proxy  # noqa: E402


def main(address, port, backend, backend_port, report, fault=None, at="0"):
    service = proxy.Http(address, int(port), (backend, int(backend_port)))
    service.arm(fault, int(at))
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    Path(report).write_text("".join(f"{path}\n" for _, path in service.log))


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(*sys.argv[1:])
