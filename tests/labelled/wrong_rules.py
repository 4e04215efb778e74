# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong in its way, its credentials or its dialogs that looks right at first sight."""
from cases import answered, both_ways, case
from right_more import fork
from right_registering import register, registrar_of
from talk import Call, Node, sdp


def plain(talk, udp=True):
    """Over UDP, and with addresses that are no IPv6 where the case needs that."""
    talk.style = type(talk.style)("plain" if udp else talk.style.name)


def four(talk):
    """IPv4 whatever the notation."""
    for node in (talk.alice, talk.bob, talk.carol, talk.gw, talk.proxy, talk.edge, talk.registrar):
        node.ip = "198.51.100." + str({"alice": 10, "bob": 20, "carol": 30, "gw": 40, "proxy": 2, "edge": 3,
                                       "registrar": 1}[node.name])


@case("rt-rr-order")
def hangs_up_past_the_proxies(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.routes = False
    r = call.request(9, "BYE", tag="tb")
    call.respond(9.03, r, 200)


@case("rt-rr-order")
def callee_turns_the_way_round(talk):
    call = Call(talk, via=(talk.proxy, talk.edge), seen=(2,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.routes = False
    wrong = [("Route", f"<sip:{p.host}:5060;lr>") for p in (talk.proxy, talk.edge)]
    r = call.request(9, "BYE", tag="tb", reverse=True, headers=wrong)
    call.respond(9.03, r, 200)


@case("rt-route-not-loose")
def proxy_keeps_its_route(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.routes = False
    r = call.request(9, "BYE", tag="tb", headers=[("Route", f"<sip:{talk.proxy.host}:5060;lr>")])
    call.respond(9.03, r, 200)


@case("rt-redirect-loop")
def redirected_to_itself(talk):
    call = Call(talk, b=talk.proxy)
    invite = call.invite(0, sdp(talk.alice))
    call.refuse(0.1, invite, 302, "tp", [("Contact", f"<{call.to_user}>")])


@case("rt-gruu-lost")
def device_is_gone(talk):
    call = Call(talk, b=talk.proxy)
    r = call.request(0, "MESSAGE", uri="sip:bob@example.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                     headers=[("Content-Type", "text/plain")], contact=False)
    call.respond(0.1, r, 480, "tp")


@case("rt-sips")
def sips_in_the_clear(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), uri="sips:bob@example.test")
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.bye(12, "tb")


@case("rt-alg")
def router_writes_anew(talk):
    """Captured at both sides of a router; only the outer side goes on."""
    plain(talk)
    four(talk)
    inner = Node("alice", "192.168.1.10", rtp=4000)
    inside = Call(talk, a=inner, call_id="alg-1@inside")
    outside = Call(talk, call_id=inside.id)
    outside.tag = inside.tag
    first = inside.request(0, "INVITE", body=sdp(inner, host="192.168.1.10"), branch="z9hG4bKalg1")
    invite = outside.request(0.001, "INVITE", body=sdp(talk.alice), branch=first.branch)
    invite.hop_by_hop = True
    outside.respond(0.2, invite, 180, "tb")
    outside.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    outside.ack(2.04, invite, "tb")
    outside.bye(12, "tb")


@case("rt-rport-missing", may={"tx-retrans", "tx-timeout"})
def answered_at_the_wrong_port(talk):
    plain(talk)
    call = Call(talk, b=talk.proxy)
    real, named = 31044, talk.alice.port
    r = call.request(0, "OPTIONS")
    packet = talk.wire.packets.pop()
    talk.alice.port = real
    text = call.last[("alice", "proxy")]
    for after in (0, 0.5, 1.5, 3.5):
        talk.send(after, talk.alice, talk.proxy, text)
    talk.alice.port = named
    for after in (0.02, 0.52, 1.52, 3.52):
        call.respond(after, r, 200, "tp")
    assert packet


@case("tx-482")
def refused_as_seen_before(talk):
    call = Call(talk, b=talk.proxy)
    invite = call.invite(0, sdp(talk.alice))
    call.refuse(0.2, invite, 482, "tp")


@case("tx-branch")
def ack_with_the_branch_of_the_invite(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.request(2.04, "ACK", tag="tb", cseq=invite.cseq, branch=invite.branch)
    both_ways(talk, talk.alice, talk.bob, 2.06, 12)
    call.bye(12, "tb")


@case("tx-pdd")
def long_until_it_rings(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(14, invite, 180, "tb")
    call.respond(16, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(16.04, invite, "tb")
    call.bye(25, "tb")


@case("dlg-branch-rings-on")
def nobody_cancels_the_other(talk):
    call = Call(talk, via=(talk.proxy,))
    invite, other, branch = fork(talk, call, talk.bob, talk.carol)
    call.respond(0.2, invite, 180, "tb")
    other.respond(0.3, branch, 180, "tc")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.03, invite, "tb")
    call.bye(12, "tb")


@case("dlg-contact-unroutable", may={"tx-200-no-ack", "tx-ack-wrong", "dlg-bye-lost", "tx-timeout"})
def ack_goes_into_a_private_network(talk):
    plain(talk)
    four(talk)
    talk.alice.ip, talk.bob.ip = "8.8.4.10", "8.8.4.20"
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    inside = ("Contact", "<sip:bob@192.168.1.20:5060>")
    call.respond(0.2, invite, 180, "tb", [inside], contact=False)
    call.respond(2, invite, 200, "tb", [inside], sdp(talk.bob, (0, 101)), contact=False)
    hidden = Node("bob", "192.168.1.20")
    call.ack(2.04, invite, "tb", path=[talk.alice, hidden])


@case("reg-ghosts")
def old_addresses_stay(talk):
    call = registrar_of(talk)
    me = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
    r = register(call, 0, contact=f"<{talk.alice.uri}>;{me}")
    old = [f"<sip:alice@{talk.alice.host}:{port}>;{me};expires=900" for port in (40112, 38411, 51000)]
    call.respond(0.02, r, 200, "tr", [("Contact", f"<{talk.alice.uri}>;{me};expires=3600, " + ", ".join(old))])


@case("auth-realm", may={"auth-loop"})
def credentials_of_the_wrong_realm(talk):
    call = Call(talk, b=talk.proxy)
    ask = lambda nonce: [("Proxy-Authenticate", f'Digest realm="carrier.test", nonce="{nonce}", algorithm=MD5')]
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.refuse(0.02, invite, 407, "t1", ask("n1"))
    given = (f'Digest username="alice", realm="example.test", nonce="n1", uri="{call.to_user}", '
             'response="6629fae49393a05397450978507c4ef1", algorithm=MD5')
    invite = call.invite(0.1, sdp(talk.alice), [("Proxy-Authorization", given)], trying=False)
    call.refuse(0.12, invite, 407, "t2", ask("n2"))


@case("auth-ack-cancel")
def cancel_challenged(talk):
    call = Call(talk, b=talk.proxy)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(3, "CANCEL", of=invite)
    call.respond(3.01, r, 407, "tp", [("Proxy-Authenticate", 'Digest realm="example.test", nonce="n"')])
    call.refuse(20, invite, 486, "tb")


@case("neg-ice")
def gateway_changed_the_address_alone(talk):
    four(talk)
    ice = ["a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901"]
    own = lambda node: [*ice, f"a=candidate:1 1 UDP 2130706431 {node.audio[0]} {node.rtp} typ host"]
    talk.style = type(talk.style)(talk.style.name, talk.style.transport, 4, talk.style.compact)
    answered(talk, media=False, offer=sdp(talk.alice, lines=own(talk.alice)),
             answer=sdp(talk.bob, (0, 101), host=talk.gw.ip, lines=own(talk.bob)))
