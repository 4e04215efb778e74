#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A 180 without media, then a 200: the phone's own ringback is heard at the sink and ends with the answer; keys go as
telephone events (RFC 4733); RTCP reports are right and measure the round trip that the peer makes."""
import socket
import struct
import threading
import time

import bench
import peer

RING = 7.0  # seconds from the 180 to the 200: more than one German cadence (1 s on, 4 s off)
DELAY = 0.15  # the peer's reports about us take that long: the round trip to be measured


class Callee(peer.UasPeer):
    """Rings for a while, then answers; receives RTP and RTCP and reports on what came."""

    def __init__(self):
        self.rtp, self.rtcp = self._pair()
        self.packets = []  # (time, payload type, marker, sequence, timestamp, ssrc, payload)
        self.reports = []  # compound RTCP packets as they came
        self.rang = self.answered = 0.0
        super().__init__([])
        for job in (self._receive, self._control, self._speak):
            threading.Thread(target=job, daemon=True).start()

    @staticmethod
    def _pair():
        for _ in range(200):
            rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            rtp.bind(("127.0.0.1", 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                try:
                    rtcp.bind(("127.0.0.1", port + 1))
                    return rtp, rtcp
                except OSError:
                    rtcp.close()
            rtp.close()
        raise AssertionError("no even and odd port in a row are free")

    def _answers(self, method, text):
        if method != "INVITE" or "tag=" in peer.header(text, "To"):
            return super()._answers(method, text)
        if self.invite is None:
            self.invite = text
            self.rang = time.time()
            threading.Thread(target=self._later, daemon=True).start()
        return [peer.response(text, "180 Ringing", more=[self._contact()])]

    def _contact(self):
        return f"Contact: <sip:127.0.0.1:{self.port}>"

    def _later(self):
        time.sleep(RING)
        body = (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\n")
        self.answered = time.time()
        self.socket.sendto(peer.response(self.invite, "200 OK", more=[self._contact()], body=body), self._caller())

    def _caller(self):
        host, port = peer.header(self.invite, "Via").split(";")[0].split(" ")[1].rsplit(":", 1)
        return host, int(port)

    def _receive(self):
        while True:
            data, _ = self.rtp.recvfrom(2048)
            if len(data) >= 12:
                kind, sequence, stamp, ssrc = struct.unpack("!xBHII", data[:12])
                self.packets.append((time.time(), kind & 0x7F, kind >> 7, sequence, stamp, ssrc, data[12:]))

    def _speak(self):
        """Silence as mu-law from the answer on, so that there is something to report about."""
        while not self.answered:
            time.sleep(0.01)
        where = self._media()
        due, sequence = time.time(), 0
        for sequence in range(600):
            head = struct.pack("!BBHII", 0x80, 0, sequence, sequence * 160, 0x0EAE)
            self.rtp.sendto(head + b"\xff" * 160, where)
            due += 0.02
            time.sleep(max(0.0, due - time.time()))

    def _media(self):
        body = self.invite.split("\r\n\r\n", 1)[1]
        return "127.0.0.1", int(body.split("m=audio ")[1].split(" ")[0])

    def _control(self):
        while True:
            data, where = self.rtcp.recvfrom(2048)
            self.reports.append(data)
            if data[1] == 200:
                threading.Thread(target=self._report, args=(data, where), daemon=True).start()

    def _report(self, theirs, where):
        """A receiver report of no loss, sent late without saying so: that wait is the round trip to be seen."""
        ssrc, high, low = struct.unpack("!4xIII", theirs[:16])
        time.sleep(DELAY)
        block = struct.pack("!IIIIII", ssrc, 0, self.packets[-1][3], 40, (high & 0xFFFF) << 16 | low >> 16, 1)
        cname = b"callee@test"
        chunk = struct.pack("!IBB", 0x0EAE, 1, len(cname)) + cname
        chunk += b"\0" * (4 - len(chunk) % 4)
        packet = struct.pack("!BBHI", 0x81, 201, 7, 0x0EAE) + block
        packet += struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk
        self.rtcp.sendto(packet, where)


def blocks(compound):
    """The packets of a compound RTCP packet: (type, bytes)."""
    out, at = [], 0
    while at + 4 <= len(compound):
        size = 4 * (struct.unpack("!H", compound[at + 2:at + 4])[0] + 1)
        out.append((compound[at + 1], compound[at:at + size]))
        at += size
    bench.check(at == len(compound), "each RTCP packet is as long as it says")
    return out


def check_ringback(sink, callee):
    pieces = 20  # of a second
    def loud(begin, end):
        samples = sink.heard(begin, end)
        return bench.level(samples) > -40 and bench.tone_share(samples, 425) > 0.9

    # Where the tone begins: the first piece of a twentieth second that is loud.
    start = next((callee.rang + n / pieces for n in range(2 * pieces)
                  if bench.level(sink.heard(callee.rang + n / pieces, callee.rang + (n + 1) / pieces)) > -40), None)
    bench.check(start is not None, "the ringback begins within two seconds of the 180")
    bench.check(start - callee.rang < 1.0, f"it begins {start - callee.rang:.2f} s after the 180")
    bench.check(loud(start + 0.2, start + 0.8), "425 Hz is heard for the first second")
    pause = bench.level(sink.heard(start + 1.5, start + 4.5))
    bench.check(pause < -60, f"then four seconds of silence ({pause:.0f} dBFS)")
    bench.check(loud(start + 5.3, start + 5.8), "and 425 Hz again")
    after = bench.level(sink.heard(callee.answered + 0.7, callee.answered + 2.0))
    bench.check(after < -60, f"it has ended with the answer ({after:.0f} dBFS)")


def check_keys(callee):
    events = [p for p in callee.packets if p[1] == 97]
    bench.check(all(p[1] in (0, 97) for p in callee.packets), "payload types are those of the answer")
    bench.check(all(len(p[6]) == 4 for p in events), "each event is four octets")
    groups = {}
    for packet in events:
        groups.setdefault(packet[4], []).append(packet)
    digits = "".join("0123456789*#ABCD"[group[0][6][0]] for group in groups.values())
    bench.check(digits == "15#", f"the keys are 15# ({digits})")
    for group in groups.values():
        durations = [struct.unpack("!H", p[6][2:4])[0] for p in group]
        ends = [p for p in group if p[6][1] & 0x80]
        bench.check(len({p[6][0] for p in group}) == 1 and durations == sorted(durations),
                    f"one key, its length grows: {durations}")
        bench.check(len(ends) == 3 and group[-3:] == ends, "the end is sent three times (RFC 4733 section 2.5.1.4)")
        bench.check(group[0][2] == 1 and not any(p[2] for p in group[1:]), "the marker stands on its first packet alone")
        bench.check(durations[-1] >= 8000 * 0.04, "it is at least 40 ms long")
    sequences = [p[3] for p in callee.packets]
    steps = {(b - a) & 0xFFFF for a, b in zip(sequences, sequences[1:])}
    bench.check(steps == {1}, f"voice and events share one run of sequence numbers: {steps}")
    bench.check(len({p[5] for p in callee.packets}) == 1, "one SSRC")
    voice = [p for p in callee.packets if p[1] == 0]
    drift = ((voice[-1][4] - voice[0][4]) & 0xFFFFFFFF) / 8000 - (voice[-1][0] - voice[0][0])
    bench.check(abs(drift) < 0.25, f"the voice's timestamps kept time over the events ({drift * 1000:.0f} ms)")


def check_reports(callee, told):
    bench.check(len(callee.reports) >= 2, f"RTCP came {len(callee.reports)} times")
    for compound in callee.reports:
        kinds = [kind for kind, _ in blocks(compound)]
        bench.check(kinds[0] in (200, 201) and 202 in kinds, f"a compound begins with a report, names us: {kinds}")
    bench.check(203 in [kind for kind, _ in blocks(callee.reports[-1])], "the last one says BYE")
    last = next(c for c in reversed(callee.reports) if c[1] == 200)
    count = struct.unpack("!I", last[20:24])[0]
    bench.check(abs(count - len(callee.packets)) <= 3, f"packets sent: {count} said, {len(callee.packets)} came")
    trip = told["media"]["rtcp"]["round_trip_ms"]
    bench.check(trip is not None and DELAY * 1000 - 5 <= trip <= DELAY * 1000 + 200, f"round trip {trip} ms")
    bench.check(told["media"]["rtcp"]["cname"] == "callee@test", "the peer's CNAME is read")
    mos = told["media"]["mos"]
    bench.check(mos is not None and 3.5 < mos <= 4.5, f"MOS {mos}")


def main():
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        callee = Callee()
        code, told, errors = stage.earshot("call", callee.uri("bob"), "--codecs", "PCMU", "--dtmf", "15#",
                                           "--hangup-after", "8", "--json")
        print(errors)
        bench.check(code == 0, f"exit code 0 (was {code})")
        bench.wait_for(lambda: any(203 in [k for k, _ in blocks(c)] for c in callee.reports), what="the RTCP BYE")
        check_ringback(sink, callee)
        check_keys(callee)
        check_reports(callee, told)


if __name__ == "__main__":
    main()
