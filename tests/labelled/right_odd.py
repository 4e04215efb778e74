# SPDX-License-Identifier: Apache-2.0
"""Nothing wrong, and rarely met: several reliable branches, offers in odd places, video, wide band, long pauses."""
from cases import answered, both_ways, case, change
from right_calls import WANTS
from right_registering import register, registered, registrar_of
from talk import Call, Node, sdp

VIDEO = "m=video {port} RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=fmtp:99 packetization-mode=1\r\n"


@case()
def two_reliable_branches(talk):
    """Each early dialog numbers for itself and is acknowledged for itself."""
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice), [("Supported", "100rel")])
    call.respond(0.2, invite, 180, "t1", WANTS(71))
    call.prack(0.25, invite, "t1", 71)
    call.respond(0.4, invite, 183, "t2", WANTS(9), sdp(talk.bob, (8, 101)))
    call.prack(0.45, invite, "t2", 9)
    call.respond(1.0, invite, 180, "t1", WANTS(72))
    call.prack(1.05, invite, "t1", 72)
    talk.wire.rtp(0.5, 5, talk.bob.audio, talk.alice.audio, pt=8, ssrc=0xB0B0 + talk.bob.rtp)
    call.respond(1.2, invite, 180, "t2", WANTS(10))
    call.prack(1.25, invite, "t2", 10)
    call.respond(4, invite, 199, "t1", [("Reason", "SIP;cause=487")])
    call.respond(5, invite, 200, "t2")
    call.ack(5.04, invite, "t2")
    both_ways(talk, talk.alice, talk.bob, 5.0, 15, pt=8, sequence=325, stamp=41000)
    call.bye(15, "t2")


@case()
def video_call(talk):
    """Audio and video, one packet for each picture; ptime is of the audio alone."""
    call = Call(talk)
    more = lambda port: VIDEO.format(port=port)
    invite = call.invite(0, sdp(talk.alice, more=more(4002)))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101), more=more(5002)))
    call.ack(2.04, invite, "tb")
    both_ways(talk, talk.alice, talk.bob, 2.06, 14)
    for k, (a, b) in enumerate(((talk.alice, talk.bob), (talk.bob, talk.alice))):
        talk.wire.rtp(2.1, 14, (a.audio[0], a.rtp + 2), (b.audio[0], b.rtp + 2), pt=99, ssrc=0x900 + k, every=1 / 30,
                      step=3000, size=700)
    call.bye(14, "tb")


def wide_band(talk, pt, name, step, size):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice, (pt, 0), maps={pt: name, 0: "PCMU/8000"}))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (pt,), maps={pt: name}))
    call.ack(2.04, invite, "tb")
    both_ways(talk, talk.alice, talk.bob, 2.06, 15, pt=pt, step=step, size=size, sequence=65500)
    call.bye(15, "tb")


@case()
def wide_band_of_mobiles(talk):
    wide_band(talk, 98, "AMR-WB/16000", 320, 61)


@case()
def wide_band_of_browsers(talk):
    wide_band(talk, 111, "opus/48000/2", 960, 80)


@case()
def wide_band_of_desks(talk):
    """G.722 counts 8000 to a second though it has 16000 samples (RFC 3551 section 4.5.2)."""
    wide_band(talk, 9, "G722/8000", 160, 160)


@case()
def offer_in_the_answer_of_a_controller(talk):
    """Third-party call control: INVITE without description, the offer in the 200, the answer in the ACK."""
    call = Call(talk, a=talk.registrar)
    invite = call.invite(0, "")
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 8, 101)))
    call.ack(2.5, invite, "tb", body=sdp(talk.carol, (0, 101)))
    both_ways(talk, talk.carol, talk.bob, 2.6, 12)
    call.bye(12, "tb")


@case()
def early_session_as_asked_for(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice), [("Supported", "early-session, 100rel")])
    call.respond(0.3, invite, 183, "tg", [("Content-Disposition", "early-session")], sdp(talk.gw, (0,)))
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(4.04, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 4.06, 14)
    call.bye(14, "tg")


@case()
def early_media_moves_by_update(talk):
    """An announcement server first, then the far end, in one early dialog."""
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice), [("Supported", "100rel")])
    call.respond(0.3, invite, 183, "tg", WANTS(5), sdp(talk.gw, (0, 101)))
    call.prack(0.35, invite, "tg", 5)
    talk.wire.rtp(0.4, 3, talk.gw.audio, talk.alice.audio, ssrc=0x31)
    other = Node("gw", talk.gw.ip, rtp=7100)
    change(call, 3, sdp(other, (0, 101), version=2), sdp(talk.alice, (0, 101), version=2), tag="tg", reverse=True,
           method="UPDATE")
    talk.wire.rtp(3.1, 6, other.audio, talk.alice.audio, ssrc=0x32)
    call.respond(6, invite, 200, "tg")
    call.ack(6.04, invite, "tg")
    both_ways(talk, talk.alice, other, 6.06, 15)
    call.bye(15, "tg")


@case()
def long_hold(talk):
    """Four minutes of silence on both sides, in a capture that goes on."""
    call, _ = answered(talk, lasts=8, hang_up=False)
    change(call, 10, sdp(talk.alice, (0, 101), direction="sendonly", version=2),
           sdp(talk.bob, (0, 101), direction="recvonly", version=2))
    change(call, 250, sdp(talk.alice, (0, 101), version=3), sdp(talk.bob, (0, 101), version=3))
    both_ways(talk, talk.alice, talk.bob, 250.2, 262, sequence=9000, stamp=900000)
    call.bye(262, "tb")


