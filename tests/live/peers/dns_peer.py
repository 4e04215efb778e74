# SPDX-License-Identifier: Apache-2.0
"""A small DNS server on loopback with the answers a test gives it (RFC 1035 wire format, UDP)."""
import socket
import struct
import threading

TYPES = {"A": 1, "AAAA": 28, "SRV": 33, "NAPTR": 35}


def name(text):
    parts = [p.encode() for p in text.rstrip(".").split(".") if p]
    return b"".join(bytes([len(p)]) + p for p in parts) + b"\0"


def a(address):
    return socket.inet_aton(address)


def aaaa(address):
    return socket.inet_pton(socket.AF_INET6, address)


def srv(priority, weight, port, target):
    return struct.pack("!HHH", priority, weight, port) + name(target)


def naptr(order, preference, service, replacement, flags="s"):
    strings = b"".join(bytes([len(s)]) + s.encode() for s in (flags, service, ""))
    return struct.pack("!HH", order, preference) + strings + name(replacement)


class DnsPeer:
    def __init__(self, records):
        """records: (name, type) -> list of rdata; anything else does not exist."""
        self.records = records
        self.failing = {}  # host -> RCODE of every answer about it (RFC 1035 section 4.1.1)
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            query, source = self.socket.recvfrom(4096)
            at, labels = 12, []
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            kind = struct.unpack("!H", query[at + 1:at + 3])[0]
            host = ".".join(labels).lower()
            text = {v: k for k, v in TYPES.items()}.get(kind, str(kind))
            self.asked.append((host, text))
            found = self.records.get((host, text), [])
            known = any(n == host for n, _ in self.records)
            flags = 0x8180 | self.failing.get(host.split("._tcp.")[-1].split("._udp.")[-1], 0 if known else 3)
            answer = query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + query[12:at + 5]
            for data in found:
                answer += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
            self.socket.sendto(answer, source)
