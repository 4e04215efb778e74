# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong in the streams of an answered call."""
from cases import answered, both_ways, case
from talk import Call, sdp


@case("neg-dtmf-pt")
def digits_under_a_number_of_nobody(talk):
    answered(talk)
    for i in range(3):
        talk.wire.events(5 + i, talk.bob.audio, talk.alice.audio, 100, 0xB0B0 + 5000, 300 + 60 * i, 50000 + 8000 * i)


def digits(talk, end, ssrc=1):
    """Speech, three keys, and speech again in one stream from alice, without a hole in its numbers."""
    n, stamp = talk.wire.rtp(2.1, 5, talk.alice.audio, talk.bob.audio, ssrc=ssrc)
    time = 5.0
    for key in (1, 4, 2):
        talk.wire.events(time, talk.alice.audio, talk.bob.audio, 101, ssrc, n, stamp, key, end=end)
        packets = 5 + (3 if end else 0)
        time, n, stamp = time + packets * 0.02, n + packets, stamp + packets * 160
        n, stamp = talk.wire.rtp(time, time + 0.5, talk.alice.audio, talk.bob.audio, ssrc=ssrc, sequence=n, stamp=stamp)
        time += 0.5
    talk.wire.rtp(time, 12, talk.alice.audio, talk.bob.audio, ssrc=ssrc, sequence=n, stamp=stamp)
    talk.wire.rtp(2.1, 12, talk.bob.audio, talk.alice.audio, ssrc=ssrc + 1)


@case("neg-dtmf-no-end")
def keys_never_let_go(talk):
    answered(talk, media=False, answer=sdp(talk.bob, (0, 101)))
    digits(talk, end=False)


@case("neg-ptime")
def far_from_what_is_usual(talk):
    """Nobody names a packet time, and one side sends 200 ms."""
    answered(talk, media=False, lasts=30, offer=sdp(talk.alice, ptime=0), answer=sdp(talk.bob, (0, 101), ptime=0))
    talk.wire.rtp(2.1, 31, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 31, talk.bob.audio, talk.alice.audio, ssrc=2, every=0.2, step=1600, size=1600)


@case("rtp-stopped")
def both_fall_silent(talk):
    answered(talk, media=False, lasts=40)
    both_ways(talk, talk.alice, talk.bob, 2.06, 15)


@case("rtp-none", may={"em-clip-after-answer"})
def nothing_behind_the_early_media(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 183, "tg", body=sdp(talk.gw, (0, 101)))
    talk.wire.rtp(0.4, 3.9, talk.gw.audio, talk.alice.audio, ssrc=7)
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(4.04, invite, "tg")
    call.bye(14, "tg")


@case("rtp-mos", "rtp-loss")
def hardly_to_be_understood(talk):
    answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 21, talk.bob.audio, talk.alice.audio, ssrc=2, skip=range(20, 900, 4))


@case("rtp-loss")
def both_lose(talk):
    answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1, skip=range(30, 900, 15))
    talk.wire.rtp(2.1, 21, talk.bob.audio, talk.alice.audio, ssrc=2, skip=range(20, 900, 14))


@case("rtp-late")
def held_back_now_and_then(talk):
    """300 ms without a packet, then all of them at once, every six seconds."""
    answered(talk, media=False, lasts=30)
    talk.wire.rtp(2.1, 31, talk.alice.audio, talk.bob.audio, ssrc=1)
    before = len(talk.wire.packets)
    talk.wire.rtp(2.1, 31, talk.bob.audio, talk.alice.audio, ssrc=2)

    def held(index, time):
        within = index % 300
        return time if within < 250 or within >= 270 else time + (270 - within) * 0.0198
    talk.wire.packets[before:] = [(held(i, t), p) for i, (t, p) in enumerate(talk.wire.packets[before:])]


@case("rtp-seq-reset")
def numbers_begin_anew(talk):
    answered(talk, media=False, lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=1)
    _, stamp = talk.wire.rtp(2.1, 11, talk.bob.audio, talk.alice.audio, ssrc=2)
    _, stamp = talk.wire.rtp(11, 16, talk.bob.audio, talk.alice.audio, ssrc=2, sequence=31000, stamp=stamp)
    talk.wire.rtp(16, 21, talk.bob.audio, talk.alice.audio, ssrc=2, sequence=52000, stamp=stamp)


@case("rtp-clock-skew")
def clock_of_the_gateway_drifts(talk):
    """1000 ppm: a packet too many each 20 s."""
    answered(talk, media=False, lasts=100)
    talk.wire.rtp(2.1, 101, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 101, talk.bob.audio, talk.alice.audio, ssrc=2, every=0.02002)


@case("rtp-level")
def microphone_is_off(talk):
    answered(talk, media=False, lasts=60)
    talk.wire.rtp(2.1, 61, talk.alice.audio, talk.bob.audio, ssrc=1)
    talk.wire.rtp(2.1, 61, talk.bob.audio, talk.alice.audio, ssrc=2, quiet=True)
