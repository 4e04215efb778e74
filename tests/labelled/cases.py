# SPDX-License-Identifier: Apache-2.0
"""Where conversations are listed, and the parts that many of them share."""
from talk import Call, sdp

CASES = []  # (name, function, labels): the rules that must speak as error or warning, and no others


def case(*labels, may=()):
    """`may`: rules that are right to speak of this too, but need not."""
    def keep(function):
        CASES.append((function.__name__, function, frozenset(labels), frozenset(may)))
        return function
    return keep


def both_ways(talk, a, b, since, until, pt=0, **more):
    talk.wire.rtp(since, until, a.audio, b.audio, pt=pt, ssrc=0xA0A0 + a.rtp, **more)
    talk.wire.rtp(since + 0.01, until, b.audio, a.audio, pt=pt, ssrc=0xB0B0 + b.rtp, **more)
    for time in range(int(since) + 3, int(until), 5):
        talk.wire.rtcp(time, (a.audio[0], a.rtp + 1), (b.audio[0], b.rtp + 1), 0xA0A0 + a.rtp, 0xB0B0 + b.rtp)
        talk.wire.rtcp(time, (b.audio[0], b.rtp + 1), (a.audio[0], a.rtp + 1), 0xB0B0 + b.rtp, 0xA0A0 + a.rtp)


def answered(talk, media=True, lasts=10.0, via=(), at=2.0, hang_up=True, tag="tb", headers=(), offer=None, answer=None,
             ring=True, reverse_bye=False, seen=None, answer_headers=(), a=None, b=None, routes=True, start=0.0):
    """INVITE, 180, 200, speech, BYE; returns the Call and its INVITE."""
    call = Call(talk, a, b, via=via, seen=seen, routes=routes)
    offer = sdp(call.a) if offer is None else offer
    answer = sdp(call.b, (0, 101)) if answer is None else answer
    invite = call.invite(start, offer, headers)
    if ring:
        call.respond(start + 0.2, invite, 180, tag)
    call.respond(start + at, invite, 200, tag, answer_headers, answer)
    call.ack(start + at + 0.04, invite, tag)
    if media:
        both_ways(talk, call.a, call.b, start + at + 0.06, start + at + lasts)
    if hang_up:
        call.bye(start + at + lasts, tag, reverse=reverse_bye)
    return call, invite


def change(call, time, offer, answer, tag="tb", reverse=False, method="INVITE", code=200, headers=(), **more):
    """An exchange within the dialog."""
    r = call.request(time, method, tag=tag, reverse=reverse, body=offer, headers=headers, **more)
    if method == "INVITE":
        call.respond(time + 0.01, r, 100)
    if code < 300:
        call.respond(time + 0.05, r, code, body=answer)
        if method == "INVITE":
            call.ack(time + 0.09, r, tag)
    elif method == "INVITE":
        call.refuse(time + 0.05, r, code)
    else:
        call.respond(time + 0.05, r, code)
    return r
