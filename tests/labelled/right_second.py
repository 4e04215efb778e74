# SPDX-License-Identifier: Apache-2.0
"""What a second reading of the rules found likely to be taken for a fault, and is none."""
from cases import both_ways, case
from talk import Call, sdp


@case()
def pauses_behind_the_answer(talk):
    """An announcement until the answer, then 1.8 s in which the callee says nothing: comfort noise was agreed on."""
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice, (0, 13, 101)))
    call.respond(0.5, invite, 183, "tb", body=sdp(talk.bob, (0, 13, 101)))
    sequence, stamp = talk.wire.rtp(0.6, 5, talk.bob.audio, talk.alice.audio, ssrc=0xB0)
    call.respond(5, invite, 200, "tb", body=sdp(talk.bob, (0, 13, 101)))
    call.ack(5.04, invite, "tb")
    talk.wire.rtp(5.06, 15, talk.alice.audio, talk.bob.audio, ssrc=0xA0)
    talk.wire.rtp(6.8, 15, talk.bob.audio, talk.alice.audio, ssrc=0xB0, sequence=sequence, stamp=stamp + 14400)
    call.bye(15, "tb")


@case()
def two_lines_of_one_telephone(talk):
    """The proxy forks to two lines behind one socket, the second by way of the edge; one answers."""
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice), trying=False, uri=f"sip:bob@{talk.bob.host}:5060")
    other = Call(talk, via=(talk.proxy, talk.edge), call_id=call.id)
    other.tag, other.seen = call.tag, (1, 2)
    second = other.request(0.01, "INVITE", body=sdp(talk.alice), uri=f"sip:bob@{talk.bob.host}:5060;line=2",
                           branch=invite.branch + "x")
    call.respond(0.1, invite, 180, "tb")
    other.respond(0.11, second, 180, "tb2", hops=1)
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    other.request(2.05, "CANCEL", of=second)
    other.respond(2.06, second, 487, "tb2", hops=1)
    both_ways(talk, talk.alice, talk.bob, 2.06, 10)
    call.bye(10, "tb")


@case()
def opus_that_pauses(talk):
    """The callee says nothing for the last 20 s, and its opus sends nothing then (usedtx=1)."""
    call = Call(talk)
    pauses = ("a=fmtp:111 usedtx=1",)
    invite = call.invite(0, sdp(talk.alice, (111,), lines=pauses))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (111,), lines=pauses))
    call.ack(2.04, invite, "tb")
    talk.wire.rtp(2.06, 60, talk.alice.audio, talk.bob.audio, pt=111, ssrc=0xA0, step=960, size=80)
    talk.wire.rtp(2.06, 40, talk.bob.audio, talk.alice.audio, pt=111, ssrc=0xB0, step=960, size=80)
    call.bye(60, "tb")


@case()
def second_callee_hangs_up_itself(talk):
    """Two forks answer; the one that is not wanted ends its dialog before the caller does."""
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(0.3, invite, 180, "tc")
    for at, tag in ((2, "tb"), (2.1, "tc")):
        call.respond(at, invite, 200, tag, body=sdp(talk.bob, (0, 101)))
        call.ack(at + 0.05, invite, tag)
    call.bye(4, "tc", reverse=True)
    both_ways(talk, talk.alice, talk.bob, 2.1, 15)
    call.bye(15, "tb")


@case()
def codec_changes_with_its_number(talk):
    """Each side sends by the other's description, also where they have different numbers for a codec."""
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice, (0, 111)))
    call.respond(0.2, invite, 180, "tb")
    answer = sdp(talk.bob, (111,)).replace(" 111", " 97").replace(":111", ":97")
    call.respond(2, invite, 200, "tb", body=answer)
    call.ack(2.04, invite, "tb")
    talk.wire.rtp(2.06, 15, talk.alice.audio, talk.bob.audio, pt=97, ssrc=0xA0, step=960, size=80)
    talk.wire.rtp(2.06, 15, talk.bob.audio, talk.alice.audio, pt=111, ssrc=0xB0, step=960, size=80)
    call.bye(15, "tb")
