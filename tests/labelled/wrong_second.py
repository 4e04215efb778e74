# SPDX-License-Identifier: Apache-2.0
"""What a second reading of the rules asked of them."""
from cases import answered, both_ways, case
from talk import Call, sdp
from wrong_rules import plain


@case("tx-resp-retrans")
def branch_that_refused_repeats(talk):
    """The proxy forks. One branch is busy and says so five times; the other one is taken."""
    plain(talk)
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 486, "tb", hops=1)
    for again in (0.7, 1.7, 3.7, 7.7):
        call.again(again, talk.bob, talk.proxy)
    other = Call(talk, via=(talk.proxy,), b=talk.carol, call_id=call.id)
    other.tag, other.to_user, other.seen = call.tag, call.to_user, (1,)
    second = other.invite(0.01, sdp(talk.alice))
    other.seen = (0, 1)
    second.vias[0] = invite.vias[0]
    other.respond(2, second, 200, "tc", body=sdp(talk.carol, (0, 101)))
    other.ack(2.05, second, "tc")
    both_ways(talk, talk.alice, talk.carol, 2.1, 12)
    other.bye(12, "tc")


@case("tx-resp-retrans")
def caller_leaves_the_refusal_alone(talk):
    """The proxy acknowledged the callee's 486, and nobody that of the proxy."""
    plain(talk)
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 486, "tb")
    call.seen = (1,)
    call.request(0.21, "ACK", tag="tb", of=invite)
    call.seen = None
    for again in (0.7, 1.7, 3.7, 7.7, 11.7):
        call.again(again, talk.proxy, talk.alice)


@case("tx-no-100")
def capture_begins_with_a_repeat(talk):
    plain(talk)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    talk.wire.packets.clear()
    for again in (0.5, 1.5, 3.5):
        call.again(again, talk.alice, talk.bob)
    call.respond(4, invite, 180, "tb")
    call.respond(5, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(5.04, invite, "tb")
    both_ways(talk, talk.alice, talk.bob, 5.06, 10)
    call.bye(10, "tb")


@case("tx-merged-482")
def one_telephone_by_two_routes(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice), trying=False)
    other = Call(talk, via=(talk.proxy, talk.edge), call_id=call.id)
    other.tag, other.seen = call.tag, (1, 2)
    second = other.request(0.01, "INVITE", body=sdp(talk.alice), uri=f"sip:bob@{talk.bob.host}:5060;ob",
                           branch=invite.branch + "x")
    call.respond(0.1, invite, 180, "tb")
    other.respond(0.11, second, 482, "tb2", hops=1)
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    both_ways(talk, talk.alice, talk.bob, 2.06, 10)
    call.bye(10, "tb")


@case("em-cancel-before-1xx")
def proxy_cancels_too_soon(talk):
    """The caller has its 100 of the proxy, which cancels a branch that has said nothing."""
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.respond(0.01, invite, 100, at=1)
    cancel = call.request(1, "CANCEL", of=invite)
    call.respond(1.002, cancel, 200, "tp", at=1)
    call.respond(1.5, invite, 100, at=2, hops=1)
    call.respond(1.6, invite, 180, "tb")
    call.respond(3, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(3.1, invite, "tb")
    call.bye(3.2, "tb")


@case("rtp-one-way")
def callee_falls_silent(talk):
    answered(talk, media=False, lasts=28)
    talk.wire.rtp(2.06, 30, talk.alice.audio, talk.bob.audio, ssrc=0xA0)
    talk.wire.rtp(2.06, 15, talk.bob.audio, talk.alice.audio, ssrc=0xB0)


@case("rtp-two-sources")
def music_goes_on_under_the_voice(talk):
    """The music on hold was not stopped: from then on two sources send from one port."""
    answered(talk, media=False, lasts=18)
    talk.wire.rtp(2.1, 19.9, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 19.9, talk.bob.audio, talk.alice.audio, ssrc=2)
    talk.wire.rtp(8, 19.9, talk.bob.audio, talk.alice.audio, ssrc=3, sequence=500, stamp=9)


@case("rtp-pt-change")
def sends_what_was_not_answered(talk):
    """PCMU and PCMA were offered, PCMU was answered, and PCMA is sent."""
    answered(talk, media=False, lasts=18)
    talk.wire.rtp(2.1, 19.9, talk.alice.audio, talk.bob.audio, ssrc=1, pt=8)
    talk.wire.rtp(2.1, 19.9, talk.bob.audio, talk.alice.audio, ssrc=2)


@case("rtp-wrong-port")
def media_for_the_address_of_the_signalling(talk):
    """The answer names another host for the audio; the caller sends to the one that signals."""
    talk.bob.media = talk.carol.ip
    call, _ = answered(talk, media=False, lasts=18)
    talk.wire.rtp(2.1, 19.9, talk.alice.audio, (talk.bob.ip, talk.bob.rtp), ssrc=1)
    talk.wire.rtp(2.1, 19.9, talk.bob.audio, talk.alice.audio, ssrc=2)


@case("tx-branch")
def one_branch_for_two_requests(talk):
    call, invite = answered(talk, hang_up=False)
    bye = call.request(12, "BYE", tag="tb", branch=invite.branch)
    call.respond(12.03, bye, 200)


@case("neg-crypto-answer")
def key_that_nobody_asked_for(talk):
    key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NDMyMWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6"
    answered(talk, answer=sdp(talk.bob, (0, 101), lines=(key,)))


@case("dlg-481")
def refresh_meets_a_lost_dialog(talk):
    """The UPDATE is refused, so the caller hangs up, which is refused as well."""
    call, _ = answered(talk, hang_up=False)
    update = call.request(12, "UPDATE", tag="tb")
    call.respond(12.05, update, 481)
    bye = call.request(12.1, "BYE", tag="tb")
    call.respond(12.15, bye, 481)