@case()
def same_ports_again(talk):
    """Nobody hung up in view, and the same two telephones talk again later, with the same ports."""
    for start in (0, 400):
        call = Call(talk)
        invite = call.invite(start, sdp(talk.alice))
        call.respond(start + 0.2, invite, 180, "tb")
        call.respond(start + 2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
        call.ack(start + 2.04, invite, "tb")
        talk.wire.rtp(start + 2.06, start + 20, talk.alice.audio, talk.bob.audio, ssrc=0x500 + start)
        talk.wire.rtp(start + 2.07, start + 20, talk.bob.audio, talk.alice.audio, ssrc=0x700 + start)


@case()
def several_contacts_at_once(talk):
    call = registrar_of(talk)
    r = register(call, 0, headers=[("Contact", "<sip:alice@198.51.100.77:5070>;q=0.3;expires=1200")])
    registered(call, 0.05, r, headers=[("Contact", "<sip:alice@198.51.100.77:5070>;q=0.3;expires=1200")])


@case()
def notified_before_the_answer(talk):
    """The first NOTIFY may overtake the 200 (RFC 6665 section 4.1.2.4)."""
    call = Call(talk)
    r = call.request(0, "SUBSCRIBE", headers=[("Event", "dialog"), ("Expires", "600")])
    n = call.request(0.02, "NOTIFY", tag="ts", reverse=True, headers=[
        ("Event", "dialog"), ("Subscription-State", "active;expires=600")], body="<dialog-info/>",
        ctype="application/dialog-info+xml")
    call.respond(0.03, r, 200, "ts", [("Expires", "600")])
    call.respond(0.05, n, 200)
    end = call.request(30, "SUBSCRIBE", tag="ts", headers=[("Event", "dialog"), ("Expires", "0")])
    call.respond(30.02, end, 200, "ts", [("Expires", "0")])
    n = call.request(30.04, "NOTIFY", tag="ts", reverse=True, headers=[
        ("Event", "dialog"), ("Subscription-State", "terminated;reason=timeout")])
    call.respond(30.06, n, 200)


@case()
def redirected_twice(talk):
    """To another server, and from there to the telephone: two targets, and no circle."""
    call = Call(talk, b=talk.proxy)
    invite = call.invite(0, sdp(talk.alice))
    call.refuse(0.1, invite, 302, "t1", [("Contact", f"<sip:bob@{talk.edge.host}>")])
    call.path = [talk.alice, talk.edge]
    invite = call.invite(0.2, sdp(talk.alice), uri=f"sip:bob@{talk.edge.host}")
    call.refuse(0.3, invite, 302, "t2", [("Contact", f"<{talk.bob.uri}>;q=0.9"), ("Contact", f"<{talk.carol.uri}>;q=0.1")])
    call.path = [talk.alice, talk.bob]
    invite = call.invite(0.4, sdp(talk.alice), uri=talk.bob.uri)
    call.respond(0.6, invite, 180, "tb")
    call.respond(3, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(3.04, invite, "tb")
    both_ways(talk, talk.alice, talk.bob, 3.06, 12)
    call.bye(12, "tb")


@case()
def transferred_without_subscription(talk):
    call, _ = answered(talk, lasts=8, hang_up=False)
    r = call.request(8.2, "REFER", tag="tb", headers=[
        ("Refer-To", "<sip:carol@example.test>"), ("Refer-Sub", "false"), ("Supported", "norefersub")])
    call.respond(8.25, r, 200, headers=[("Refer-Sub", "false")])
    call.bye(9, "tb")


@case()
def sip_with_isup(talk):
    """SIP-I: a multipart of SDP and ISUP, in a telephone number's URI."""
    call = Call(talk, a=talk.gw)
    call.to_user = "sip:+4930123456@example.test"
    body = lambda text: ("--b1\r\nContent-Type: application/sdp\r\n\r\n" + text + "\r\n--b1\r\n"
                         "Content-Type: application/ISUP;version=itu-t92+;base=itu-t92+\r\n"
                         "Content-Disposition: signal;handling=optional\r\n\r\n0123\r\n--b1--\r\n")
    mixed = "multipart/mixed;boundary=b1"
    invite = call.invite(0, body(sdp(talk.gw)), ctype=mixed)
    call.respond(0.3, invite, 183, "tb", body=body(sdp(talk.bob, (0, 101))), ctype=mixed)
    talk.wire.rtp(0.4, 3, talk.bob.audio, talk.gw.audio, ssrc=0x44)
    call.respond(3, invite, 200, "tb", body=body(sdp(talk.bob, (0, 101))), ctype=mixed)
    call.ack(3.04, invite, "tb")
    both_ways(talk, talk.gw, talk.bob, 3.06, 12)
    call.bye(12, "tb")


@case()
def four_telephones_behind_one_nat(talk):
    """Without an instance-id nobody can tell them from old addresses of one."""
    call = registrar_of(talk)
    r = register(call, 0)
    others = [f"<sip:alice@{talk.alice.host}:{port}>;expires=900" for port in (40112, 38411, 51000)]
    call.respond(0.02, r, 200, "tr", [("Contact", f"<{talk.alice.uri}>;expires=3600, " + ", ".join(others))])


@case()
def sender_restarts_once(talk):
    answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1)
    _, stamp = talk.wire.rtp(2.1, 11, talk.bob.audio, talk.alice.audio, ssrc=2)
    talk.wire.rtp(11, 21, talk.bob.audio, talk.alice.audio, ssrc=2, sequence=31000, stamp=stamp)
