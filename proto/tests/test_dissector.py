"""tshark reads a capture of plain bytes through the generated dissector: the names and values in it must come out."""

import shutil
import ssl
import subprocess
import tempfile
import unittest
import uuid
from pathlib import Path

import schemas
from gen import codec
from pcap import CLIENT, SERVER, Connection

JOB, AT = uuid.UUID(int=5), 1_700_000_000_123_456


def body(sort: str, name: str, **values) -> bytes:
    return codec.encode(schemas.linli().find(sort, name), values)


def frame(name: str, correlation: int, **values) -> bytes:
    return codec.frame(schemas.linli().find("frame", name).number, correlation, body("frame", name, **values))


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
class Dissector(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        schemas.generate.write(self.folder, {"linli.lua": schemas.outputs(schemas.linli())["linli.lua"]})
        self.connection = Connection()

    def read(self, *options: str, port: str = "-dtcp.port==7443,linli") -> str:
        capture = self.folder / "linli.pcap"
        capture.write_bytes(self.connection.file())
        run = subprocess.run(["tshark", "-X", f"lua_script:{self.folder}/linli.lua", "-r", capture, port, *options],
                             capture_output=True, text=True, check=True)
        self.assertNotIn("Lua", run.stderr)
        return run.stdout

    def values(self, *names: str, show: str = "linli") -> list[str]:
        """One line a packet that `show` picks: the fields of these names, lists with commas."""
        options = [option for name in names for option in ("-e", f"linli.{name}")]
        return self.read("-Y", show, "-T", "fields", "-E", "separator=|", *options).splitlines()

    def test_the_body_of_a_command_is_read_by_its_number(self):
        dispatch = body("command", "request.dispatch", request=JOB, team=7, assist=[1, 300], note='尽快"办')
        self.connection.send(CLIENT, frame("command", 2, id=JOB, kind=0x1003, stream=42, made_at=AT, body=dispatch))
        self.assertEqual(self.values("correlation", "frame.command.stream", "command.request.dispatch.team",
                                     "command.request.dispatch.assist", "command.request.dispatch.note"),
                         ['2|42|7|1,300|尽快"办'])

    def test_body_and_note_of_an_event_are_read(self):
        row = body("message", "request", id=JOB, state=4, latitude=-5)
        note = body("event", "request.dispatched", note="n")
        self.connection.send(SERVER, frame("event", 0, stream=42, seq=9, chain=1, kind=0x1082, at=AT, body=row, note=note))
        self.assertEqual(self.values("message.request.state", "message.request.latitude", "event.request.dispatched.note"),
                         ["4|-5|n"])
        self.assertIn("Nov 14, 2023 22:13:20.123456000 UTC", self.read("-V"))

    def test_rows_are_read_by_the_query_they_answer(self):
        row = body("message", "member", id=1, team=7, account=3, leader=True, from_date=20000)
        self.connection.send(CLIENT, frame("query", 4, kind=0x0b40, body=body("query", "member.list", team=7)))
        self.connection.send(SERVER, frame("rows", 4, rows=[row, row]))
        self.assertEqual(self.values("message.member.from_date", show="linli.type == 20"), ["2024-10-04,2024-10-04"])

    def test_rows_of_a_snapshot_are_read_by_their_noun(self):
        row = body("message", "request", id=JOB, team=8)
        self.connection.send(SERVER, frame("snapshot", 0, stream=42, seq=9, chain=1, rows=[{"noun": 0x1000, "body": row}]))
        self.assertEqual(self.values("message.request.team"), ["8"])

    def test_frames_are_found_however_tcp_cuts_them(self):
        stream = b"".join(frame("ping", n, sent_at=AT + n) for n in range(1, 40))
        for at in range(0, len(stream), 7):
            self.connection.send(CLIENT, stream[at:at + 7])
        found = ",".join(self.values("correlation")).split(",")
        self.assertEqual(found, [str(n) for n in range(1, 40)])

    def test_a_long_frame_needs_a_length_of_three_bytes(self):
        long = frame("command", 3, id=JOB, kind=0x100b, stream=42, made_at=AT,
                     body=body("command", "request.comment", request=JOB, text="长" * 1900))
        for at in range(0, len(long), 1400):
            self.connection.send(CLIENT, long[at:at + 1400])
        self.assertEqual(self.values("command.request.comment.text"), ["长" * 1900])

    def test_a_secret_is_not_shown(self):
        self.connection.send(CLIENT, frame("sign_in", 1, account="wang", password="geheim", device=JOB))
        shown = self.read("-O", "linli")
        self.assertIn("wang", shown)
        self.assertNotIn("geheim", shown)

    def test_what_is_malformed_is_marked(self):
        self.connection.send(CLIENT, codec.frame(7, 1, b"\x04\x80"))
        self.assertEqual(len(self.read("-Y", "linli.malformed").splitlines()), 1)

    def test_the_port_can_be_preferred(self):
        self.connection.send(CLIENT, frame("ping", 1, sent_at=AT))
        self.assertIn("ping", self.read("-Y", "linli", port="-olinli.port:7443"))

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_it_is_found_inside_tls_by_alpn(self):
        keys = tls_conversation(self.folder, self.connection, frame("ping", 9, sent_at=AT), frame("pong", 9, sent_at=AT, now=AT))
        found = self.read("-T", "fields", "-e", "linli.type", "-Y", "linli", port=f"-otls.keylog_file:{keys}")
        self.assertEqual(found.split(), ["7", "8"])


def tls_conversation(folder: Path, connection: Connection, question: bytes, answer: bytes) -> Path:
    """One TLS 1.3 connection in memory, its bytes sent over `connection`; returns the file of its keys."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    client.load_verify_locations(folder / "cert.pem")
    client.keylog_filename = str(folder / "keys")
    for context in (server, client):
        context.set_alpn_protocols(["linli/1"])
    reads, writes = ({CLIENT: ssl.MemoryBIO(), SERVER: ssl.MemoryBIO()} for _ in range(2))
    ends = {CLIENT: client.wrap_bio(reads[CLIENT], writes[CLIENT], server_hostname="localhost"),
            SERVER: server.wrap_bio(reads[SERVER], writes[SERVER], server_side=True)}

    def act(side, action) -> None:
        try:
            action(ends[side])
        except ssl.SSLWantReadError:
            pass  # the other side's turn
        data = writes[side].read()
        if data:
            connection.send(side, data)
            reads[SERVER if side == CLIENT else CLIENT].write(data)

    for side in (CLIENT, SERVER, CLIENT, SERVER):
        act(side, lambda end: end.do_handshake())
    act(CLIENT, lambda end: end.write(question))
    act(SERVER, lambda end: end.write(answer))
    return folder / "keys"


if __name__ == "__main__":
    unittest.main()
