# SPDX-License-Identifier: Apache-2.0
"""What looks like a fault of wrong_rules.py or wrong_streams.py and is none."""
from cases import answered, both_ways, case, change
from right_registering import register, registrar_of
from talk import Call, Node, sdp
from wrong_rules import four, plain
from wrong_streams import digits


@case()
def keys_with_their_ends(talk):
    answered(talk, media=False, answer=sdp(talk.bob, (0, 101)))
    digits(talk, end=True)


@case()
def no_packet_time_named(talk):
    """20 ms one way and 40 the other: nobody asked for anything else."""
    answered(talk, media=False, lasts=30, offer=sdp(talk.alice, ptime=0), answer=sdp(talk.bob, (0, 101), ptime=0))
    talk.wire.rtp(2.1, 31, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 31, talk.bob.audio, talk.alice.audio, ssrc=2, every=0.04, step=320, size=320)


@case()
def on_hold_until_the_end(talk):
    """Media of both sides stops by agreement."""
    call, _ = answered(talk, media=False, hang_up=False)
    both_ways(talk, talk.alice, talk.bob, 2.06, 15)
    change(call, 15, sdp(talk.alice, (0, 101), "inactive", 2), sdp(talk.bob, (0, 101), "inactive", 2))
    call.bye(45, "tb")


