# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong in its media, its credentials or its way."""
from cases import answered, both_ways, case, change
from right_calls import KEY
from right_registering import challenge, credentials, register, registered, registrar_of
from talk import Call, sdp


@case("tx-orphan-response", may={"tx-timeout"})
def branch_rewritten(talk):
    """The responses come back under another branch, and the caller repeats its INVITE."""
    talk.style = type(talk.style)("plain", family=talk.style.family)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    for after in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5):
        call.again(after, talk.alice, talk.bob)
    invite.vias = [[v.replace("branch=z9hG4bK", "branch=z9hG4bKalg") for v in hop] for hop in invite.vias]
    call.respond(0.1, invite, 100)
    call.respond(0.2, invite, 180, "tb")
    call.respond(4, invite, 486, "tb")
    later = Call(talk, b=talk.carol)
    r = later.request(60, "OPTIONS")
    later.respond(60.02, r, 200, "to")


@case("tx-retrans")
def slow_registrar(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family, folded=talk.style.folded)
    call = registrar_of(talk)
    r = register(call, 0)
    for after in (0.5, 1.5, 3.5):
        call.again(after, talk.alice, talk.registrar)
    registered(call, 4, r)


@case("tx-no-100")
def slow_proxy(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family, folded=talk.style.folded)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    for after in (0.5, 1.5):
        call.again(after, talk.alice, talk.bob)
    call.respond(2.2, invite, 180, "tb")
    call.respond(5, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(5.04, invite, "tb")
    call.bye(12, "tb")


@case("tx-resp-retrans")
def refusal_repeated(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(3, invite, 486, "tb")
    for after in (0.5, 1.5, 3.5, 7.5):
        call.again(3 + after, talk.bob, talk.alice)
    later = Call(talk, b=talk.carol)
    r = later.request(60, "OPTIONS")
    later.respond(60.02, r, 200, "to")


@case("tx-ack-wrong", may={"tx-200-no-ack"})
def ack_to_the_wrong_place(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb", uri=talk.carol.uri)
    for after in (0.5, 1.5, 3.5, 7.5):
        call.again(2 + after, talk.bob, talk.alice)
    call.bye(12, "tb")


@case("rt-rr-order")
def route_the_wrong_way_round(talk):
    call = Call(talk, via=(talk.proxy, talk.edge), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.routes = False
    wrong = [("Route", f"<sip:{p.host}:5060;lr>") for p in (talk.edge, talk.proxy)]
    r = call.request(9, "BYE", tag="tb", headers=wrong)
    call.respond(9.03, r, 200)


@case("rt-loop-482")
def goes_round(talk):
    call = Call(talk, via=(talk.proxy, talk.edge, talk.proxy))
    invite = call.request(0, "INVITE", body=sdp(talk.alice))
    invite.hop_by_hop = True
    call.refuse(0.3, invite, 482, "tl", at=3)


@case("rt-440")
def too_broad(talk):
    call = Call(talk, b=talk.proxy)
    invite = call.invite(0, sdp(talk.alice), [("Max-Breadth", "1")])
    call.refuse(0.3, invite, 440, "tp", phrase="Max-Breadth Exceeded")


@case("auth-alg")
def wrong_algorithm(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge("n1", "SHA-256"))])
    r = register(call, 0.05, headers=[("Authorization", credentials("sip:example.test", "n1", algorithm="MD5"))])
    call.respond(0.07, r, 400, "tr")


@case("auth-uri", may={"auth-loop"})
def credentials_for_another(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge("n1"))])
    r = register(call, 0.05, headers=[("Authorization", credentials("sip:10.0.0.1", "n1"))])
    call.respond(0.07, r, 400, "tr")


@case("neg-ip-family")
def other_family_answered(talk):
    other = "198.51.100.20" if talk.style.family == 6 else "2001:db8::20"
    answered(talk, media=False, answer=sdp(talk.bob, (0, 101), host=other))


@case("neg-fmtp-amr-octet")
def other_layout_answered(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (97, 101), lines=["a=fmtp:97 mode-set=0,2,4,7; octet-align=1"]),
             answer=sdp(talk.bob, (97, 101), lines=["a=fmtp:97 mode-set=0,2,4,7"]))


@case("neg-ptime")
def long_packets(talk):
    call, _ = answered(talk, media=False)
    talk.wire.rtp(2.1, 11, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 11, talk.bob.audio, talk.alice.audio, ssrc=2, every=0.06, step=480, size=480)


