#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drills on our own flows end in a sheet of limits and figures; a call to ourselves tells whether calls reach us."""
import bench
import peer


class UdpRegistrar(peer.UasPeer):
    """Registers over UDP; hands a call for the address back to where the REGISTER came from, or refuses it.

    `caller`: refuses it only after a call of that one has rung there."""

    def __init__(self, delivers, caller=None):
        self.delivers = delivers
        self.caller = caller
        self.waits = None  # our INVITE and its source
        self.bound = None
        super().__init__([])

    def _run(self):
        pending = {}  # our branch -> (where the INVITE came from, its Via)
        while True:
            data, source = self.socket.recvfrom(65536)
            text = data.decode("latin-1")
            method = text.split(" ")[0]
            if method == "REGISTER":
                self.bound = source
                self.socket.sendto(peer.response(text, "200 OK", more=[f"Contact: {peer.header(text, 'Contact')}"]), source)
            elif method in ("INVITE", "CANCEL", "ACK") and self.delivers:
                via = f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKx{peer.header(text, 'Call-ID')}"
                pending[peer.header(text, "Call-ID")] = source
                text = "\r\n".join(line for line in text.split("\r\n") if not line.startswith("Route:"))
                self.socket.sendto(text.replace("\r\n", f"\r\n{via}\r\n", 1).encode("latin-1"), self.bound)
            elif method == "INVITE" and self.caller:
                if not self.waits:
                    self.socket.sendto(self._other_call(), self.bound)
                self.waits = text, source
            elif method == "INVITE":
                self.socket.sendto(peer.response(text, "480 Nobody is there"), source)
            elif text.startswith("SIP/2.0 180 ") and self.waits and peer.header(text, "Call-ID").startswith("other@"):
                self.socket.sendto(peer.response(self.waits[0], "480 Nobody is there"), self.waits[1])
            elif method == "SIP/2.0" and peer.header(text, "Call-ID") in pending:
                first = next(line for line in text.split("\r\n") if line.startswith("Via:"))
                self.socket.sendto(text.replace(first + "\r\n", "", 1).encode("latin-1"),
                                   pending[peer.header(text, "Call-ID")])


    def _other_call(self):
        return (f"INVITE sip:bob@{self.bound[0]}:{self.bound[1]} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKother\r\nMax-Forwards: 70\r\n"
                f"From: <{self.caller}>;tag=other\r\nTo: <sip:bob@example.test>\r\nCall-ID: other@example.test\r\n"
                f"CSeq: 1 INVITE\r\nContact: <sip:other@127.0.0.1:{self.port}>\r\nContent-Length: 0\r\n\r\n").encode()


def register(stage, proxy, *more):
    code, document, errors = stage.earshot("register", "--aor", "sip:bob@example.test", "--proxy", proxy, "--seconds",
                                           "30", "--ping-after", "0.2", "--output", "silent", "--json", *more,
                                           limit=150)
    print(errors[-400:])
    return code, document, errors


def main():
    with bench.Stage() as stage:
        server = peer.RegistrarPeer(flow_timer=3)
        code, document, errors = register(stage, server.uri(), "--drill", "cut")
        sheet = document["drills"][0]
        for line in sheet["limits"]:
            print(f"        {line['what']}: {line['measured_seconds']} s of {line['at_most_seconds']}, {line['verdict']}")
        bench.check(code == 0 and sheet["verdict"] == "PASS", f"cut: {sheet['verdict']} (exit {code})")
        bench.check("told by a FIN" in errors, "what is done to the flow is said first")
        bench.check(all(line["verdict"] == "PASS" for line in sheet["limits"]), "every limit was kept")
        flow = document["flows"][0]
        bench.check(flow["reachable"] and flow["reachable_since"] and flow["reachable_until"] is None,
                    "the flow can be reached, since the drill and until nothing")
        last = document["events"][-1]
        bench.check(not last["reachable"] and last["reachable_since"] is None and last["reachable_until"],
                    "the last event tells until when it could be")

        code, document, _ = register(stage, server.uri(), "--drill", "pong")
        silence = next(line for line in document["drills"][0]["limits"] if "silence" in line["what"])
        bench.check(code == 0 and 9.5 < silence["measured_seconds"] < 10.5, f"pong: noticed after {silence['measured_seconds']} s")

        quiet = peer.RegistrarPeer(flow_timer=3)
        code, document, errors = register(stage, quiet.uri(), "--drill", "silent")
        sheet = document["drills"][0]
        silence = next(line for line in sheet["limits"] if "silence" in line["what"])
        bench.check(code == 0 and sheet["verdict"] == "PASS" and 9.5 < silence["measured_seconds"] < 10.5,
                    f"silent: {sheet['sentence']}")
        reasons = " ".join(event["reason"] for event in document["events"])
        bench.check("nobody is told" in reasons and "No pong" in reasons, f"and only a keep-alive found out: {reasons}")

        code, document, _ = register(stage, server.uri(), "--drill", "port")
        bench.check(code == 1 and "over UDP" in document["drills_impossible"][0], "a TCP flow has no port to change")

        here = UdpRegistrar(delivers=True)
        code, document, _ = register(stage, f"sip:127.0.0.1:{here.port};transport=udp", "--drill", "port", "--self-call")
        bench.check(document["drills"][0]["verdict"] == "PASS", f"port: {document['drills'][0]}")
        bench.check(code == 0 and document["self_call"]["reached"], f"reachable: {document['self_call']['sentence']}")

        again = UdpRegistrar(delivers=True)
        code, document, errors = register(stage, f"sip:127.0.0.1:{again.port};transport=udp", "--drill", "cut", "--drill-call")
        sheet = document["drills"][0]
        bench.check(code == 0 and any("brings a call again (by flow 1)" in line["what"] and line["verdict"] == "PASS"
                                      for line in sheet["limits"]), f"the proxy is timed: {sheet['limits']}")
        bench.check("no other flow is up" in errors, "with one flow there is no call while it is broken")

        gone = UdpRegistrar(delivers=False)
        code, document, _ = register(stage, f"sip:127.0.0.1:{gone.port};transport=udp", "--self-call")
        call = document["self_call"]
        bench.check(code == 1 and not call["reached"] and "registered but not reachable" in call["sentence"]
                    and "480" in call["sentence"], f"not reachable: {call['sentence']}")

        stranger = UdpRegistrar(delivers=False, caller="sip:mallory@example.test")
        code, document, _ = register(stage, f"sip:127.0.0.1:{stranger.port};transport=udp", "--self-call")
        call = document["self_call"]
        bench.check(code == 1 and not call["reached"] and "mallory" in call["sentence"] and "not ours" in call["sentence"],
                    f"a stranger's call is not ours: {call['sentence']}")

        between = UdpRegistrar(delivers=False, caller="sip:b%6Fb@192.0.2.9")
        code, document, _ = register(stage, f"sip:127.0.0.1:{between.port};transport=udp", "--self-call")
        call = document["self_call"]
        bench.check(code == 0 and call["reached"] and "back-to-back" in call["sentence"],
                    f"a back-to-back user agent's is: {call['sentence']}")

        for wrong in (("--drill-call",), ("--drill", "dance"), ("--drill-flow", "1"), ("--drill", "cut", "--drill-flow", "9x")):
            done = stage.earshot("register", "--aor", "sip:b@e.test", "--proxy", "sip:127.0.0.1", *wrong)
            bench.check(done[0] == 2, f"{wrong} is a usage error: {done[2].strip()}")


if __name__ == "__main__":
    main()
