#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""earshot expect against peers that send a ringback, silence or nothing: what was heard, JUnit XML, exit codes."""
import math
import os
import socket
import struct
import threading
import time
import xml.etree.ElementTree as tree

import bench
from peer import UasPeer, header, response

SILENCE = b"\xff" * 160


def ring(hertz, on, off, seconds):
    """Payloads of 20 ms with a tone in a rhythm."""
    out = bytearray()
    for n in range(int(seconds * 8000)):
        sounds = n / 8000 % (on + off) < on
        out.append(bench.ulaw(sum(6000 * math.sin(2 * math.pi * f * n / 8000) for f in hertz)) if sounds else 0xFF)
    return [bytes(out[at:at + 160]) for at in range(0, len(out), 160)]


class EarlyPeer(UasPeer):
    """183 with SDP, RTP for `early` seconds, then the final response."""

    def __init__(self, payloads, final="200 OK", early=3.0, delay=0.0, sdp=True, late=False, beside=0):
        self.beside = beside  # how far from the port of the offer the RTP goes
        self.payloads, self.final, self.early, self.delay, self.sdp = payloads, final, early, delay, sdp
        self.sent = 0
        self.late = late  # 180 without SDP, and RTP only after the answer
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind(("127.0.0.1", 0))
        super().__init__([])

    def body(self):
        port = self.media.getsockname()[1]
        return ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP 0\r\n")

    def _answers(self, method, text):
        if method != "INVITE":
            return super()._answers(method, text)
        if self.invite:
            return []
        self.invite = text
        threading.Thread(target=self._play, args=(text,), daemon=True).start()
        contact = f"Contact: <sip:127.0.0.1:{self.port}>"
        if self.late:
            return [response(text, "180 Ringing", more=[contact])]
        return [response(text, "183 Session Progress", more=[contact], body=self.body() if self.sdp else "")]

    def _play(self, text):
        host, port = "127.0.0.1", int(text.split("m=audio ")[1].split(" ")[0]) + self.beside
        via = header(text, "Via").split(" ")[1].split(";")[0].rsplit(":", 1)
        time.sleep(self.delay)
        if self.late:
            self._answer(text, via)
        begin = time.monotonic()
        for number in range(int(self.early * 50)):
            if number < len(self.payloads):
                packet = struct.pack(">BBHII", 0x80, 0, number, number * 160, 77) + self.payloads[number]
                self.media.sendto(packet, (host, port))
                self.sent += 1
            time.sleep(max(0.0, begin + (number + 1) * 0.02 - time.monotonic()))
        if not self.late:
            self._answer(text, via)

    def _answer(self, text, via):
        body = self.body() if self.final.startswith("200") else ""
        contact = f"Contact: <sip:127.0.0.1:{self.port}>"
        self.socket.sendto(response(text, self.final, more=[contact], body=body), (via[0], int(via[1])))


def expect(stage, peer, *more):
    return stage.earshot("expect", peer.uri("bob"), "--output", "silent", "--json", "--hangup-after", "0.1", *more)


def answers(document):
    return {a["expectation"]: a for a in document["expectations"]}


def main():
    with bench.Stage() as stage:
        met(stage)
        unmet(stage)
        silent(stage)
        nothing(stage)
        answered(stage)
        beside(stage)
        usage(stage)


def judged(document):
    """Whether this machine was too busy to play in time what came: what is late counts as lost, and the MOS has to be
    what ITU-T G.107 makes of that loss. Where hardly any was late, it has to be a good one."""
    media = document["call"]["media"]
    percent = 100 * (media["lost"] + media["late"]) / (media["packets_received"] + media["lost"])
    bench.check(abs(100 * media["quality"]["loss"] - percent) < 0.01, f"{percent:.2f} % lost or late")
    # G.711 without concealment: Ie 0, Bpl 4.3 (ITU-T G.113 appendix I).
    r = max(0.0, 93.2 - media["quality"]["delay_impairment"] - 95 * percent / (percent + 4.3))
    mos = max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
    bench.check(abs(media["mos"] - mos) < 0.02, f"MOS {media['mos']}, {mos:.2f} by the loss")
    if percent < 1:
        bench.check(media["mos"] >= 3.5, "hardly a loss, a good MOS")
    return media["mos"] < 3.5


def met(stage):
    peer = EarlyPeer(ring([425], 1, 4, 7), early=6.5)
    code, document, errors = expect(stage, peer, "--early-media-within", "2s", "--tone", "425Hz", "--heard", "ringback",
                                    "--country", "de", "--not-silent", "--level-above", "-30", "--provisional", "183",
                                    "--code", "200", "--no-finding", "error", "--mos-at-least", "3.5",
                                    "--junit", "fine.xml")
    worthless = judged(document)
    bench.check(code == (1 if worthless else 0) and document["met"] == (not worthless) and
                all(a["met"] for e, a in answers(document).items() if e != "--mos-at-least"), f"a ringback meets what is expected of it (exit {code}) {errors} "
                                               f"{document and document['expectations']}")
    heard = document["heard"][0]["heard"]
    bench.check(heard["what"] == "ringback" and abs(heard["frequencies"][0] - 425) <= 3, heard["text"])
    bench.check(abs(heard["cadence_ms"][0] - 1000) < 60, f"its rhythm: {heard['cadence_ms']} ms")
    suite = tree.parse(stage.path("fine.xml")).getroot().find("testsuite")
    bench.check(suite.get("failures") == ("1" if worthless else "0") and len(suite.findall("testcase")) == 10, "ten test cases, no failure")
    worth = answers(document)["--mos-at-least"]["text"]
    bench.check(worth.startswith("MOS ") and "R " in worth and "delay of" in worth, f"the E-model's factors: {worth}")
    bench.check(any("delay of" in (case.findtext("system-out") or "") for case in suite), "and in the XML")
    bench.check(not [f for f in os.listdir(stage.folder) if f.startswith("earshot-call")], "nothing recorded unasked")


