"""A capture file of one TCP connection, made from plain bytes: what tshark needs to test a dissector."""

from __future__ import annotations

import struct

CLIENT, SERVER = (b"\x0a\0\0\1", 40000), (b"\x0a\0\0\2", 7443)
SYN, ACK, PSH = 0x02, 0x10, 0x08
ETHERNET, RAW_IP4 = 1, 0x0800


class Connection:
    """Grows packet by packet; `send` takes what one TCP segment carries."""

    def __init__(self):
        self.packets: list[bytes] = []
        self.next = {CLIENT: 1000, SERVER: 2000}
        self._segment(CLIENT, SERVER, b"", SYN)
        self._segment(SERVER, CLIENT, b"", SYN | ACK)
        self._segment(CLIENT, SERVER, b"", ACK)

    def send(self, source, data: bytes) -> None:
        self._segment(source, SERVER if source == CLIENT else CLIENT, data, PSH | ACK)

    def _segment(self, source, target, data: bytes, flags: int) -> None:
        tcp = struct.pack(">HHIIBBHHH", source[1], target[1], self.next[source], self.next[target], 5 << 4, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, source[0], target[0])
        self.packets.append(b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1" + struct.pack(">H", RAW_IP4) + ip + tcp + data)
        self.next[source] += len(data) + (1 if flags & SYN else 0)

    def file(self) -> bytes:
        head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, ETHERNET)
        return head + b"".join(struct.pack("<IIII", 1_700_000_000, at, len(packet), len(packet)) + packet
                               for at, packet in enumerate(self.packets))
