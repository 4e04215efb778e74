#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""RFC 3263 against a DNS server of the test's own: the whole chain in the ladder, and failover before any 1xx."""
import socket

import bench
import dns_peer
from dns_peer import a, aaaa, naptr, srv
from peer import UasPeer


def call(stage, dns, target, *more):
    return stage.earshot("call", target, "--dns", f"127.0.0.1:{dns.port}", "--hangup-after", "0.2", "--output",
                         "silent", "--json", *more)


def labels(document):
    return "\n".join(f"{row['label']} {row.get('news') or ''}" for row in document["ladder"])


def closed_port():
    return bench.free_port()


def main():
    with bench.Stage() as stage:
        phone = UasPeer(["180 Ringing", "200 OK"])
        busy = UasPeer(["503 Service Unavailable"])
        dead = closed_port()
        dns = dns_peer.DnsPeer({
            ("full.test", "NAPTR"): [naptr(20, 10, "SIP+D2U", "_sip._udp.full.test"),
                                     naptr(10, 10, "SIP+D2X", "_sip._x.full.test")],
            ("_sip._udp.full.test", "SRV"): [srv(30, 0, phone.port, "c.full.test"), srv(10, 0, dead, "a.full.test"),
                                             srv(20, 0, busy.port, "b.full.test")],
            ("a.full.test", "A"): [a("127.0.0.1")],
            ("b.full.test", "A"): [a("127.0.0.1")],
            ("c.full.test", "A"): [a("127.0.0.1")],
            ("srv.test", "A"): [],
            ("_sip._udp.srv.test", "SRV"): [srv(1, 1, phone.port, "c.full.test")],
            ("plain.test", "A"): [a("127.0.0.1")],
            ("six.test", "AAAA"): [aaaa("::1")],
        })
        code, document, errors = call(stage, dns, "sip:bob@full.test")
        print(errors)
        bench.check(code == 0, f"answered by the third address (exit {code})")
        asked = [q for q in dns.asked if q[1] != "AAAA"]
        bench.check(asked[:2] == [("full.test", "NAPTR"), ("_sip._udp.full.test", "SRV")], f"asked: {asked}")
        bench.check(busy.count("INVITE") == 1 and phone.count("INVITE") == 1, "one INVITE for each that listens")
        first, second = busy.invite, phone.invite
        import peer
        for name in ("Call-ID", "From", "CSeq"):
            bench.check(peer.header(first, name) == peer.header(second, name), f"{name} stays the same: {peer.header(first, name)}, {peer.header(second, name)}")
        bench.check(peer.header(first, "Via") != peer.header(second, "Via"), "the branch is a new one")
        text = labels(document)
        for part in ("DNS NAPTR of full.test", "DNS SRV of _sip._udp.full.test", "Trying the next address"):
            bench.check(part in text, f"in the ladder: {part}")

        phone.seen.clear()
        code, document, _ = call(stage, dns, "sip:bob@srv.test")
        bench.check(code == 0 and phone.count("INVITE") == 1, "SRV without NAPTR")
        code, document, _ = call(stage, dns, f"sip:bob@plain.test:{phone.port}")
        bench.check(code == 0, "a port leaves NAPTR and SRV out")
        bench.check(not [q for q in dns.asked if "plain.test" in q[0] and q[1] in ("SRV", "NAPTR")],
                    "and nobody was asked for them")
        if has_ipv6():
            six = Uas6(["180 Ringing", "200 OK"])
            code, document, _ = call(stage, dns, f"sip:bob@six.test:{six.port}")
            bench.check(code == 0 and "IN IP6 ::1" in six.invite and "[::1]" in six.invite,
                        "IPv6 by AAAA: SDP and brackets")
            code, document, _ = stage.earshot("call", f"sip:bob@[::1]:{six.port}", "--hangup-after", "0.2", "--output",
                                              "silent", "--json")
            bench.check(code == 0, "an IPv6 literal")

            dns.records[("both.test", "A")] = [a("127.0.0.1")]  # nobody listens there
            dns.records[("both.test", "AAAA")] = [aaaa("::1")]
            six.invite = None
            code, document, errors = call(stage, dns, f"sip:bob@both.test:{six.port}")
            print(errors)
            bench.check(code == 0 and six.invite is not None, f"IPv6 after IPv4 failed (exit {code})")
            bench.check("c=IN IP6 ::1" in six.invite and "IP4" not in six.invite.split("\r\n\r\n", 1)[1],
                        f"and its SDP has an address that it can send to: {six.invite}")

        for host, rcode, words in (("servfail.test", 2, "failed or refused"), ("refused.test", 5, "refused")):
            dns.failing[host] = rcode
            code, document, _ = call(stage, dns, f"sip:bob@{host}")
            text = labels(document)
            bench.check(words in text and "no such record" not in text, f"{host}: {words}")
            bench.check(words in document["final"]["text"], f"{host}: {document['final']['text']}")

        ringing = UasPeer(["180 Ringing", "503 Service Unavailable"])
        dns.records[("ring.test", "SRV")] = []
        dns.records[("_sip._udp.ring.test", "SRV")] = [srv(1, 0, ringing.port, "c.full.test"),
                                                       srv(2, 0, phone.port, "c.full.test")]
        phone.seen.clear()
        code, document, _ = call(stage, dns, "sip:bob@ring.test")
        bench.check(code == 5 and phone.count("INVITE") == 0 and document["final"]["code"] == 503,
                    "after a 1xx nobody else is called")
        code, document, errors = call(stage, dns, "sip:bob@nowhere.test", "--from", "sip:alice@example.test", "--session",
                                      "nowhere.pcapng")
        bench.check(code == 5 and document["final"]["local"] and "not found" in document["final"]["text"],
                    f"a name that does not exist: {document['final'].get('text')}")
        _, read, _ = stage.earshot("check", "nowhere.pcapng", "--json")
        ends = [(each["from"], each["to"]) for each in read["calls"]]
        bench.check(ends == [("alice@example.test", "bob@nowhere.test")], f"its session file knows who called whom: {ends}")
        code, _, errors = stage.earshot("call", "sip:bob@x.test", "--dns", "nonsense")
        bench.check(code == 2 and "DNS server" in errors, "a DNS server that is none")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


class Uas6(UasPeer):
    FAMILY = socket.AF_INET6
    HOST = "::1"


if __name__ == "__main__":
    main()
