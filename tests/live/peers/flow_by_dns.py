#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A flow over UDP to an edge that DNS finds: STUN keeps it alive, not CRLF (RFC 5626 section 4.4)."""
import struct

import bench
import dns_peer
import peer

COOKIE = 0x2112A442


class Edge(peer.UasPeer):
    """Grants outbound to every REGISTER and answers STUN on its SIP port."""

    def __init__(self):
        self.stun = 0
        self.other = []  # what is neither STUN nor SIP
        super().__init__([])

    def _run(self):
        while True:
            data, source = self.socket.recvfrom(65536)
            text = data.decode("latin-1")
            if text.startswith("REGISTER "):
                self.seen.append(text)
                more = [f"Contact: {peer.header(text, 'Contact')}", "Require: outbound", "Flow-Timer: 20"]
                self.socket.sendto(peer.response(text, "200 OK", more=more), source)
            elif len(data) >= 20 and struct.unpack("!HHI", data[:8]) == (1, len(data) - 20, COOKIE):
                self.stun += 1
                address = struct.unpack("!I", bytes(map(int, source[0].split("."))))[0]
                mapped = struct.pack("!HHBBHI", 0x20, 8, 0, 1, source[1] ^ (COOKIE >> 16), address ^ COOKIE)
                self.socket.sendto(struct.pack("!HHI", 0x101, len(mapped), COOKIE) + data[8:20] + mapped, source)
            else:
                self.other.append(data)


def main():
    with bench.Stage() as stage:
        edge = Edge()
        dns = dns_peer.DnsPeer({
            ("edge.test", "A"): [],
            ("_sip._udp.edge.test", "SRV"): [dns_peer.srv(10, 0, edge.port, "a.edge.test")],
            ("a.edge.test", "A"): [dns_peer.a("127.0.0.1")],
        })
        code, document, errors = stage.earshot(
            "register", "--aor", "sip:bob@edge.test", "--proxy", "sip:edge.test", "--transport", "udp",
            "--seconds", "4", "--ping-after", "0.2", "--output", "silent", "--json",
            "--dns", f"127.0.0.1:{dns.port}")
        print(errors)
        flow = document["flows"][0]
        bench.check(code == 0 and flow["state"] == "UP" and flow["transport"] == "UDP", f"UP over UDP ({flow['state']}: {flow['reason']})")
        bench.check(flow["keep_alive"] == "STUN" and edge.stun >= 1, f"kept alive by {flow['keep_alive']}, {edge.stun} STUN requests came")
        bench.check(not edge.other, f"and nothing else came: {edge.other}")


if __name__ == "__main__":
    main()
