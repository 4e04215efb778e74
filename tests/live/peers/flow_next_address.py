#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A TLS flow whose edge has two addresses: the first one's certificate is refused, the second carries the flow."""
import bench
import dns_peer
import peer
import register_tls
import tls_calls


class Edge(register_tls.TlsRegistrar):
    """A registrar that answers pings too."""

    def _answers(self, text):
        return [b"\r\n"] if not text.strip() else super()._answers(text)


def main():
    bench.need("openssl")
    with bench.Stage() as stage:
        ca = tls_calls.authority(stage, "test-ca")
        bad = Edge(tls_calls.certificate(stage, "bad", "test-ca", "DNS:other.example.test"))
        good = Edge(tls_calls.certificate(stage, "good", "test-ca", "DNS:edge.test"))
        dns = dns_peer.DnsPeer({
            ("edge.test", "A"): [],
            ("_sips._tcp.edge.test", "SRV"): [dns_peer.srv(10, 0, bad.port, "a.edge.test"),
                                              dns_peer.srv(20, 0, good.port, "b.edge.test")],
            ("a.edge.test", "A"): [dns_peer.a("127.0.0.1")],
            ("b.edge.test", "A"): [dns_peer.a("127.0.0.1")],
        })
        code, document, errors = stage.earshot(
            "register", "--aor", "sip:bob@example.test", "--proxy", "sip:edge.test;transport=tls", "--seconds", "8",
            "--ping-after", "1", "--output", "silent", "--json", "--tls-ca", ca, "--dns", f"127.0.0.1:{dns.port}")
        print(errors)
        flow = document["flows"][0]
        registers = [m for m in good.seen if m.startswith("REGISTER ")]
        bench.check(code == 0 and flow["state"] == "UP", f"UP over the second address ({flow['state']}: {flow['reason']})")
        bench.check(flow["failures"] == 0, "no failure is counted while an address is left (RFC 3263 section 4.3)")
        bench.check(not bad.seen and len(registers) >= 1, "the REGISTER went to the good certificate only")
        bench.check(peer.header(registers[0], "CSeq").endswith(" REGISTER"), "and it is one")


if __name__ == "__main__":
    main()
