#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a provisional response may go right or wrong, played by a peer of our own: within five seconds the
call says what its caller hears and why."""
import random
import re
import socket
import struct
import threading
import time

import bench
from peer import header, response

TONE = bench.tone_ulaw(425, 1)


def sdp(port, types="0", version=1, attributes=()):
    lines = ["v=0", f"o=peer 7 {version} IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
             f"m=audio {port} RTP/AVP {types}", *attributes]
    return "\r\n".join(lines) + "\r\n"


class Callee:
    """A callee that follows a script once an INVITE has come; what else comes is answered with 200."""

    def __init__(self, script):
        self.script = script
        self.seen = []
        self.arrived = threading.Condition()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.media = {name: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for name in ("a", "b")}
        for each in self.media.values():
            each.bind(("127.0.0.1", 0))
        self.invite = None
        self.mute = set()  # methods that nobody answers
        self.over = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def uri(self):
        return f"sip:bob@127.0.0.1:{self.port}"

    def at(self, name="a"):
        return self.media[name].getsockname()[1]

    def _run(self):
        while True:
            data, peer = self.socket.recvfrom(65536)
            text = data.decode("latin-1")
            with self.arrived:
                self.seen.append(text)
                self.arrived.notify_all()
            method = text.split(" ")[0]
            if method == "INVITE" and self.invite is None:
                self.invite, self.peer = text, peer
                threading.Thread(target=self._play, daemon=True).start()
            elif method == "CANCEL":
                self.over.set()
                for answer in (response(text, "200 OK"), response(self.invite, "487 Request Terminated", self.tag())):
                    self.socket.sendto(answer, peer)
            elif method in ("BYE", "PRACK", "UPDATE") and method not in self.mute:
                self.socket.sendto(response(text, "200 OK"), peer)

    def _play(self):
        self.script(self)

    def tag(self):
        return "one"

    def say(self, status, tag="one", body="", more=()):
        contact = f"Contact: <sip:bob@127.0.0.1:{self.port}>"
        self.socket.sendto(response(self.invite, status, tag, [contact, *more], body), self.peer)

    def came(self, start, limit=5):
        """The first message that begins so; None: it never came."""
        with self.arrived:
            self.arrived.wait_for(lambda: any(m.startswith(start) for m in self.seen), limit)
            return next((m for m in self.seen if m.startswith(start)), None)

    def caller_rtp(self, text=None):
        return int(re.search(r"m=audio (\d+)", text or self.invite).group(1))

    def sound(self, seconds, name="a", kind=0, payload=TONE, port=None):
        """RTP in the background; ends with the call."""
        port = port or self.caller_rtp()
        threading.Thread(target=self._sound, args=(seconds, name, kind, payload, port), daemon=True).start()

    def _sound(self, seconds, name, kind, payload, port):
        sequence, stamp, ssrc = random.randrange(1000), random.randrange(1 << 30), random.randrange(1 << 32)
        begin = time.monotonic()
        for number in range(int(seconds * 50)):
            if self.over.is_set():
                return
            time.sleep(max(0, begin + number * 0.02 - time.monotonic()))
            at = number * 160 % (len(payload) - 160)
            packet = struct.pack("!BBHII", 0x80, kind, (sequence + number) & 0xFFFF, (stamp + number * 160) & 0xFFFFFFFF,
                                 ssrc) + payload[at:at + 160]
            self.media[name].sendto(packet, ("127.0.0.1", port))


def reliable(number):
    return ["Require: 100rel", f"RSeq: {number}"]


def reliable_183(callee):
    callee.say("183 Session Progress", body=sdp(callee.at()), more=reliable(1))
    callee.came("PRACK")
    callee.sound(3)


def forked(callee):
    callee.say("183 Session Progress", "one", sdp(callee.at("a")))
    callee.say("183 Session Progress", "two", sdp(callee.at("b")))
    callee.sound(3, "a")
    callee.sound(3, "b")


def wrong_type(callee):
    callee.say("183 Session Progress", body=sdp(callee.at()))
    callee.sound(3, kind=18)


def no_rtp(callee):
    callee.say("183 Session Progress", body=sdp(callee.at()))


def rtp_first(callee):
    callee.sound(3.5)
    time.sleep(0.5)
    callee.say("183 Session Progress", body=sdp(callee.at()))


def inactive(callee):
    callee.say("183 Session Progress", body=sdp(callee.at()), more=["P-Early-Media: inactive"])
    callee.sound(3)


def ended_199(callee):
    callee.say("183 Session Progress", "one", sdp(callee.at("a")))
    callee.sound(1, "a")
    time.sleep(1.2)
    callee.say("199 Early Dialog Terminated", "one", more=['Reason: SIP ;cause=486 ;text="Busy Here"'])
    callee.say("180 Ringing", "two")


def prack_lost(callee):
    callee.mute.add("PRACK")
    for wait in (0.5, 1, 2, 0):  # as RFC 3262 section 3 repeats it
        callee.say("183 Session Progress", body=sdp(callee.at()), more=reliable(1))
        time.sleep(wait)


def ringing_with_sdp(callee):
    callee.say("180 Ringing", body=sdp(callee.at()))
    callee.sound(3)


def ringing_with_sdp_silent(callee):
    callee.say("180 Ringing", body=sdp(callee.at()))


def no_sdp(callee):
    callee.say("183 Session Progress")


def two_descriptions(callee):
    callee.say("183 Session Progress", body=sdp(callee.at("a")))
    callee.sound(1, "a")
    time.sleep(1)
    callee.say("183 Session Progress", body=sdp(callee.at("b"), version=2))
    callee.sound(2, "b")


def late_reliable(callee):
    callee.say("183 Session Progress", body=sdp(callee.at()), more=reliable(1))
    prack = callee.came("PRACK")
    if prack and "m=audio" in prack:
        callee.sound(3, port=callee.caller_rtp(prack))


def updated(callee):
    """The callee moves its media by UPDATE before the answer (RFC 3311)."""
    callee.say("183 Session Progress", body=sdp(callee.at("a")), more=reliable(1))
    callee.came("PRACK")
    callee.sound(1, "a")
    time.sleep(1)
    contact = re.search(r"<(.*?)>", header(callee.invite, "Contact")).group(1)
    body = sdp(callee.at("b"), version=2)
    lines = [f"UPDATE {contact} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{callee.port};branch=z9hG4bKu1",
             "Max-Forwards: 70", f"From: {header(callee.invite, 'To')};tag=one", f"To: {header(callee.invite, 'From')}",
             f"Call-ID: {header(callee.invite, 'Call-ID')}", "CSeq: 1 UPDATE",
             f"Contact: <sip:bob@127.0.0.1:{callee.port}>", "Content-Type: application/sdp",
             f"Content-Length: {len(body)}", "", body]
    callee.socket.sendto("\r\n".join(lines).encode(), callee.peer)
    callee.came("SIP/2.0 200")
    callee.sound(2, "b")


# name, script, options, words of one verdict, what is heard (None: nothing of the network), said also
VARIANTS = [
    ("reliable 183", reliable_183, [], "Early media is played", "tone", []),
    ("forked with two To-tags", forked, [], "Early media is played", "tone", []),
    ("wrong payload type", wrong_type, ["--codecs", "PCMU"], "cannot be decoded", None, []),
    ("no RTP", no_rtp, [], "announced, none was received", None, ["em-183-sdp-no-rtp"]),
    ("RTP before the 183", rtp_first, [], "Early media is played", "tone", []),
    ("P-Early-Media inactive", inactive, ["--p-early-media"], "although it is not allowed", None, []),
    ("199", ended_199, [], "Early media is played", "tone", ["em-199"]),
    ("PRACK lost", prack_lost, [], "announced, none was received", None, ["em-prack-lost"]),
    ("180 with SDP", ringing_with_sdp, [], "Early media is played", "tone", ["em-180-with-sdp"]),
    ("180 with SDP, no RTP", ringing_with_sdp_silent, [], "none was received", None, []),
    ("183 without SDP", no_sdp, [], "nobody was told to ring", None, ["em-183-no-sdp"]),
    ("two 18x with different SDP", two_descriptions, [], "Early media is played", "tone", []),
    ("late offer in a reliable 183", late_reliable, ["--late-offer"], "Early media is played", "tone", []),
    ("UPDATE in the early dialog", updated, [], "Early media is played", "tone", []),
]


def variant(stage, name, script, options, words, heard, rules):
    callee = Callee(script)
    began = time.monotonic()
    code, told, errors = stage.earshot("call", callee.uri(), "--cancel-after", "4.5", "--json", *options)
    took = time.monotonic() - began
    callee.over.set()
    print(f"-- {name}: exit {code} after {took:.1f} s; {errors.strip()}")
    if told is None:
        return [f"{name}: no JSON"]
    faults = []
    verdicts = [d["verdict"] for d in told["early_dialogs"] if d.get("verdict")]
    for each in verdicts:
        print(f"   {each['light']}: {each.get('sentence') or each.get('text')}")
    print(f"   heard because: {told['media'] and told['media']['heard_because']}")
    if not (told["media"] and "(RFC 3960 section 3.2, rule" in str(told["media"]["heard_because"])) and heard is None:
        faults.append(f"{name}: why that is heard is not said by its rule")
    found = [f["rule"] for f in told["findings"]]
    print(f"   findings: {', '.join(found)}")
    if not any(words in str(each) for each in verdicts):
        faults.append(f"{name}: no verdict says \"{words}\"")
    parts = [p["what"] for d in told["early_dialogs"] for p in (d.get("heard") or {}).get("parts", [])]
    if heard and not any(p in ("tone", "ringback", "busy", "congestion") for p in parts):
        faults.append(f"{name}: the tone was not heard: {parts}")
    for rule in rules:
        if rule not in found:
            faults.append(f"{name}: no finding {rule}")
    return faults


def main():
    faults = []
    with bench.Stage() as stage:
        bench.Sink(stage)
        for each in VARIANTS:
            faults += variant(stage, *each)
    for fault in faults:
        print("FAILED ", fault)
    bench.check(not faults, f"{len(VARIANTS)} variants say what is heard and why")


if __name__ == "__main__":
    main()
