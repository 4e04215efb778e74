# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong before the answer."""
from cases import both_ways, case, change
from right_calls import RELIABLE, WANTS, preconditions
from talk import Call, sdp


def early(talk, offer=None, headers=(), via=()):
    call = Call(talk, b=talk.gw, via=via)
    return call, call.invite(0, sdp(talk.alice) if offer is None else offer, headers)


def finish(talk, call, invite, at=12, answer=None, tag="tg", media=True, pt=8):
    call.respond(at, invite, 200, tag, body=sdp(talk.gw, (pt, 101)) if answer is None else answer)
    call.ack(at + 0.03, invite, tag)
    if media:
        both_ways(talk, call.a, call.b, at + 0.05, at + 8, pt=pt)
    call.bye(at + 8, tag)


@case("em-183-sdp-no-rtp")
def announced_and_silent(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    finish(talk, call, invite)


@case("em-183-sdp-no-rtp")
def announced_and_silent_behind_proxy(talk):
    call, invite = early(talk, via=(talk.proxy,))
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    finish(talk, call, invite, at=5)


@case("em-183-no-sdp")
def nobody_rings(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg")
    finish(talk, call, invite)


@case("em-180-after-183-silent", may={"em-183-sdp-no-rtp"})
def rings_after_announcing(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    call.respond(1.5, invite, 180, "tg")
    finish(talk, call, invite, at=9)


@case("em-no-18x")
def no_progress(talk):
    call, invite = early(talk)
    finish(talk, call, invite, at=14)


@case("em-wrong-pt", may={"rtp-pt-change"})
def unknown_payload_type(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    talk.wire.rtp(0.6, 6, talk.gw.audio, talk.alice.audio, pt=18, size=20, ssrc=0x5)
    finish(talk, call, invite, at=6)


@case("em-silent-rtp")
def digital_silence(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (0, 101)))
    talk.wire.rtp(0.6, 8, talk.gw.audio, talk.alice.audio, quiet=True, ssrc=0x5)
    finish(talk, call, invite, at=8, pt=0)


@case("em-overlapping-streams")
def two_sounds_at_once(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 183, "t1", body=sdp(talk.gw, (0,)))
    call.respond(0.4, invite, 183, "t2", body=sdp(talk.carol, (0,)))
    talk.wire.rtp(0.5, 6, talk.gw.audio, talk.alice.audio, ssrc=0x5)
    talk.wire.rtp(0.6, 6, talk.carol.audio, talk.alice.audio, ssrc=0x6)
    call.respond(6, invite, 200, "t1", body=sdp(talk.gw, (0,)))
    call.ack(6.03, invite, "t1")
    both_ways(talk, talk.alice, talk.gw, 6.05, 12)
    call.bye(12, "t1")


@case("em-sdp-differs-183-200")
def answer_changes_codec(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    finish(talk, call, invite, at=3, answer=sdp(talk.gw, (0, 101)), media=False)


@case("em-sdp-differs-183-200")
def answer_changes_address(talk):
    call, invite = early(talk, via=(talk.proxy,))
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    finish(talk, call, invite, at=3, answer=sdp(talk.gw, (8, 101), host=talk.carol.ip, port=9000), media=False)


@case("em-200-no-answer")
def no_answer_at_all(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    call.respond(3, invite, 200, "tg")
    call.ack(3.03, invite, "tg")
    call.bye(8, "tg")


@case("em-answer-blocks-media")
def inactive_early(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101), "inactive"))
    finish(talk, call, invite, answer=sdp(talk.gw, (8, 101), "inactive"), media=False)


@case("em-pem-blocked")
def media_against_permission(talk):
    call, invite = early(talk, headers=[("P-Early-Media", "supported")])
    call.respond(0.5, invite, 183, "tg", [("P-Early-Media", "inactive")], sdp(talk.gw, (8, 101)))
    talk.wire.rtp(0.6, 6, talk.gw.audio, talk.alice.audio, pt=8, ssrc=0x5)
    finish(talk, call, invite, at=6)


@case("em-100rel-refused")
def reliability_refused(talk):
    call, invite = early(talk, headers=[("Require", "100rel")])
    call.refuse(0.5, invite, 420, "tg", [("Unsupported", "100rel")])


def repeated(talk, call, since, times):
    if talk.style.transport == "udp":
        for after in times:
            call.again(since + after, talk.gw, talk.alice)


@case("em-prack-missing", may={"em-prack-timeout"})
def prack_never_sent(talk):
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    repeated(talk, call, 0.5, (0.5, 1.5, 3.5, 7.5, 15.5, 31.5))
    call.refuse(32.6, invite, 504, "tg")


@case("em-prack-lost", may={"em-prack-timeout", "tx-timeout"})
def prack_never_answered(talk):
    if talk.style.transport != "udp":
        talk.style = type(talk.style)("plain")
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    repeated(talk, call, 0.5, (0.5, 1.5, 3.5, 7.5, 15.5, 31.5))
    call.prack(0.55, invite, "tg", 1, code=0)
    for after in (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5):
        call.again(0.55 + after, talk.alice, talk.gw)
    call.refuse(32.6, invite, 504, "tg")


@case("em-prack-rejected", may={"dlg-481", "em-prack-timeout"})
def prack_refused(talk):
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    call.prack(0.55, invite, "tg", 4, code=481)
    call.refuse(3, invite, 500, "tg")


@case("em-rseq-gap", may={"em-prack-missing"})
def number_skipped(talk):
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    call.prack(0.55, invite, "tg", 1)
    call.respond(1.5, invite, 180, "tg", WANTS(3))
    finish(talk, call, invite, at=4, answer="", media=False)


@case("em-rseq-malformed")
def number_missing(talk):
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", [("Require", "100rel")], sdp(talk.gw, (8, 101)))
    finish(talk, call, invite, at=4, media=False)


@case("em-second-reliable-early")
def second_before_prack(talk):
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    call.respond(0.6, invite, 180, "tg", WANTS(2))
    call.prack(0.8, invite, "tg", 1)
    call.prack(0.9, invite, "tg", 2)
    finish(talk, call, invite, at=4, answer="", media=False)


@case("em-2xx-before-prack")
def answered_before_prack(talk):
    call, invite = early(talk, headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    call.respond(0.9, invite, 200, "tg")
    call.prack(1.0, invite, "tg", 1)
    call.ack(1.05, invite, "tg")
    call.bye(8, "tg")


@case("em-reliable-offer-unanswered")
def prack_without_answer(talk):
    call, invite = early(talk, offer="", headers=RELIABLE)
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    call.prack(0.6, invite, "tg", 1)
    finish(talk, call, invite, at=4, answer="", media=False)


@case("em-late-offer-unreliable-sdp")
def offer_that_may_get_lost(talk):
    call, invite = early(talk, offer="")
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (8, 101)))
    call.ack(4.03, invite, "tg", body=sdp(talk.alice, (8, 101)))
    call.bye(8, "tg")


@case("em-precondition-stall")
def resources_never_confirmed(talk):
    call, invite = early(talk, sdp(talk.alice, lines=preconditions("none", "none")),
                         [("Supported", "100rel, precondition")])
    call.respond(0.5, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101), lines=preconditions("none", "none")))
    call.prack(0.6, invite, "tg", 1)
    r = call.request(20, "CANCEL", of=invite)
    call.respond(20.02, r, 200, "tg")
    call.refuse(20.05, invite, 487, "tg")