@case()
def hung_up_soon_behind_the_last_word(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    both_ways(talk, talk.alice, talk.bob, 2.06, 15)
    call.bye(19, "tb")


@case()
def session_moves_to_a_relay(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    both_ways(talk, talk.alice, talk.bob, 2.06, 10)
    change(call, 10, sdp(talk.alice, (0, 101), version=2, host=talk.gw.audio[0], port=7100),
           sdp(talk.bob, (0, 101), version=2, host=talk.gw.audio[0], port=7200))
    call.bye(40, "tb")


@case()
def moved_to_another_user(talk):
    call = Call(talk, b=talk.proxy)
    invite = call.invite(0, sdp(talk.alice))
    call.refuse(0.1, invite, 302, "tp", [("Contact", f"<{talk.bob.uri}>")])
    moved = Call(talk, call_id=call.id)
    moved.tag = call.tag
    moved.next[False] = 2
    again = moved.invite(0.2, sdp(talk.alice), uri=talk.bob.uri)
    moved.respond(0.4, again, 180, "tb")
    moved.respond(2, again, 200, "tb", body=sdp(talk.bob, (0, 101)))
    moved.ack(2.04, again, "tb")
    moved.bye(12, "tb")


@case()
def router_changes_the_port_only(talk):
    """Captured at both sides of a NAT that leaves SIP alone; the server answers to where packets came from."""
    plain(talk)
    four(talk)
    inner = Node("alice", "192.168.1.10", rtp=4000)
    inside = Call(talk, a=inner, call_id="nat-1@inside")
    r = inside.request(0, "OPTIONS", via_params=";rport")
    talk.send(0.001, talk.alice, talk.bob, inside.last[("alice", "bob")])
    inside.respond(0.02, r, 200, "tb")


@case()
def six_telephones_of_one_user(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    others = [f"<sip:alice@{node.host}:5060>;expires=900" for node in (talk.bob, talk.carol, talk.gw, talk.edge)]
    call.respond(0.02, r, 200, "tr", [("Contact", f"<{talk.alice.uri}>;expires=3600, " + ", ".join(others))])


@case()
def two_flows_and_an_old_address(talk):
    call = registrar_of(talk)
    mine = lambda reg, port: (f'<sip:alice@{talk.alice.host}:{port};transport=tcp>;reg-id={reg};'
                              '+sip.instance="<urn:uuid:1>"')
    r = register(call, 0, contact=mine(1, 5060), headers=[("Supported", "path, outbound")])
    call.respond(0.02, r, 200, "tr", [("Contact", f"{mine(1, 5060)};expires=3600, {mine(2, 5070)};expires=3600"),
                                      ("Require", "outbound"), ("Supported", "outbound, path"),
                                      ("Flow-Timer", "600")])


@case()
def two_realms_on_the_way(talk):
    """The carrier's proxy asks first, the home proxy behind it for a realm of its own."""
    call = Call(talk, via=(talk.proxy,), b=talk.gw)
    ask = lambda realm: [("Proxy-Authenticate", f'Digest realm="{realm}", nonce="{realm}1", algorithm=MD5, qop="auth"')]
    give = lambda realm: ("Proxy-Authorization",
                          f'Digest username="alice", realm="{realm}", nonce="{realm}1", uri="{call.to_user}", '
                          'response="6629fae49393a05397450978507c4ef1", algorithm=MD5, qop=auth, nc=00000001, '
                          'cnonce="0a4f113b"')
    invite = call.invite(0, sdp(talk.alice), trying=False, hops=1)
    call.refuse(0.02, invite, 407, "t1", ask("carrier.test"), at=1)
    invite = call.invite(0.1, sdp(talk.alice), [give("carrier.test")], trying=False)
    call.refuse(0.14, invite, 407, "t2", ask("home.test"))
    invite = call.invite(0.2, sdp(talk.alice), [give("carrier.test"), give("home.test")])
    call.respond(0.4, invite, 180, "tg")
    call.respond(2, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(2.04, invite, "tg")
    call.bye(12, "tg")


@case()
def candidates_that_fit(talk):
    ice = ["a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901"]
    own = lambda node: [*ice, f"a=candidate:1 1 UDP 2130706431 {node.audio[0]} {node.rtp} typ host",
                        f"a=candidate:2 1 UDP 1694498815 {talk.gw.audio[0]} {node.rtp + 20} typ srflx "
                        f"raddr {node.audio[0]} rport {node.rtp}"]
    answered(talk, offer=sdp(talk.alice, lines=own(talk.alice)),
             answer=sdp(talk.bob, (0, 101), lines=own(talk.bob)))


@case()
def private_contact_behind_a_clever_proxy(talk):
    """The ACK goes to where the answer came from."""
    plain(talk)
    four(talk)
    talk.alice.ip, talk.bob.ip = "8.8.4.10", "8.8.4.20"
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    inside = ("Contact", "<sip:bob@192.168.1.20:5060>")
    call.respond(0.2, invite, 180, "tb", [inside], contact=False)
    call.respond(2, invite, 200, "tb", [inside], sdp(talk.bob, (0, 101)), contact=False)
    call.ack(2.04, invite, "tb", uri="sip:bob@192.168.1.20:5060")
    r = call.request(12, "BYE", tag="tb", uri="sip:bob@192.168.1.20:5060")
    call.respond(12.03, r, 200)


@case()
def listens_to_an_announcement(talk):
    """One side says nothing for 15 s."""
    answered(talk, media=False, lasts=15)
    talk.wire.rtp(2.1, 16.9, talk.alice.audio, talk.bob.audio, ssrc=1, quiet=True)
    talk.wire.rtp(2.1, 16.9, talk.bob.audio, talk.alice.audio, ssrc=2)


@case()
def one_source_behind_another(talk):
    """Music on hold of a gateway: a new SSRC, as RFC 3550 wants, and a few packets out of order."""
    answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21.9, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 11, talk.bob.audio, talk.alice.audio, ssrc=2)
    before = len(talk.wire.packets)
    talk.wire.rtp(11, 21.9, talk.bob.audio, talk.alice.audio, ssrc=3, sequence=31000, stamp=77)
    swapped = talk.wire.packets[before:]
    for i in range(50, 500, 100):
        (a, one), (b, other) = swapped[i:i + 2]
        swapped[i:i + 2] = [(a, other), (b, one)]
    talk.wire.packets[before:] = swapped


@case()
def six_seconds_until_it_rings(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(6, invite, 180, "tg")
    call.respond(9, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(9.04, invite, "tg")
    call.bye(25, "tg")
