"""A plain client of the wire, for tests that must say what linlictl never would: broken frames, wrong order, old tokens.

    with Client(office, "admin") as c:
        c.sign_in()
        outcome = c.command("request.comment", stream, request=id, text="…")
"""
import itertools
import os
import pathlib
import socket
import ssl
import sys
import time
import uuid

from office import ROOT, PATIENCE

sys.path.insert(0, str(ROOT / "proto"))
from gen import codec  # noqa: E402
from gen.check import check  # noqa: E402
from gen.parse import parse  # noqa: E402

PATH = pathlib.Path(os.environ.get("LINLI_SCHEMA", ROOT / "proto" / "linli.schema"))
SCHEMA = parse(str(PATH), PATH.read_text(encoding="utf-8"))
assert not check(SCHEMA)
FRAMES = {e.number: e for e in SCHEMA.of("frame")}


def uuid7():
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    return uuid.UUID(int=value & ~(0xf << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def entry(sort, name):
    found = SCHEMA.find(sort, name)
    assert found, f"the schema has no {sort} {name}"
    return found


class Closed(Exception):
    """The server ended the connection."""


class Client:
    def __init__(self, office, user="admin", server=0, alpn=("linli/1",), minimum=ssl.TLSVersion.TLSv1_3,
                 maximum=ssl.TLSVersion.TLSv1_3):
        self.office, self.user = office, user
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(office.ca)
        self.context.minimum_version, self.context.maximum_version = minimum, maximum
        if alpn:
            self.context.set_alpn_protocols(list(alpn))
        raw = socket.create_connection(("127.0.0.1", office.ports[server]), timeout=PATIENCE)
        self.socket = self.context.wrap_socket(raw, server_hostname="localhost")
        self.buffer = b""
        self.correlations = itertools.count(1)
        self.waiting = []  # frames that came while another was awaited

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Frames --------------------------------------------------------------------------------------------------
    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, name, correlation=0, **fields):
        frame = entry("frame", name)
        self.send_bytes(codec.frame(frame.number, correlation, codec.encode(frame, fields)))

    def read(self):
        """(name, correlation, fields) of the next frame; Closed at the end."""
        while True:
            size = self._whole()
            if size:
                kind, correlation, fields, rest = codec.split(self.buffer)
                self.buffer = rest
                frame = FRAMES[kind]
                return frame.name, correlation, codec.decode(frame, fields)
            try:
                data = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError) as error:
                raise Closed(str(error))
            if not data:
                raise Closed("end of file")
            self.buffer += data

    def _whole(self):
        length = shift = 0
        for i, byte in enumerate(self.buffer[:5]):
            length |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return i + 1 + length <= len(self.buffer)
        return False

    def expect(self, *names, correlation=None):
        """The next frame of one of these names (and correlation); others are kept for later."""
        for i, (name, number, fields) in enumerate(self.waiting):
            if name in names and correlation in (None, number):
                del self.waiting[i]
                return name, fields
        while True:
            name, number, fields = self.read()
            if name == "ping":
                self.send("pong", number, sent_at=fields["sent_at"], now=int(time.time() * 1e6))
            elif name in names and correlation in (None, number):
                return name, fields
            else:
                self.waiting.append((name, number, fields))

    # Conversation --------------------------------------------------------------------------------------------
    def hello(self):
        self.send("hello", lowest=1, highest=1, program="test")
        return self.expect("hello")[1]

    def sign_in(self, password=None, device=None):
        self.hello()
        self.device = device or uuid.uuid4()
        if password is None:
            password = self.office.password_file(self.user).read_text().strip()
        self.send("sign_in", 1, account=self.user, password=password, device=self.device)
        name, fields = self.expect("signed_in", "error")
        assert name == "signed_in", fields
        self.me = fields
        return fields

    def command(self, name, stream, id=None, version=None, **fields):
        """Sends a command and returns its outcome, or the error frame's fields with 'code'."""
        command = entry("command", name)
        correlation = next(self.correlations)
        self.send("command", correlation, id=id or uuid7(), kind=command.number, stream=stream, version=version,
                  made_at=int(time.time() * 1e6), body=codec.encode(command, fields))
        return self.expect("outcome", "error", correlation=correlation)[1]

    def query(self, name, after=None, limit=None, **fields):
        query = entry("query", name)
        correlation = next(self.correlations)
        self.send("query", correlation, kind=query.number, body=codec.encode(query, fields), after=after, limit=limit)
        kind, page = self.expect("rows", "error", correlation=correlation)
        if kind == "error" or "refusal" in page:
            return page
        returns = entry("message", query.word("returns"))
        page["rows"] = [codec.decode(returns, row, partial=True) for row in page.get("rows", [])]
        return page

    def subscribe(self, *streams, office=None):
        items = [{"stream": s} if isinstance(s, int) else s for s in streams]
        self.send("subscribe", 0, items=items, office=office)
        return self.expect("subscribed")[1]["items"]