def unmet(stage):
    peer = EarlyPeer(ring([440, 480], 2, 4, 4), final="486 Busy Here", early=3.5)
    code, document, _ = expect(stage, peer, "--tone", "425Hz", "--code", "200", "--heard", "busy", "--country", "DE",
                               "--early-media-within", "5", "--mos-at-least", "4.9", "--junit", "bad.xml")
    found = answers(document)
    bench.check(code == 1 and not document["met"], f"another tone does not (exit {code})")
    bench.check(found["--early-media-within"]["met"] and not found["--tone"]["met"], "each has its own answer")
    bench.check("Hz" in found["--tone"]["text"] and "ringback" in found["--tone"]["text"], found["--tone"]["text"])
    bench.check("486" in found["--code"]["text"], found["--code"]["text"])
    suite = tree.parse(stage.path("bad.xml")).getroot().find("testsuite")
    bench.check(suite.get("failures") == "5", "five failures in the XML")
    bench.check("ringback" in suite.find("testcase/failure").get("message"), "with what was heard")
    late = EarlyPeer(ring([425], 1, 4, 3), early=2, delay=1.2)
    code, document, _ = expect(stage, late, "--early-media-within", "500ms")
    bench.check(code == 1 and "after the INVITE" in answers(document)["--early-media-within"]["text"], "too late")


def silent(stage):
    peer = EarlyPeer([SILENCE] * 150)
    code, document, _ = expect(stage, peer, "--not-silent", "--early-media-within", "2s")
    found = answers(document)
    bench.check(code == 1 and not found["--not-silent"]["met"], f"silence is silence (exit {code})")
    bench.check(found["--early-media-within"]["met"], "though RTP came in time")
    bench.check("silence" in found["--not-silent"]["text"], found["--not-silent"]["text"])
    code, document, _ = expect(stage, EarlyPeer([SILENCE] * 150), "--heard", "silence")
    bench.check(code == 0, "silence may be what is expected")


def nothing(stage):
    peer = EarlyPeer([], early=2.5)
    code, document, _ = expect(stage, peer, "--early-media-within", "2s", "--not-silent", "--no-finding", "warning",
                               "--mos-at-least", "1")
    found = answers(document)
    bench.check(code == 1 and not any(a["met"] for a in found.values()), "183 without RTP")
    bench.check("no MOS" in found["--mos-at-least"]["text"], found["--mos-at-least"]["text"])
    bench.check("never came" in found["--early-media-within"]["text"], found["--early-media-within"]["text"])
    bench.check("em-183-sdp-no-rtp" in found["--no-finding"]["text"], found["--no-finding"]["text"][:160])
    code, document, _ = expect(stage, EarlyPeer([], early=2.5), "--finding", "em-183-sdp-no-rtp")
    bench.check(code == 0, "a fault may be what is expected")
    quick = EarlyPeer(ring([425], 1, 4, 3), early=60)
    began = time.monotonic()
    code, _, _ = expect(stage, quick, "--heard", "ringback", "--cancel-after", "3")
    bench.check(code == 0 and time.monotonic() - began < 20, "a call that nobody answers is cancelled")


def answered(stage):
    """What is heard after the answer only is no early media, however loud."""
    peer = EarlyPeer(ring([425], 10, 1, 3), early=3, delay=0.5, late=True)
    code, document, _ = stage.earshot("expect", peer.uri("bob"), "--output", "silent", "--json", "--hangup-after", "2.5",
                                      "--tone", "425Hz", "--not-silent", "--heard", "tone", "--level-above", "-40")
    bench.check(code == 1 and not any(a["met"] for a in document["expectations"]), f"{document['expectations']}")
    bench.check(peer.sent > 50, "though it came")


def beside(stage):
    """What comes to the RTCP port arrived and was not heard. The country of the own ringback may be chosen."""
    peer = EarlyPeer(ring([425], 10, 1, 4), early=3.5, beside=1)
    code, document, errors = expect(stage, peer, "--tone", "425Hz", "--not-silent", "--heard", "tone", "--ringback", "us")
    bench.check(code == 1 and not any(a["met"] for a in document["expectations"]), f"{errors} {document and document['expectations']}")
    bench.check("not to where the caller listens" in answers(document)["--not-silent"]["text"] or
                "no RTP" in answers(document)["--not-silent"]["text"], answers(document)["--not-silent"]["text"])
    bench.check(peer.sent > 100, "though it came")
    code, _, errors = expect(stage, peer, "--not-silent", "--ringback", "Germany")
    bench.check(code == 2 and "two letters" in errors, f"a country that is none: exit {code}, {errors.strip()[-120:]}")


def usage(stage):
    peer = UasPeer(["200 OK"])
    for more, word in (((), "expected"), (("--tone", "loud"), "frequency"), (("--code", "99"), "code"),
                       (("--heard", "opera"), "ringback"), (("--early-media-within", "soon"), "seconds"),
                       (("--country", "Germany"), "letters"), (("--level-above", "x"), "dBFS"),
                       (("--mos-at-least", "9"), "score"), (("--no-finding", "huge"), "--no-finding")):
        code, _, errors = expect(stage, peer, *more)
        bench.check(code == 2 and word in errors, f"{more}: exit {code}, {errors.strip()[-120:]}")
    bench.check(not peer.seen, "nothing was sent")
    code, _, errors = expect(stage, peer, "--code", "200", "--junit", "/nowhere/x.xml")
    bench.check(code == 4 and "cannot be written" in errors, f"a report that cannot be written (exit {code})")


if __name__ == "__main__":
    main()
