# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong in what was negotiated, in the dialog, the transaction, the registration or the media."""
from cases import answered, both_ways, case, change
from right_calls import KEY, PRINT, fax
from talk import Call, sdp


@case("neg-488")
def offer_refused(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice, (9, 101)))
    call.refuse(0.3, invite, 488, "tb", [("Warning", '304 bob "Media type not available"')])


@case("neg-no-common-codec")
def other_codec_answered(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (8, 101)), answer=sdp(talk.bob, (18, 101)))


@case("neg-no-common-codec")
def audio_refused_in_answer(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (8, 101)), answer=sdp(talk.bob, (8, 101), port=0))


@case("neg-mline-mismatch")
def line_left_out(talk):
    video = "m=video 4100 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    answered(talk, media=False, offer=sdp(talk.alice, more=video))


@case("neg-rtpmap-missing")
def number_without_name(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (102, 0)))


@case("neg-static-redefined")
def number_redefined(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (0, 18), maps={18: "opus/48000/2"}))


@case()
def digits_not_taken(talk):
    answered(talk, media=False, answer=sdp(talk.bob, (0,)))


@case()
def digits_on_another_clock(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (98, 101)), answer=sdp(talk.bob, (98, 101)))


@case("neg-direction-illegal")
def both_only_send(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    change(call, 14, sdp(talk.alice, version=2, direction="sendonly"), sdp(talk.bob, (0, 101), "sendonly", 2))
    call.bye(20, "tb")


@case("neg-direction-illegal")
def wakes_an_inactive_offer(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    change(call, 14, sdp(talk.alice, version=2, direction="inactive"), sdp(talk.bob, (0, 101), "sendrecv", 2))
    call.bye(20, "tb")


@case("neg-private-ip")
def private_address_in_public(talk):
    if talk.style.family == 6:
        talk.style = type(talk.style)("plain")
        talk.alice.ip, talk.bob.ip = "198.51.100.10", "198.51.100.20"
    talk.alice.ip, talk.bob.ip = "8.8.4.10", "8.8.4.20"
    answered(talk, media=False, offer=sdp(talk.alice, host="192.168.1.5"))


@case("neg-rtcp-mux")
def mux_never_offered(talk):
    answered(talk, media=False, answer=sdp(talk.bob, (0, 101), lines=["a=rtcp-mux"]))


@case("neg-profile")
def plain_answer_to_srtp(talk):
    key = KEY.format(1, "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")
    answered(talk, media=False, offer=sdp(talk.alice, profile="RTP/SAVP", lines=[key]))


@case("neg-crypto-missing")
def srtp_without_key(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice, profile="RTP/SAVP"))
    call.refuse(0.3, invite, 500, "tb")


@case("neg-crypto-answer")
def key_of_another_tag(talk):
    offer = KEY.format(1, "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")
    answer = KEY.format(7, "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR")
    answered(talk, media=False, offer=sdp(talk.alice, profile="RTP/SAVP", lines=[offer]),
             answer=sdp(talk.bob, (0, 101), profile="RTP/SAVP", lines=[answer]))


@case("neg-dtls-setup")
def both_wait_for_dtls(talk):
    profile = "UDP/TLS/RTP/SAVP"
    answered(talk, media=False, offer=sdp(talk.alice, profile=profile, lines=[PRINT, "a=setup:passive"]),
             answer=sdp(talk.bob, (0, 101), profile=profile, lines=[PRINT, "a=setup:passive"]))


@case("neg-sdp-malformed")
def description_without_address(talk):
    answered(talk, media=False, answer="v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n")


@case("neg-sdp-type")
def description_called_text(talk):
    call = Call(talk)
    invite = call.request(0, "INVITE", body=sdp(talk.alice), ctype="text/plain")
    call.refuse(0.3, invite, 415, "tb", [("Accept", "application/sdp")])


@case("neg-reinvite-failed")
def change_refused(talk):
    call, _ = answered(talk, hang_up=False, media=False, b=talk.gw)
    change(call, 13, fax(talk.gw, 2), "", reverse=True, code=488)
    call.bye(60, "tb", reverse=True)


@case("dlg-481")
def dialog_unknown(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    r = call.request(15, "UPDATE", tag="tb")
    call.respond(15.03, r, 481)


@case("dlg-no-contact")
def answer_without_contact(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)), contact=False)
    call.ack(2.03, invite, "tb")
    call.bye(9, "tb")


@case("dlg-tag-missing")
def answer_without_tag(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 180, "")
    call.respond(2, invite, 200, "", body=sdp(talk.bob, (0, 101)))
    call.ack(2.03, invite, "", uri=talk.bob.uri)


