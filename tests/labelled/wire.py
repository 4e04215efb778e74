# SPDX-License-Identifier: Apache-2.0
"""Packets on a wire, written as pcap: UDP and TCP over IPv4 and IPv6, RTP and RTCP."""
import ipaddress
import random
import struct

START = 1_700_000_000.0


def ip_packet(source, target, protocol, payload):
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(target)
    if a.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + a.packed + b.packed + payload
    return (struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, protocol, 0) + a.packed + b.packed +
            payload)


class Wire:
    """Everything one point of capture saw, in any order."""

    def __init__(self):
        self.packets = []  # (time, raw IP)
        self._tcp = {}     # (source, target) -> next sequence number
        self._random = random.Random(7)

    def udp(self, time, source, target, payload):
        datagram = struct.pack(">HHHH", source[1], target[1], 8 + len(payload), 0) + payload
        self.packets.append((time, ip_packet(source[0], target[0], 17, datagram)))

    def _segment(self, time, source, target, flags, payload=b""):
        mine, theirs = self._tcp.get((source, target), 1000), self._tcp.get((target, source), 1000)
        head = struct.pack(">HHIIBBHHH", source[1], target[1], mine, theirs if flags & 16 else 0, 5 << 4, flags, 65535,
                           0, 0)
        self.packets.append((time, ip_packet(source[0], target[0], 6, head + payload)))
        self._tcp[(source, target)] = mine + len(payload) + (1 if flags & 3 else 0)

    def tcp(self, time, source, target, payload, pieces=1):
        """The connection is opened by whoever sends first."""
        if (source, target) not in self._tcp and (target, source) not in self._tcp:
            self._segment(time - 0.003, source, target, 2)
            self._segment(time - 0.002, target, source, 18)
            self._segment(time - 0.001, source, target, 16)
        step = max(1, -(-len(payload) // pieces))
        for i in range(0, len(payload), step):
            self._segment(time + i * 1e-7, source, target, 24, payload[i:i + step])

    def icmp(self, time, reporter, sender, target, payload):
        """Port unreachable about a datagram that `sender` sent to `target`."""
        datagram = struct.pack(">HHHH", sender[1], target[1], 8 + len(payload), 0) + payload
        inner = ip_packet(sender[0], target[0], 17, datagram)[:256]
        self.packets.append((time, ip_packet(reporter, sender[0], 1, struct.pack(">BBHI", 3, 3, 0, 0) + inner)))

    def rtp(self, since, until, source, target, pt=0, ssrc=0x1000, every=0.02, size=160, step=160, quiet=False,
            skip=(), sequence=100, stamp=None):
        """A stream; `skip`: the numbers of packets that are lost."""
        count = round((until - since) / every)
        stamp = 5000 if stamp is None else stamp
        for i in range(count):
            if i in skip:
                continue
            sound = b"\xff" * size if quiet else self._random.randbytes(size)
            head = struct.pack(">BBHII", 0x80, pt | (0x80 if i == 0 else 0), (sequence + i) & 0xFFFF,
                               (stamp + i * step) & 0xFFFFFFFF, ssrc)
            self.udp(since + i * every, source, target, head + sound)
        return sequence + count, stamp + count * step

    def events(self, since, source, target, pt, ssrc, sequence, stamp, digit=5, end=True, length=0.1):
        """One RFC 4733 event in packets of 20 ms, its end three times."""
        steps = round(length / 0.02)
        for i in range(steps + (3 if end else 0)):
            last = i >= steps
            duration = min(i + 1, steps) * 160
            head = struct.pack(">BBHII", 0x80, pt | (0x80 if i == 0 else 0), (sequence + i) & 0xFFFF, stamp, ssrc)
            self.udp(since + i * 0.02, source, target,
                     head + struct.pack(">BBH", digit, (0x80 if last else 0) | 10, duration))

    def rtcp(self, time, source, target, ssrc, about=None, lost=0):
        """A sender report, with a block about a stream that was received."""
        ntp = round(time * 2**16)
        block = b"" if about is None else struct.pack(">IIIIII", about, lost << 24, 500, 20, 0, 0)
        self.udp(time, source, target, struct.pack(">BBHIIIIII", 0x80 | (1 if block else 0), 200,
                                                   6 + len(block) // 4, ssrc, 1, ntp, 0, 100, 16000) + block)

    def bytes(self):
        out = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
        for time, packet in sorted(self.packets, key=lambda p: p[0]):
            micros = round((START + time) * 1e6)
            out += struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(packet), len(packet)) + packet
        return out
