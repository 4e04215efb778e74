#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The silence that a flow survives is found by leaving it alone: behind something that forgets, that closes, that renumbers."""
import socket
import struct
import threading
import time

import bench
import peer


class Firewall:
    """Passes bytes on between a user agent and a registrar; forgets a connection that was silent for `idle` seconds."""

    def __init__(self, registrar, idle, closes):
        self.registrar = registrar
        self.idle = idle
        self.closes = closes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def uri(self):
        return f"sip:127.0.0.1:{self.port};transport=tcp"

    def _run(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.registrar.port))
            state = {"last": time.monotonic(), "dead": False}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target, state), daemon=True).start()
            if self.closes:
                threading.Thread(target=self._watch, args=(near, far, state), daemon=True).start()

    def _pass(self, source, target, state):
        try:
            while data := source.recv(65536):
                now = time.monotonic()
                state["dead"] = state["dead"] or now - state["last"] > self.idle
                if not state["dead"]:
                    state["last"] = now
                    target.sendall(data)
        except OSError:
            pass  # the other thread closed it

    def _watch(self, near, far, state):
        while time.monotonic() < state["last"] + self.idle:
            time.sleep(max(0.0, state["last"] + self.idle - time.monotonic()))
        for each in (near, far):
            each.shutdown(socket.SHUT_RDWR)


class RenumberingNat(peer.UasPeer):
    """A UDP registrar that answers STUN as if a NAT gave the client another port after `idle` seconds of silence."""

    def __init__(self, idle):
        self.idle = idle
        self.mapped = 40000
        self.last = None
        super().__init__([])

    def _run(self):
        while True:
            data, source = self.socket.recvfrom(65536)
            now = time.monotonic()
            if self.last and now - self.last > self.idle:
                self.mapped += 1
            self.last = now
            if data[:4] == b"REGI":
                text = data.decode("latin-1")
                more = [f"Contact: {peer.header(text, 'Contact')}", "Require: outbound", "Supported: outbound"]
                self.socket.sendto(peer.response(text, "200 OK", more=more), source)
            elif data[:2] == b"\x00\x01" and len(data) >= 20:  # RFC 5389: a Binding request
                port = self.mapped ^ 0x2112
                address = struct.unpack("!I", socket.inet_aton("127.0.0.1"))[0] ^ 0x2112A442
                value = struct.pack("!BBHI", 0, 1, port, address)
                self.socket.sendto(struct.pack("!HH", 0x0101, 12) + data[4:20] + struct.pack("!HH", 0x0020, 8) + value,
                                   source)


def search(stage, proxy, *more):
    code, document, errors = stage.earshot("register", "--aor", "sip:bob@example.test", "--proxy", proxy, "--seconds",
                                           "30", "--ping-after", "0.2", "--output", "silent", "--json", "--nat-idle",
                                           "--nat-idle-from", "1", *more, limit=170)
    print(errors[-1500:])
    found = document["nat_idle"]
    for step in found["steps"]:
        print(f"        {step['silence_seconds']:.2f} s: {step['end']}; {step['reason']}")
    print(f"        {found['sentence']}")
    return code, found, errors


def main():
    with bench.Stage() as stage:
        forgets = Firewall(peer.RegistrarPeer(flow_timer=20), 3.4, closes=False)
        code, found, errors = search(stage, forgets.uri(), "--nat-idle-to", "8")
        bench.check(2.9 < found["survived_seconds"] < 3.4 < found["fatal_seconds"] < 4.1,
                    f"the limit of 3.4 s lies in the bracket {found['survived_seconds']} to {found['fatal_seconds']} s")
        bench.check(code == 1 and found["verdict"] == "FAIL" and "Flow-Timer" in found["sentence"],
                    "keep-alives every 20 s are too rare for that")
        bench.check("for longer and longer times" in errors, "what is done to the flow is said first")
        bench.check({step["end"] for step in found["steps"]} == {"answered", "no answer"}, "nobody told of the loss")

        closes = Firewall(peer.RegistrarPeer(flow_timer=2), 3.4, closes=True)
        code, found, _ = search(stage, closes.uri(), "--nat-idle-to", "8")
        bench.check(3.3 < found["fatal_seconds"] < 4.2 and [step["end"] for step in found["steps"]][-2:] == ["closed"] * 2,
                    f"whoever closes shows his limit by himself, twice: {found['fatal_seconds']} s")
        bench.check(code == 0 and found["verdict"] == "PASS", "keep-alives every 2 s come in time")

        nat = RenumberingNat(1.5)
        code, found, _ = search(stage, f"sip:127.0.0.1:{nat.port};transport=udp", "--nat-idle-to", "4")
        bench.check(code == 1 and 1 <= found["survived_seconds"] <= 1.5 < found["fatal_seconds"] < 3
                    and found["steps"][-1]["end"] == "another address", "a NAT that renumbers is seen by STUN")

        open_way = peer.RegistrarPeer(flow_timer=2)
        code, found, _ = search(stage, open_way.uri(), "--nat-idle-to", "4")
        bench.check(code == 0 and found["fatal_seconds"] is None and 4 <= found["survived_seconds"] < 5,
                    "where nothing forgets, the longest silence is survived")

        for wrong in (("--nat-idle", "--nat-idle-from", "0"), ("--nat-idle-to", "5"),
                      ("--nat-idle", "--nat-idle-from", "20", "--nat-idle-to", "10")):
            done = stage.earshot("register", "--aor", "sip:b@e.test", "--proxy", "sip:127.0.0.1", *wrong)
            bench.check(done[0] == 2, f"{wrong} is a usage error: {done[2].strip()}")


if __name__ == "__main__":
    main()
