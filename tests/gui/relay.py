"""A line between one desk and linlid that a test can cut: what a station's network does to it.

    with Relay(office.ports[0]) as line, Desk(office, "worker", server=line.address):
        line.cut()            # connections break, new ones are refused
        line.hush()           # or: nothing arrives any more, and nobody says so
        line.mend()
"""
import selectors
import socket
import threading


class Relay:
    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.lock = threading.Lock()
        self.pairs = {}  # socket -> its other end
        self.mute, self.ended = False, False
        self.listener = None
        self.port = self._listen(0)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _listen(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()
        self.listener.settimeout(0.1)
        return self.listener.getsockname()[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join(10)
        self.cut()

    def cut(self):
        with self.lock:
            if self.listener:
                self.listener.close()
                self.listener = None
            for end in self.pairs:
                end.close()
            self.pairs = {}

    def hush(self):
        self.mute = True

    def mend(self):
        with self.lock:
            self.mute = False
            if not self.listener:
                self._listen(self.port)

    def _run(self):
        while not self.ended:
            with self.lock:
                if not self.mute:
                    self._accept()
                    self._carry()
            threading.Event().wait(0.005)

    def _accept(self):
        if not self.listener:
            return
        self.listener.setblocking(False)
        try:
            near, _ = self.listener.accept()
        except BlockingIOError:
            return
        try:
            far = socket.create_connection(self.target, timeout=5)
        except OSError:
            near.close()
            return
        near.setblocking(True)
        self.pairs[near], self.pairs[far] = far, near

    def _carry(self):
        with selectors.DefaultSelector() as ready:
            for end in self.pairs:
                ready.register(end, selectors.EVENT_READ)
            for key, _ in ready.select(0) if self.pairs else ():
                self._pass_on(key.fileobj)

    def _pass_on(self, end):
        other = self.pairs.get(end)
        if not other:
            return
        try:
            data = end.recv(262144)
            if data:
                other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for one in (end, other):
                self.pairs.pop(one, None)
                one.close()