@case("dlg-cseq")
def number_goes_back(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    r = call.request(10, "INFO", tag="tb", cseq=5, body="Signal=1\r\n", ctype="application/dtmf-relay")
    call.respond(10.03, r, 200)
    r = call.request(15, "BYE", tag="tb", cseq=3)
    call.respond(15.03, r, 500)


@case("dlg-session-expired")
def nobody_refreshed(talk):
    timer = [("Supported", "timer"), ("Session-Expires", "600;refresher=uac"), ("Min-SE", "90")]
    call, _ = answered(talk, media=False, hang_up=False, headers=timer,
                       answer_headers=[("Require", "timer"), ("Session-Expires", "600;refresher=uac")])
    call.bye(572, "tb", reverse=True)


@case("dlg-422-loop")
def interval_not_heeded(talk):
    call = Call(talk)
    for i in range(3):
        invite = call.invite(i, sdp(talk.alice), [("Supported", "timer"), ("Session-Expires", "90"), ("Min-SE", "90")])
        call.refuse(i + 0.05, invite, 422, "tb", [("Min-SE", "600")])


@case("dlg-bye-lost")
def bye_unanswered(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    call.bye(10, "tb", code=0)
    if talk.style.transport == "udp":
        for after in (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5):
            call.again(10 + after, talk.alice, talk.bob)
    later = Call(talk, b=talk.carol)
    r = later.request(60, "OPTIONS")
    later.respond(60.02, r, 200, "to")


@case("dlg-multi-2xx")
def second_answer_left_alone(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "t1")
    call.respond(0.3, invite, 180, "t2")
    call.respond(4, invite, 200, "t2", body=sdp(talk.bob, (0, 101)))
    call.ack(4.03, invite, "t2")
    call.respond(4.05, invite, 200, "t1", body=sdp(talk.carol, (0, 101)))
    call.ack(4.07, invite, "t1")
    call.bye(60, "t2")


@case("dlg-strict-route")
def strict_router(talk):
    call = Call(talk, seen=None)
    r = call.invite(0, sdp(talk.alice))
    rr = [("Record-Route", f"<sip:{talk.proxy.host}>")]
    call.respond(0.3, r, 180, "tb", rr)
    call.respond(2, r, 200, "tb", rr, sdp(talk.bob, (0, 101)))
    call.ack(2.03, r, "tb")
    call.bye(9, "tb")


@case("tx-timeout")
def nobody_there(talk):
    call = Call(talk)
    call.invite(0, sdp(talk.alice), trying=False)
    if talk.style.transport == "udp":
        for after in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5):
            call.again(after, talk.alice, talk.bob)
    later = Call(talk, b=talk.carol)
    r = later.request(60, "OPTIONS")
    later.respond(60.02, r, 200, "to")


@case("tx-icmp")
def port_closed(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family)
    if talk.style.family == 6:
        talk.style.family = 4
        talk.alice.ip, talk.bob.ip = "198.51.100.10", "198.51.100.20"
    call = Call(talk)
    call.invite(0, sdp(talk.alice), trying=False)
    talk.wire.icmp(0.001, talk.bob.ip, talk.alice.end, talk.bob.end, call.last[("alice", "bob")].encode())


@case("tx-200-no-ack", may={"tx-32s-drop"})
def ack_never_arrives(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family, compact=talk.style.compact)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    for after in (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5):
        call.again(2 + after, talk.bob, talk.alice)
    call.bye(34.1, "tb", reverse=True)


@case("tx-cancel-481")
def cancel_of_another_branch(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    invite.hop_by_hop = False
    r = call.request(6, "CANCEL", of=invite, branch="z9hG4bKother")
    call.respond(6.03, r, 481, "tx")
    call.respond(9, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(9.03, invite, "tb")
    call.bye(9.1, "tb")


@case("tx-final-conflict")
def two_finals(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.refuse(3, invite, 486, "tb")
    call.refuse(3.2, invite, 480, "tb")


@case("tx-merged-482")
def arrived_twice(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    again = call.request(0.05, "INVITE", cseq=1, body=sdp(talk.alice), branch="z9hG4bKsecond")
    call.refuse(0.1, again, 482, "tm")
    call.respond(3, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(3.03, invite, "tb")
    call.bye(9, "tb")


@case("rt-483")
def out_of_hops(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.refuse(0.3, invite, 483, "tp")


@case("rtp-one-way")
def one_direction(talk):
    call, _ = answered(talk, media=False)
    talk.wire.rtp(2.1, 12, talk.alice.audio, talk.bob.audio, ssrc=4)


@case("rtp-icmp", may={"rtp-one-way"})
def media_port_closed(talk):
    if talk.style.family == 6:
        talk.style = type(talk.style)("plain")
        talk.alice.ip, talk.bob.ip = "198.51.100.10", "198.51.100.20"
    call, _ = answered(talk)
    for i in range(8):
        talk.wire.icmp(2.1 + i, talk.bob.ip, talk.alice.audio, talk.bob.audio, b"\x80\x00" + bytes(170))


@case("rtp-pt-change")
def unknown_type_in_call(talk):
    call, _ = answered(talk, hang_up=False)
    talk.wire.rtp(12, 18, talk.bob.audio, talk.alice.audio, pt=97, ssrc=0xB0B0 + 5000, sequence=600, stamp=90000)
    call.bye(18, "tb")


@case("rtp-remote-loss")
def receiver_misses_packets(talk):
    call, _ = answered(talk, hang_up=False, lasts=20)
    for time in range(23, 40, 5):
        talk.wire.rtcp(time, (talk.bob.ip, 5001), (talk.alice.ip, 4001), 0xB0B0 + 5000, 0xA0A0 + 4000, 40)
    both_ways(talk, talk.alice, talk.bob, 22.1, 40, sequence=1100, stamp=200000)
    call.bye(40, "tb")


@case("msg-flaw")
def broken_header(talk):
    call = Call(talk)
    invite = call.request(0, "INVITE", body=sdp(talk.alice), headers=[("Max-Forwards", "many"), ("Expires", "soon")])
    call.refuse(0.3, invite, 400, "tb")


@case("tx-udp-mtu", may={"tx-timeout"})
def large_and_unanswered(talk):
    talk.style = type(talk.style)("plain", family=talk.style.family)
    call = Call(talk)
    call.invite(0, sdp(talk.alice), [("X-Padding", "p" * 1500)], trying=False)
    for after in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5):
        call.again(after, talk.alice, talk.bob)
    later = Call(talk, b=talk.carol)
    r = later.request(60, "OPTIONS")
    later.respond(60.02, r, 200, "to")