@case("neg-clock")
def clock_twice_as_fast(talk):
    call, _ = answered(talk, media=False, lasts=30)
    talk.wire.rtp(2.1, 31, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 31, talk.bob.audio, talk.alice.audio, ssrc=2, step=320)


@case("neg-dtmf-pt")
def digits_under_the_own_number(talk):
    call, _ = answered(talk, answer=sdp(talk.bob, (0, 96), maps={96: "telephone-event/8000"}))
    for i in range(3):
        talk.wire.events(5 + i, talk.bob.audio, talk.alice.audio, 96, 0xB0B0 + 5000, 300 + 60 * i, 50000 + 8000 * i)


@case("rtp-loss")
def packets_missing(talk):
    call, _ = answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 21, talk.bob.audio, talk.alice.audio, ssrc=2, skip=range(20, 900, 12))


@case("rtp-source-change")
def moved_without_a_word(talk):
    call, _ = answered(talk, media=False, lasts=30)
    elsewhere = (talk.bob.audio[0], 5600)
    talk.wire.rtp(2.1, 31, talk.alice.audio, talk.bob.audio, ssrc=1)
    n, stamp = talk.wire.rtp(2.1, 15, talk.bob.audio, talk.alice.audio, ssrc=2)
    talk.wire.rtp(15.02, 31, elsewhere, talk.alice.audio, ssrc=2, sequence=n, stamp=stamp)


@case("em-srtp-no-key", may={"rtp-none"})
def early_key_does_not_fit(talk):
    call = Call(talk, b=talk.gw)
    key = lambda tag, text: [KEY.format(tag, text)]
    invite = call.invite(0, sdp(talk.alice, profile="RTP/SAVP",
                                lines=key(1, "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")))
    answer = sdp(talk.gw, (0, 101), profile="RTP/SAVP", lines=key(1, "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"))
    call.respond(0.5, invite, 183, "tg", body=answer)
    talk.wire.rtp(0.6, 5, talk.gw.audio, talk.alice.audio, ssrc=9, size=170)
    call.respond(5, invite, 200, "tg", body=answer)
    call.ack(5.03, invite, "tg")
    call.bye(12, "tg")


@case("em-rtp-before-answer-undecodable", may={"em-srtp-no-key", "rtp-none"})
def media_ahead_of_its_key(talk):
    call = Call(talk, b=talk.gw)
    key = lambda text: [KEY.format(1, text)]
    invite = call.invite(0, sdp(talk.alice, profile="RTP/SAVP",
                                lines=key("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")))
    answer = sdp(talk.gw, (0, 101), profile="RTP/SAVP", lines=key("PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"))
    talk.wire.rtp(0.1, 5, talk.gw.audio, talk.alice.audio, ssrc=9, size=170)
    call.respond(1.5, invite, 183, "tg", body=answer)
    call.respond(5, invite, 200, "tg", body=answer)
    call.ack(5.03, invite, "tg")
    call.bye(12, "tg")


@case("em-latch-deadlock", may={"em-183-sdp-no-rtp", "neg-private-ip"})
def both_wait_for_media(talk):
    if talk.style.family == 6:
        talk.style = type(talk.style)("plain")
    talk.alice.ip, talk.gw.ip = "8.8.4.10", "8.8.4.40"
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice, host="192.168.1.5"))
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (0, 101)))
    call.respond(8, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(8.03, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 8.05, 16)
    call.bye(16, "tg")


@case("neg-offer-overlap", may={"neg-reinvite-failed"})
def second_offer_too_soon(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    first = call.request(9, "INVITE", tag="tb", body=sdp(talk.alice, version=2, direction="sendonly"))
    call.respond(9.01, first, 100)
    second = call.request(9.1, "UPDATE", tag="tb", body=sdp(talk.alice, version=3))
    call.respond(9.12, second, 500, headers=[("Retry-After", "3")])
    call.respond(9.5, first, 200, body=sdp(talk.bob, (0, 101), "recvonly", 2))
    call.ack(9.55, first, "tb")
    call.bye(20, "tb")


@case("rtp-burst", may={"rtp-loss"})
def outage_of_two_seconds(talk):
    call, _ = answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 21, talk.bob.audio, talk.alice.audio, ssrc=2, skip=range(400, 500))


@case("rtp-jitter", may={"rtp-mos"})
def packets_arrive_unevenly(talk):
    call, _ = answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1)
    before = len(talk.wire.packets)
    talk.wire.rtp(2.1, 21, talk.bob.audio, talk.alice.audio, ssrc=2)
    talk.wire.packets[before:] = [(t + (i * 37 % 10) * 0.012, p) for i, (t, p) in enumerate(talk.wire.packets[before:])]
