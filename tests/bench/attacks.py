#!/usr/bin/python3 -B
"""attacks.py NAME PORT CA DESKS: does to a linlid what strangers do, until its standard input ends.
DESKS is a file of linli-load's: token and device of desks whose accounts are called desk0, desk1 …

Prints {"begun":true} once the attack stands, and at the end how often it tried and how often it was cut. All from
127.0.0.2, where nobody honest lives: linlid counts connections by address. Niced: a stranger brings a machine of their
own, here both share one.
"""
import json
import os
import pathlib
import resource
import select
import socket
import ssl
import sys
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "proto"))
sys.path.insert(0, str(ROOT / "tests" / "system"))
from gen import codec  # noqa: E402
import wire  # noqa: E402

STRANGER = ("127.0.0.2", 0)
HELLO = codec.frame(1, 0, codec.encode(wire.entry("frame", "hello"), {"lowest": 1, "highest": 1}))


class Attack:
    def __init__(self, port, ca, desks):
        self.port = port
        self.desks = [line.split() for line in pathlib.Path(desks).read_text().splitlines()]
        self.tries = self.cuts = 0
        self.over = threading.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(ca)
        self.context.set_alpn_protocols(["linli/1"])

    # Ways in -------------------------------------------------------------------------------------------------
    def raw(self, wait=True, receive=None):
        s = socket.socket()
        if receive:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        s.bind(STRANGER)
        s.settimeout(20)
        if wait:
            s.connect(("127.0.0.1", self.port))
        else:
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.port))
        self.tries += 1
        return s

    def tls(self, receive=None):
        return self.context.wrap_socket(self.raw(receive=receive), server_hostname="localhost")

    def cut(self, sock):
        """Reads until the server ends it; true when it did within 20 s."""
        try:
            while sock.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        self.cuts += 1
        return True

    def again_and_again(self, once, threads):
        """once() by so many threads until it is over."""
        def loop():
            while not self.over.is_set():
                try:
                    once()
                except OSError:
                    self.cuts += 1
        for _ in range(threads):
            threading.Thread(target=loop, daemon=True).start()

    def held(self, make, count, drip, every):
        """Holds so many connections, gives each a byte of `drip` now and then, and makes anew what is cut."""
        poll, open_ = select.epoll(), {}

        def fill():
            for _ in range(min(count - len(open_), 500)):
                try:
                    s = make()
                except OSError:
                    return
                open_[s.fileno()] = [s, 0]
                poll.register(s.fileno(), select.EPOLLIN | select.EPOLLHUP)

        def drop(fd):
            poll.unregister(fd)
            open_.pop(fd)[0].close()
            self.cuts += 1

        def read(fd):
            try:
                if not open_[fd][0].recv(4096):
                    drop(fd)
            except (BlockingIOError, ssl.SSLWantReadError):
                pass
            except OSError:
                drop(fd)

        def loop():
            due = time.monotonic() + every
            while not self.over.is_set():
                fill()
                for fd, _ in poll.poll(0.1):
                    read(fd)
                if drip and time.monotonic() > due:
                    due += every
                    for entry in list(open_.values()):
                        try:
                            entry[0].send(drip[entry[1] % len(drip):][:1])
                            entry[1] += 1
                        except OSError:
                            pass
        threading.Thread(target=loop, daemon=True).start()
        end = time.monotonic() + 60
        while len(open_) < count * 0.9 and self.cuts < count and time.monotonic() < end:
            time.sleep(0.1)

    # Attacks -------------------------------------------------------------------------------------------------
    def silent(self):
        """10,000 connections that say nothing."""
        self.held(lambda: self.raw(wait=False), 10_000, b"", 1)

    def slow_tls(self):
        """2,000 handshakes, a byte each 100 ms."""
        self.held(lambda: self.raw(wait=False), 2_000, client_hello(), 0.1)

    def slow_frames(self):
        """500 good handshakes, then a frame's bytes, one each 200 ms."""
        def make():
            s = self.tls()
            s.setblocking(False)
            return s
        self.held(make, 500, codec.varint(4000) + b"\x01" * 3000, 0.2)

    def handshakes(self):
        """Full handshakes, as many as go, thrown away."""
        def once():
            self.tls().close()
        self.again_and_again(once, 8)

    def passwords(self):
        """1,000 wrong passwords a second over 50 connections, of one account after the other."""
        sign_in = wire.entry("frame", "sign_in")
        pace = threading.Semaphore(0)

        def clock():
            began, given = time.monotonic(), 0
            while not self.over.is_set():
                due = int((time.monotonic() - began) * 1000)
                for _ in range(due - given):
                    pace.release()
                given = due
                time.sleep(0.005)

        def once():
            with self.tls() as s:
                s.sendall(HELLO)
                while not self.over.is_set():
                    pace.acquire()
                    self.tries += 1
                    account = f"desk{self.tries % len(self.desks)}"
                    s.sendall(codec.frame(2, 1, codec.encode(sign_in, {"account": account, "password": "guess",
                                                                       "device": uuid.uuid4()})))
                    if not s.recv(65536):
                        raise ConnectionError
        threading.Thread(target=clock, daemon=True).start()
        self.again_and_again(once, 50)

    def deaf(self):
        """Twenty of the desks themselves ask for one list after the other and never read an answer."""
        ask = codec.frame(wire.entry("frame", "query").number, 1, codec.encode(
            wire.entry("frame", "query"), {"kind": wire.entry("query", "request.list").number, "body": b"", "limit": 200}))

        def once():
            token, device = self.desks[self.tries % len(self.desks)][:2]
            with self.tls(8192) as s:
                s.sendall(HELLO + codec.frame(3, 1, codec.encode(
                    wire.entry("frame", "resume"), {"token": bytes.fromhex(token), "device": uuid.UUID(device)})))
                s.settimeout(2)
                while not self.over.is_set():
                    try:
                        s.sendall(ask)
                    except TimeoutError:
                        pass
        self.again_and_again(once, 20)

    def junk(self):
        """Frames too long, of no known type, out of order, and noise, each on a connection of its own."""
        kinds = [codec.varint(5000) + b"\x02", HELLO + codec.frame(0x3f, 1, b""), codec.frame(0x11, 1, b"\x05\x07"),
                 HELLO + HELLO, HELLO + os.urandom(64)]

        def once():
            with self.tls() as s:
                s.sendall(kinds[self.tries % len(kinds)] + b"\x00" * 4200)
                self.cut(s)
        self.again_and_again(once, 8)

    def downgrade(self):
        """TLS 1.2 and older, plain HTTP, other protocols' names."""
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.maximum_version = ssl.TLSVersion.TLSv1_2

        def once():
            if self.tries % 2:
                old.wrap_socket(self.raw()).close()
            with self.raw() as s:
                s.sendall(b"GET / HTTP/1.1\r\nHost: linli\r\n\r\n")
                self.cut(s)
        self.again_and_again(once, 8)


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["linli/1"])
    try:
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


NAMES = ("silent", "slow_tls", "slow_frames", "handshakes", "passwords", "junk", "deaf", "downgrade")


def main(name, port, ca, desks):
    assert name in NAMES, f"{name} is none of {', '.join(NAMES)}"
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    os.nice(19)
    attack = Attack(int(port), ca, desks)
    getattr(attack, name)()
    print(json.dumps({"begun": True}), flush=True)
    sys.stdin.read()
    attack.over.set()
    print(json.dumps({"tries": attack.tries, "cuts": attack.cuts}), flush=True)
    os._exit(0)  # threads may stand in a read


if __name__ == "__main__":
    main(*sys.argv[1:])
