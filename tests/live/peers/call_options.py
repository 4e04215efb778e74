#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The options of earshot call and earshot probe against small peers: what stands on the wire, and the exit codes."""
import json
import socket
import threading
import time

import bench
from expect_calls import EarlyPeer, ring
from peer import UasPeer, header, response


class SlowPeer(UasPeer):
    """Says nothing to an INVITE until told to."""

    def __init__(self):
        self.may_answer = threading.Event()
        super().__init__([])

    def _answers(self, method, text):
        if method == "INVITE" and not self.may_answer.is_set():
            self.invite = text
            return []
        if method == "INVITE":
            return [response(text, "180 Ringing", more=[f"Contact: <sip:127.0.0.1:{self.port}>"])]
        return super()._answers(method, text)


class OfferPeer(UasPeer):
    """Answers a late offer with one of its own in the 200."""

    def body_of(self, method):
        text = next(m for m in self.seen if m.startswith(method + " "))
        return text.split("\r\n\r\n", 1)[1]


class HopPeer:
    """A proxy that answers 483 to Max-Forwards below `hops`, else 200."""

    def __init__(self, hops):
        self.hops = hops
        self.seen = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            data, source = self.socket.recvfrom(65536)
            text = data.decode("latin-1")
            self.seen.append(text)
            if not text.startswith("OPTIONS "):
                continue
            left = int(header(text, "Max-Forwards"))
            status = "200 OK" if left >= self.hops else "483 Too Many Hops"
            self.socket.sendto(response(text, status, more=["Server: hop"]), source)


def call(stage, target, *more):
    return stage.earshot("call", target, "--output", "silent", "--json", *more)


def main():
    with bench.Stage() as stage:
        late(stage)
        cancel(stage)
        refusals(stage)
        extras(stage)
        repeat(stage)
        probes(stage)


def late(stage):
    peer = OfferPeer(["180 Ringing", "200 OK"])
    code, document, _ = call(stage, peer.uri("bob"), "--late-offer", "--hangup-after", "0.2", "--hold-after", "0.05",
                             "--resume-after", "0.05")
    bench.check(code == 0, f"a late offer is answered (exit {code})")
    bench.check(peer.body_of("INVITE") == "" and "m=audio" in peer.body_of("ACK"), "SDP stands in the ACK, not before")


def cancel(stage):
    peer = SlowPeer()
    done = {}
    thread = threading.Thread(target=lambda: done.update(zip(("code", "document", "errors"),
                                                             call(stage, peer.uri("bob"), "--cancel-after", "0.3"))))
    begin = time.monotonic()
    thread.start()
    bench.wait_for(lambda: sum(m.startswith("INVITE ") for m in peer.seen) >= 2, what="a repeated INVITE")
    bench.wait_for(lambda: time.monotonic() - begin > 1, what="the time to cancel")
    bench.check(peer.count("CANCEL") == 0, "no CANCEL before a 1xx")
    peer.may_answer.set()
    thread.join(20)
    bench.check(peer.count("CANCEL") == 1, "one CANCEL after it")
    bench.check(done["code"] == 5 and done["document"]["final"]["code"] == 487, f"487 (exit {done['code']})")


def refusals(stage):
    peer = UasPeer(["200 OK"])
    for more, word in ((("--header", "X-A: b\r\nX-Evil: c"), "line end"), (("--header", "Via: x"), "Via"),
                       (("--header", "nonsense"), "Name: value"), (("--route", "no route"), "route"),
                       (("--local-address", "x"), "address"), (("--repeat", "100000"), "--repeat"),
                       (("--repeat", "2", "--rate", "1000"), "--rate"), (("--rate", "1"), "--repeat"),
                       (("--request-uri", "sip:112@127.0.0.1"), "emergency"), (("--body", "/dev/null"), "body")):
        code, _, errors = call(stage, peer.uri("bob"), *more)
        bench.check(code in (2, 3) and word in errors, f"{more}: exit {code}, {errors.strip()[-120:]}")
    bench.check(not peer.seen, "nothing was sent")


def extras(stage):
    peer = UasPeer(["180 Ringing", "200 OK"])
    code, _, errors = call(stage, peer.uri("bob"), "--hangup-after", "0.1", "--header", "Subject: two words", "--header",
                           "X-Empty:", "--p-early-media", "--session-id", "--privacy", "id", "--alert-info",
                           "urn:alert:service:normal", "--request-uri", f"sip:other@127.0.0.1:{peer.port}", "--from",
                           "\"A B\" <sip:ab@example.test>" , "--100rel", "required", "--codecs", "PCMA,PCMU",
                           "--session-expires", "600", "--local-address", "127.0.0.1")
    bench.check(code == 0, f"a call with everything (exit {code}) {errors}")
    invite = peer.invite
    for line in ("Subject: two words", "P-Early-Media: supported", "Privacy: id", "Require: 100rel",
                 "Alert-Info: <urn:alert:service:normal>", "Session-Expires: 600"):
        bench.check(line in invite, line)
    bench.check(invite.startswith(f"INVITE sip:other@127.0.0.1:{peer.port} "), "the Request-URI is its own")
    bench.check("bob@" in header(invite, "To") and len(header(invite, "Session-ID")) > 60, "To, Session-ID")
    bench.check("RTP/AVP 8 0" in invite, "codecs in the order asked for")
    refused = UasPeer(["420 Bad Extension"])
    code, document, _ = call(stage, refused.uri("bob"), "--100rel", "required")
    bench.check(code == 5 and "420" in document["final"]["text"], "420 is explained")


