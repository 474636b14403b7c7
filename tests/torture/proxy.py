"""A proxy that spoils one exchange: of HTTP the n-th request, of SSH the n-th turn of a conversation.

A turn is what one side says until the other one speaks. HTTP requests are read as a whole and passed on one by one, while the
client's connection stays open, so that a fault can hit a connection that was used before."""
import http.client
import select
import socket
import ssl
import struct
import threading
import time

HTTP_FAULTS = ("refuse", "reset", "lost", "truncated", "429", "500", "503", "502-after", "stall")
OUTAGES = {"outage": 2.5, "over": float("inf")}  # HTTP 503 from the n-th request on, so many seconds long
RETRY_AFTER_SECONDS = 1  # with 429 and 503
SSH_FAULTS = ("refuse", "reset", "lost", "truncated", "stall")
GONE_SECONDS = 0.5  # how long a service refuses connections
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade")


class Cut(Exception):
    """This connection is over."""


def reset(connection):
    """Closes with RST instead of FIN."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    connection.close()


class Service:
    """A listening socket with a fault to come: `fault` at number `at`. `count` goes on from one connection to the next."""

    def __init__(self, address, port, backend):
        self.address, self.port, self.backend = address, port, backend
        self.lock = threading.Lock()
        self.connections = set()
        self.over = False
        self.here = threading.Event()
        self.arm(None, 0)
        self._listen()

    def arm(self, fault, at):
        self.fault, self.at, self.count, self.struck = fault, at, 0, False
        self.log = []  # (when, what) of each that was counted
        self.outage_until = 0
        if fault == "refuse" and at == 1:
            self._go_away()

    def _listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        listener.listen(64)
        self.listener = listener
        self.here.set()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self.connections.add(connection)
        try:
            self.serve(connection)
        except (OSError, Cut, http.client.HTTPException):
            pass
        finally:
            self.connections.discard(connection)
            connection.close()

    def next(self, what=""):
        """Counts one, and tells which fault belongs to it."""
        with self.lock:
            self.count += 1
            self.log.append((time.monotonic(), what))
            if self.fault and self.count == self.at:
                self.struck = True
                self.outage_until = time.monotonic() + OUTAGES.get(self.fault, 0)
                return self.fault
            return self.fault if time.monotonic() < self.outage_until else None

    def struck_what(self):
        return self.log[self.at - 1][1] if 0 < self.at <= len(self.log) else ""

    def left_alone_seconds(self):
        """How long it took after the strike until somebody asked again."""
        return self.log[self.at][0] - self.log[self.at - 1][0] if self.at < len(self.log) else float("inf")

    def passed(self, connection):
        """One was answered: is the service to be gone for the next one?"""
        if self.fault == "refuse" and self.count == self.at - 1:
            self._go_away()
            reset(connection)
            raise Cut

    def _go_away(self):
        self.struck = True
        self.here.clear()
        self._close()
        threading.Timer(GONE_SECONDS, self._come_back).start()

    def _come_back(self):
        if not self.over:
            self._listen()

    def _close(self):
        # shutdown wakes whoever waits for the socket in another thread; close alone does not
        for open_socket in (self.listener, *self.connections):
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()

    def close(self):
        self.over = True
        self._close()


class Http(Service):
    def __init__(self, address, port, backend, certificate=None):
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
        super().__init__(address, port, backend)

    def serve(self, connection):
        if self.tls:
            connection.settimeout(10)
            plain, connection = connection, self.tls.wrap_socket(connection, server_side=True)
            self.connections.discard(plain)
            self.connections.add(connection)
        connection.settimeout(130)
        try:
            stream = connection.makefile("rb")
            while self._exchange(connection, stream):
                pass
        finally:
            self.connections.discard(connection)
            connection.close()

    def _exchange(self, connection, stream):
        line = stream.readline()
        if not line:
            return False
        method, path, _ = line.decode("latin-1").split(" ", 2)
        headers = http.client.parse_headers(stream)
        fault = self.next(path)
        length = int(headers.get("content-length", 0))
        if fault == "reset":
            stream.read(length // 2)
            reset(connection)
            raise Cut
        body = stream.read(length)
        if fault == "stall":
            stream.read(1)  # until the client gives up
            raise Cut
        if fault in OUTAGES:
            return self._answer(connection, 503, "Spoilt", [], b"spoilt\n")
        if fault in ("429", "500", "503"):
            wish = [("Retry-After", str(RETRY_AFTER_SECONDS))] if fault != "500" else []
            return self._answer(connection, int(fault), "Spoilt", wish, b"spoilt\n")
        answer = self._ask(method, path, headers, body)
        if fault == "lost":
            reset(connection)
            raise Cut
        if fault == "502-after":
            return self._answer(connection, 502, "Bad Gateway", [], b"spoilt\n")
        self._answer(connection, *answer, cut=fault == "truncated")
        self.passed(connection)
        return True

    def _ask(self, method, path, headers, body):
        backend = http.client.HTTPConnection(*self.backend, timeout=60)
        backend.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                backend.putheader(name, value)
        backend.putheader("Content-Length", str(len(body)))
        backend.endheaders(body)
        response = backend.getresponse()
        # what a HEAD says of a body that does not come
        passes = ("content-length",) if method == "HEAD" else ()
        kept = [(name, value) for name, value in response.getheaders()
                if name.lower() not in HOP_BY_HOP or name.lower() in passes]
        content = response.read()
        backend.close()
        return response.status, response.reason, kept, content

    def _answer(self, connection, status, reason, headers, body, cut=False):
        text = f"HTTP/1.1 {status} {reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
        if not any(name.lower() == "content-length" for name, _ in headers):
            text += f"Content-Length: {len(body)}\r\n"
        connection.sendall(text.encode("latin-1") + b"\r\n")
        if cut:
            connection.sendall(body[:len(body) // 2])
            raise Cut
        connection.sendall(body)
        return True


class Ssh(Service):
    """Counts turns of the server, over all connections. The first one of a connection is its greeting."""

    def serve(self, connection):
        server = socket.create_connection(self.backend)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fault, speaker = None, connection
        try:
            while True:
                # one thread for both directions: nobody else holds the socket that is to be reset
                for source in select.select([connection, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is server and speaker is not server:
                        fault = self.next()
                    speaker = source
                    if source is server:
                        self._from_server(connection, data, fault)
                    else:
                        self._from_client(connection, server, data)
        finally:
            server.close()

    def _from_client(self, connection, server, data):
        if self.fault == "reset" and self.count == self.at - 1:
            self.struck = True
            server.sendall(data[:len(data) // 2])
            reset(connection)
            raise Cut
        server.sendall(data)

    def _from_server(self, connection, data, fault):
        if fault == "stall":
            return
        if fault == "lost":
            reset(connection)
            raise Cut
        if fault == "truncated":
            connection.sendall(data[:len(data) // 2])
            raise Cut
        connection.sendall(data)
        self.passed(connection)


class Proxy:
    """In front of all that a world has."""

    def __init__(self, world):
        address = world.facts["ADDRESS"]
        ca = world.facts["CA_PEM"].rsplit("/", 1)[0]
        self.services = {"git": Http(address, 21443, (address, 20080), (f"{ca}/git.pem", f"{ca}/git.key"))}
        for number, host in enumerate(world.hosts, 1):
            self.services[f"ssh-{host}"] = Ssh(address, 21022 + number, (address, 20022 + number))
            self.services[f"health-{host}"] = Http(address, 21100 + number, (address, 20100 + number))
        self.config = {"git": f"https://{address}:21443/git/app.git"}
        known = []
        for number, host in enumerate(world.hosts, 1):
            self.config[f"{host}_ssh"] = f"root@{address}:{21022 + number}"
            self.config[f"{host}_url"] = f"http://{address}:{21100 + number}"
            known += [line.replace(f":{20022 + number} ", f":{21022 + number} ")
                      for line in world.environment["KNOWN_HOSTS"].splitlines()]
        world.environment["KNOWN_HOSTS"] += "\n" + "\n".join(known) + "\n"

    def arm(self, name=None, fault=None, at=0):
        for service in self.services.values():
            service.here.wait()
            service.arm(None, 0)
        if name:
            self.services[name].arm(fault, at)

    def counts(self):
        return {name: service.count for name, service in self.services.items()}

    def close(self):
        for service in self.services.values():
            service.close()
