# SPDX-License-Identifier: Apache-2.0
"""One thing wrong: servers that are not there, requests with another dialog's or transaction's names, media that does
not fit its time."""
from cases import answered, both_ways, case, change
from right_registering import register, registered
from talk import Call, sdp
import struct


def plain(talk):
    talk.style = type(talk.style)(name=talk.style.name + "-udp", family=talk.style.family)


@case("em-early-session")
def early_session_unasked(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 183, "tg", [("Content-Disposition", "early-session")], sdp(talk.gw, (0,)))
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(4.04, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 4.06, 14)
    call.bye(14, "tg")


@case("neg-sdp-malformed", may={"em-183-no-sdp"})
def body_that_is_no_description(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tg")
    call.respond(0.3, invite, 183, "tg", body="this is not a description\r\n")
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(4.04, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 4.06, 14)
    call.bye(14, "tg")


@case("rt-dns")
def first_server_is_silent(talk):
    plain(talk)
    dead = Call(talk, b=talk.edge)
    dead.to_user = "sip:bob@example.test"
    dead.request(0, "INVITE", body=sdp(talk.alice))
    for after in (0.5, 1.5, 3.5):
        dead.again(after, talk.alice, talk.edge)
    call = Call(talk, b=talk.proxy, call_id=dead.id)
    call.to_user, call.tag = dead.to_user, dead.tag
    invite = call.request(5, "INVITE", body=sdp(talk.alice))
    call.respond(5.01, invite, 100)
    call.respond(5.2, invite, 180, "tp")
    call.respond(7, invite, 200, "tp", body=sdp(talk.bob, (0, 101)))
    call.ack(7.04, invite, "tp")
    both_ways(talk, talk.alice, talk.bob, 7.06, 16)
    call.bye(16, "tp")


@case("dlg-481")
def hung_up_with_a_foreign_tag(talk):
    answered(talk, hang_up=False)
    call = Call(talk, call_id=f"1-7f3a@{talk.alice.host}")
    call.tag = "f1"
    r = call.request(12.1, "BYE", tag="nobody", cseq=2)
    call.respond(12.15, r, 481)


@case("rtp-rtt")
def half_a_second_away(talk):
    answered(talk)
    a, b = (talk.bob.audio[0], 5001), (talk.alice.audio[0], 4001)
    for time in (4.0, 7.0, 10.0):
        talk.wire.rtcp(time, a, b, 0xB0B0 + talk.bob.rtp)
        last = 1 << 16 | round(time * 2**16) >> 16
        block = struct.pack(">IIIIII", 0xB0B0 + talk.bob.rtp, 0, 500, 20, last, round(0.1 * 65536))
        talk.wire.udp(time + 0.6, b, a, struct.pack(">BBHI", 0x81, 201, 7, 0xA0A0 + talk.alice.rtp) + block)


@case("rtp-size", may={"neg-ptime"})
def half_empty_packets(talk):
    answered(talk, media=False)
    both_ways(talk, talk.alice, talk.bob, 2.06, 12, size=80)


@case("flow-stun-error")
def keep_alive_is_refused(talk):
    plain(talk)
    call = Call(talk, a=talk.bob, b=talk.edge, call_id="flow-1")
    contact = f'<sip:bob@{talk.bob.host}>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
    r = register(call, 0, contact=contact, headers=[("Supported", "path, outbound")])
    registered(call, 0.05, r, contact=contact, headers=[("Require", "outbound")])
    cookie = b"\x21\x12\xa4\x42" + b"transaction1"
    talk.wire.udp(20, talk.bob.end, talk.edge.end, b"\x00\x01\x00\x00" + cookie)
    talk.wire.udp(20.01, talk.edge.end, talk.bob.end, b"\x01\x11\x00\x08" + cookie + b"\x00\x09\x00\x04\x00\x00\x04\x00")


@case("tx-cancel-481")
def cancelled_under_another_number(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(3, "CANCEL", of=invite, cseq=invite.cseq + 1)
    call.respond(3.05, r, 481, "tc")
    call.respond(5, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(5.04, invite, "tb")
    both_ways(talk, talk.alice, talk.bob, 5.06, 15)
    call.next[False] = 9
    call.bye(15, "tb")


@case("rtp-wrong-port", may={"rtp-one-way", "rtp-none", "rtp-stopped"})
def media_stays_where_it_was(talk):
    """The re-INVITE moves one telephone's audio; the other goes on sending to the old port."""
    call, _ = answered(talk, lasts=6, hang_up=False)
    change(call, 8.2, sdp(talk.alice, (0, 101), version=2, port=4400), sdp(talk.bob, (0, 101), version=2))
    talk.wire.rtp(8.4, 20, (talk.alice.audio[0], 4400), talk.bob.audio, ssrc=0xA0A0 + talk.alice.rtp, sequence=400)
    talk.wire.rtp(8.07, 20, talk.bob.audio, talk.alice.audio, ssrc=0xB0B0 + talk.bob.rtp, sequence=400, stamp=53000)
    call.bye(20, "tb")