def repeat(stage):
    peer = UasPeer(["180 Ringing", "200 OK"])
    code, document, errors = call(stage, peer.uri("bob"), "--repeat", "5", "--rate", "20", "--hangup-after", "0.1")
    bench.check(code == 0 and document["summary"]["answered"] == 5, f"five calls, five answers (exit {code}) {errors}")
    bench.check(len({c["call_id"] for c in document["calls"]}) == 5, "each with its Call-ID")
    bench.check(all(c["pdd"] is not None and c["answer"] is not None for c in document["calls"]), "PDD and answer time")
    print(f"figure  calls a second: {document['summary']['calls_per_second']:.1f} (20 asked for)")
    code, document, errors = call(stage, peer.uri("bob"), "--repeat", "2", "--rate", "20", "--hangup-after", "0.1",
                                  "--plot", stage.path("plot.svg"), "--csv", stage.path("calls.csv"))
    picture, table = stage.log("plot.svg"), stage.log("calls.csv").splitlines()
    bench.check(code == 0 and picture.startswith("<?xml") and picture.count("<circle") == 3, "the plot has its dots")
    bench.check(len(table) == 3 and table[0].startswith("call,call_id,code"), f"the table as CSV: {table[:1]}")
    code, _, errors = call(stage, peer.uri("bob"), "--plot", stage.path("plot.svg"))
    bench.check(code == 2 and "--plot goes with --repeat" in errors, f"a plot of one call: a sentence (exit {code})")
    heard = EarlyPeer(ring([425], 1, 0, 2), early=2.0)
    code, document, errors = call(stage, heard.uri("bob"), "--repeat", "1", "--hangup-after", "0.1")
    mos = document["calls"][0]["mos"]
    bench.check(code == 0 and mos is not None and 1 <= mos <= 4.5, f"what was heard has its MOS ({mos}) {errors}")


def told(report):
    """The words of every ladder."""
    return "\n".join(f"{row['label']} {row.get('news') or ''}" for each in report["calls"] for row in each["ladder"])


def probes(stage):
    hop = HopPeer(3)
    code, document, _ = stage.earshot("probe", "options", f"sip:127.0.0.1:{hop.port}", "--count", "3", "--interval",
                                      "0.05", "--json")
    bench.check(code == 0 and document["summary"]["answered"] == 3, f"OPTIONS answered three times (exit {code})")
    bench.check(all(r["round_trip_ms"] > 0 for r in document["results"]), "with round-trip times")
    code, document, _ = stage.earshot("probe", "trace", f"sip:127.0.0.1:{hop.port}", "--json")
    bench.check([r["code"] for r in document["results"]] == [483, 483, 483, 200], "Max-Forwards 0, 1, 2, 3")
    raw = stage.write("raw.bin", b"INVITE broken\r\n\x00\xff nonsense\r\n\r\n", "wb")
    code, document, errors = stage.earshot("probe", "raw", f"sip:127.0.0.1:{hop.port}", raw, "--wait", "0.2", "--json")
    bench.check(code == 0 and "exactly as they are" in errors, f"raw bytes with a warning (exit {code})")
    rows = told(document["report"])
    bench.check("as they are" in rows and "INVITE broken" in rows, f"they are in a ladder: {rows}")
    bench.check(hop.seen[-1].encode("latin-1") == b"INVITE broken\r\n\x00\xff nonsense\r\n\r\n", "byte for byte")
    secret = b'MESSAGE sip:x SIP/2.0\r\nAuthorization: Digest response="5ec4e7"\r\na=crypto:1 AES inline:5ec4e7\r\n\r\n'
    for bytes_ in (secret, secret[secret.index(b"Auth"):], secret[secret.index(b"a=c"):]):
        raw = stage.write("raw.bin", bytes_, "wb")
        _, document, errors = stage.earshot("probe", "raw", f"sip:127.0.0.1:{hop.port}", raw, "--wait", "0.1", "--json")
        bench.check("5ec4e7" not in json.dumps(document) + errors, "secrets in them are not told")
    foreign = stage.write("foreign.bin", "\r\n".join([
        f"OPTIONS sip:127.0.0.1:{hop.port} SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.7:5098;branch=z9hG4bKforeign",
        "Max-Forwards: 70", "From: <sip:a@example.test>;tag=a", "To: <sip:b@example.test>", "Call-ID: by-hand",
        "CSeq: 1 OPTIONS", "Content-Length: 0", "", ""]))
    code, document, _ = stage.earshot("probe", "raw", f"sip:127.0.0.1:{hop.port}", foreign, "--wait", "0.3", "--json")
    rows = told(document["report"])
    bench.check(code == 0 and "200 OK" in rows, f"what comes back is in the ladder: {rows}")
    bench.check("no request of ours" not in rows and "bears their Via" in rows, "and nobody is blamed for our own Via")
    for transport in ("udp", "tcp"):
        code, document, errors = stage.earshot("probe", "raw", f"sip:127.0.0.1:{bench.free_port()};transport={transport}", raw,
                                               "--wait", "0.2", "--json")
        rows = told(document["report"])
        bench.check(code == 5 and "nobody listens" in rows, f"{transport}: nobody is there for them (exit {code}): {rows}")
    code, _, _ = stage.earshot("probe", "options", f"sip:127.0.0.1:{bench.free_port()}", "--wait", "1", "--json")
    bench.check(code == 5, "nobody there")


if __name__ == "__main__":
    main()
