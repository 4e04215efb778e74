#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registrations over TLS are judged as calls are: verified, refused with the reason, or accepted by order."""
import bench
import peer
import tls_calls


class TlsRegistrar(tls_calls.TlsPeer):
    """Grants outbound to every REGISTER."""

    def _answers(self, text):
        if not text.startswith("REGISTER "):
            return super()._answers(text)
        return [peer.response(text, "200 OK", more=[f"Contact: {peer.header(text, 'Contact')}", "Require: outbound"])]


def register(stage, server, *more, aor="sip:bob@example.test"):
    code, document, errors = stage.earshot(
        "register", "--aor", aor, "--proxy", f"sips:127.0.0.1:{server.port}", "--seconds", "2",
        "--ping-after", "60", "--output", "silent", "--json", *more)
    return code, document["flows"][0], errors


def main():
    bench.need("openssl")
    with bench.Stage() as stage:
        ca = tls_calls.authority(stage, "test-ca")
        other = tls_calls.authority(stage, "other-ca")
        good = tls_calls.certificate(stage, "good", "test-ca", "IP:127.0.0.1")
        wrong = tls_calls.certificate(stage, "wrong", "test-ca", "DNS:other.example.test")
        server = TlsRegistrar(good)
        code, flow, errors = register(stage, server, "--tls-ca", ca)
        bench.check(code == 0 and flow["state"] == "PROVISIONAL" and flow["transport"] == "TLS", f"registered ({flow['state']})")
        bench.check(flow["tls_verified"] is True and flow["tls"].startswith("TLSv1."), f"verified: {flow['tls']}")
        first = next(m for m in server.seen if m.startswith("REGISTER "))
        bench.check("SIP/2.0/TLS" in first and "transport=tls" in first and ";reg-id=1" in first, "Via and Contact say TLS")
        bench.check(peer.header(first, "Contact").startswith("<sip:bob@") and "sips:" not in first,
                    "no sips where the address of record is sip (RFC 5630 section 5.1.1.1)")
        server.seen.clear()
        code, flow, errors = register(stage, server, "--tls-ca", ca, aor="sips:bob@example.test")
        first = next(m for m in server.seen if m.startswith("REGISTER "))
        bench.check(code == 0 and first.startswith("REGISTER sips:example.test") and
                    peer.header(first, "Contact").startswith("<sips:bob@") and
                    peer.header(first, "Route").startswith("<sips:") and peer.header(first, "To").startswith("<sips:bob@"),
                    "a sips address of record is registered with sips all along")

        refused = TlsRegistrar(good)
        code, flow, errors = register(stage, refused, "--tls-ca", other)
        bench.check(code != 0 and not refused.seen and flow["state"] == "BACKING OFF", f"another authority: {flow['reason']}")
        refused = TlsRegistrar(wrong)
        code, flow, errors = register(stage, refused, "--tls-ca", ca)
        bench.check(code != 0 and not refused.seen and "other.example.test" in flow["reason"], f"wrong name: {flow['reason']}")
        code, flow, errors = register(stage, TlsRegistrar(wrong), "--tls-ca", ca, "--tls-insecure")
        bench.check(code == 0 and flow["tls_verified"] is False and "NOT verified" in flow["tls"], f"by order: {flow['tls']}")


if __name__ == "__main__":
    main()
