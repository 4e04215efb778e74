#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of RTP streams against tshark's for the same captures: packets and losses equal, jitter within 1 %."""
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

EPOCH = 1_700_000_000


def frame(source, destination, payload):
    """An Ethernet frame of UDP over IPv4; ends are (last octet, port)."""
    udp = struct.pack("!HHHH", source[1], destination[1], 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                     bytes([192, 0, 2, source[0]]), bytes([192, 0, 2, destination[0]]))
    total = sum(struct.unpack("!10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + ip[12:]
    return b"\x02" * 12 + b"\x08\x00" + ip + udp


def sdp(octet, port):
    return (f"v=0\r\no=- 1 1 IN IP4 192.0.2.{octet}\r\ns=-\r\nc=IN IP4 192.0.2.{octet}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0 8 9 111\r\na=rtpmap:111 opus/48000/2\r\n")


def message(first, tag, body):
    return (f"{first}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa\r\nFrom: <sip:a@example.test>;tag=a\r\n"
            f"To: <sip:b@example.test>{tag}\r\nCall-ID: figures\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.1>\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def streams(chance):
    """Packets as (time in us, frame) of six streams, each with faults of its own."""
    out = []
    for number, (kind, clock, step, shake, loss) in enumerate([
            (0, 8000, 160, 0, 0), (0, 8000, 160, 4000, 0.02), (8, 8000, 160, 15000, 0.1),
            (9, 8000, 160, 500, 0.001), (111, 48000, 960, 3000, 0.03), (0, 8000, 240, 30000, 0)]):
        sequence, stamp = 65000 + number, 4294900000 - number
        at = 1_000_000 + number * 1000
        for _ in range(1500):
            if chance.random() >= loss:
                shaken = at + (int(abs(chance.gauss(0, shake))) if shake else 0)
                head = struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, 0x1000 + number)
                out.append((shaken, frame((2, 30000 + 2 * number), (1, 40000), head + b"\xd5" * 80)))
            sequence, stamp, at = sequence + 1, stamp + step, at + step * 1_000_000 // clock
    return out


def capture(path, seed):
    chance = random.Random(seed)
    packets = [(0, frame((1, 5060), (2, 5060), message("INVITE sip:b@example.test SIP/2.0", "", sdp(1, 40000)))),
               (100_000, frame((2, 5060), (1, 5060), message("SIP/2.0 183 Session Progress", ";tag=b", sdp(2, 30000))))]
    packets += streams(chance)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for at, data in sorted(packets, key=lambda packet: packet[0]):
            out.write(struct.pack("<IIII", EPOCH + at // 1_000_000, at % 1_000_000, len(data), len(data)) + data)


def by_tshark(path):
    """SSRC -> packets, lost, mean jitter, highest jitter in ms."""
    text = subprocess.run(["tshark", "-r", path, "-q", "-z", "rtp,streams"], capture_output=True, text=True,
                          check=True).stdout
    found = {}
    for line in text.splitlines():
        ssrc = re.search(r"0x([0-9A-Fa-f]{8})", line)
        if not ssrc:
            continue
        numbers = re.findall(r"-?\d+\.\d+|-?\d+", line[ssrc.end():].replace("%", " "))
        percent = re.search(r"(\d+)\s+(-?\d+)\s+\(", line)
        figures = [float(n) for n in re.findall(r"-?\d+\.\d+", line[line.index("("):].split(")", 1)[1])]
        assert percent and len(figures) >= 6, f"a line of tshark's that cannot be read: {line} {numbers}"
        found[int(ssrc.group(1), 16)] = (int(percent.group(1)), int(percent.group(2)), figures[4], figures[5])
    return found


def by_earshot(path):
    text = subprocess.run([os.environ["EARSHOT"], "check", "--json", path], capture_output=True, text=True,
                          check=True).stdout
    return {int(s["ssrc"], 16): (s["packets"], s["lost"], s["jitter_mean_ms"], s["jitter_max_ms"])
            for s in json.loads(text)["rtp_streams"]}


def near(a, b):
    return abs(a - b) <= max(0.01 * max(abs(a), abs(b)), 0.002)


def main():
    if not shutil.which("tshark"):
        return 77
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(3):
            path = os.path.join(folder, f"{seed}.pcap")
            capture(path, seed)
            theirs, ours = by_tshark(path), by_earshot(path)
            assert len(theirs) == 6, theirs
            for ssrc, figures in theirs.items():
                mine = ours.get(ssrc)
                # Where the first or last packets overtake each other tshark counts the loss from the first to come.
                good = mine is not None and mine[0] == figures[0] and abs(mine[1] - figures[1]) <= 2 and all(
                    near(a, b) for a, b in zip(mine[2:], figures[2:]))
                failed = failed or not good
                print("same" if good else "DIFFERS", f"{ssrc:08x}", "tshark", figures, "earshot", mine)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