@case("em-early-too-long")
def rings_for_minutes(talk):
    call, invite = early(talk)
    call.respond(0.5, invite, 180, "tg")
    finish(talk, call, invite, at=170, media=False)


@case("em-cancel-before-1xx")
def cancelled_too_soon(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    r = call.request(0.2, "CANCEL", of=invite)
    call.respond(0.4, invite, 100, at=1)
    call.respond(0.42, r, 200, "tb")
    call.refuse(0.45, invite, 487, "tb")


@case("em-cancel-crossed-200")
def ghost_call(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(6, "CANCEL", of=invite)
    call.respond(6.001, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.respond(6.02, r, 200, "tb")
    call.ack(6.03, invite, "tb")
    later = Call(talk)
    r = later.request(40, "OPTIONS")
    later.respond(40.02, r, 200, "to")


@case("em-487-missing")
def cancelled_and_never_over(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(6, "CANCEL", of=invite)
    call.respond(6.02, r, 200, "tb")
    later = Call(talk)
    r = later.request(60, "OPTIONS")
    later.respond(60.02, r, 200, "to")


@case("em-clip-after-answer")
def first_words_lost(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(3, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(3.03, invite, "tb")
    talk.wire.rtp(3.05, 12, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(5.2, 12, talk.bob.audio, talk.alice.audio, ssrc=2)
    call.bye(12, "tb")
