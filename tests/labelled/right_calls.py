# SPDX-License-Identifier: Apache-2.0
"""Calls with nothing wrong: ordinary ones, early media, offers and answers."""
from cases import answered, both_ways, case, change
from talk import Call, Node, sdp

RELIABLE = [("Supported", "100rel, timer, replaces")]
WANTS = lambda n: [("Require", "100rel"), ("RSeq", str(n))]


@case()
def ordinary(talk):
    answered(talk)


@case()
def callee_hangs_up(talk):
    answered(talk, reverse_bye=True)


@case()
def signalling_only(talk):
    answered(talk, media=False)


@case()
def at_once(talk):
    answered(talk, ring=False, at=0.3)


@case()
def over_two_proxies(talk):
    answered(talk, via=(talk.proxy, talk.edge))


@case()
def at_the_proxy(talk):
    answered(talk, via=(talk.proxy,), media=False)


@case()
def proxy_without_record_route(talk):
    call = Call(talk, via=(talk.proxy,), routes=False)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (8,)))
    direct = [talk.alice, talk.bob]
    call.ack(2.04, invite, "tb", path=direct)
    r = call.request(9, "BYE", tag="tb", path=direct)
    call.respond(9.02, r, 200)


@case()
def gateway_early_media(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    answer = sdp(talk.gw, (8, 101))
    call.respond(0.5, invite, 183, "tg", body=answer)
    talk.wire.rtp(0.55, 6, talk.gw.audio, talk.alice.audio, pt=8, ssrc=0x77)
    talk.wire.rtp(0.6, 15, talk.alice.audio, talk.gw.audio, pt=8, ssrc=0x78)
    call.respond(6, invite, 200, "tg", body=answer)
    call.ack(6.03, invite, "tg")
    talk.wire.rtp(6.0, 15, talk.gw.audio, talk.alice.audio, pt=8, ssrc=0x77, sequence=373, stamp=48600)
    call.bye(15, "tg")


@case()
def early_media_unseen(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (8, 101)))
    call.respond(9, invite, 200, "tg", body=sdp(talk.gw, (8, 101)))
    call.ack(9.03, invite, "tg")
    call.bye(15, "tg", reverse=True)


@case()
def ringing_then_early_media(talk):
    call = Call(talk, b=talk.gw, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.4, invite, 180, "tg")
    call.respond(1.5, invite, 183, "tg", body=sdp(talk.gw, (0, 101)))
    talk.wire.rtp(1.51, 5, talk.gw.audio, talk.alice.audio, ssrc=0x77)
    call.respond(5, invite, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(5.03, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 5.05, 12)
    call.bye(12, "tg")


@case()
def early_media_then_ringing(talk):
    """183 with SDP for a moment, then alerting without media: the phone rings itself."""
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 183, "tg", body=sdp(talk.gw, (0,)))
    call.respond(1.0, invite, 180, "tg")
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0,)))
    call.ack(4.03, invite, "tg")
    call.bye(12, "tg")


@case()
def reliable_183(talk):
    call = Call(talk, b=talk.gw, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice), RELIABLE)
    call.respond(0.3, invite, 183, "tg", WANTS(731), sdp(talk.gw, (8,)))
    call.prack(0.35, invite, "tg", 731)
    talk.wire.rtp(0.4, 20, talk.gw.audio, talk.alice.audio, pt=8, ssrc=0x77)
    talk.wire.rtp(0.45, 20, talk.alice.audio, talk.gw.audio, pt=8, ssrc=0x78)
    call.respond(5, invite, 200, "tg")
    call.ack(5.04, invite, "tg")
    call.bye(20, "tg")


@case()
def reliable_183_and_180(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice), RELIABLE)
    call.respond(0.3, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    call.prack(0.35, invite, "tg", 1)
    call.respond(1.3, invite, 180, "tg", WANTS(2))
    call.prack(1.36, invite, "tg", 2)
    call.respond(5, invite, 200, "tg", body=sdp(talk.gw, (8, 101)))
    call.ack(5.04, invite, "tg")
    call.bye(20, "tg")


@case()
def reliable_repeated_once(talk):
    """The PRACK crosses the first repetition."""
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice), RELIABLE)
    call.respond(0.3, invite, 183, "tg", WANTS(1), sdp(talk.gw, (8, 101)))
    if talk.style.transport == "udp":
        call.again(0.8, talk.gw, talk.alice)
    call.prack(0.802, invite, "tg", 1)
    call.respond(3, invite, 200, "tg")
    call.ack(3.04, invite, "tg")
    call.bye(20, "tg")


def preconditions(now, remote):
    return [f"a=curr:qos local {now}", f"a=curr:qos remote {remote}", "a=des:qos mandatory local sendrecv",
            "a=des:qos mandatory remote sendrecv", "a=conf:qos remote sendrecv"]


@case()
def preconditions_met(talk):
    call = Call(talk, via=(talk.proxy, talk.edge))
    invite = call.invite(0, sdp(talk.alice, lines=preconditions("none", "none")), [("Supported", "100rel, precondition")])
    call.respond(0.3, invite, 183, "tb", WANTS(5) + [("Require", "precondition")],
                 sdp(talk.bob, (0, 101), lines=preconditions("none", "none")))
    call.prack(0.35, invite, "tb", 5)
    change(call, 0.6, sdp(talk.alice, (0, 101), version=2, lines=preconditions("sendrecv", "none")),
           sdp(talk.bob, (0, 101), version=2, lines=preconditions("sendrecv", "sendrecv")), method="UPDATE")
    call.respond(1, invite, 180, "tb", WANTS(6))
    call.prack(1.05, invite, "tb", 6)
    call.respond(4, invite, 200, "tb")
    call.ack(4.05, invite, "tb")
    call.bye(20, "tb")


@case()
def offer_in_prack(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), RELIABLE)
    call.respond(0.3, invite, 183, "tb", WANTS(9), sdp(talk.bob, (8, 0)))
    call.prack(0.35, invite, "tb", 9, body=sdp(talk.alice, (8,), version=2), answer=sdp(talk.bob, (8,), version=2))
    call.respond(3, invite, 200, "tb")
    call.ack(3.05, invite, "tb")
    call.bye(20, "tb")


@case()
def update_in_early_dialog(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice, (0, 8, 9)), RELIABLE)
    call.respond(0.3, invite, 183, "tg", WANTS(9), sdp(talk.gw, (8,)))
    call.prack(0.35, invite, "tg", 9)
    change(call, 1.5, sdp(talk.gw, (9,), version=2), sdp(talk.alice, (9,), version=2), "tg", reverse=True,
           method="UPDATE")
    call.respond(3, invite, 200, "tg")
    call.ack(3.05, invite, "tg")
    call.bye(20, "tg")


@case()
def late_offer(talk):
    call = Call(talk)
    invite = call.invite(0)
    call.respond(0.3, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob))
    call.ack(2.05, invite, "tb", body=sdp(talk.alice, (0, 101)))
    both_ways(talk, talk.alice, talk.bob, 2.1, 9)
    call.bye(9, "tb")


@case()
def late_offer_reliable(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, headers=RELIABLE)
    call.respond(0.3, invite, 183, "tg", WANTS(77), sdp(talk.gw))
    call.prack(0.34, invite, "tg", 77, body=sdp(talk.alice, (8, 101)))
    talk.wire.rtp(0.5, 4, talk.gw.audio, talk.alice.audio, pt=8, ssrc=0x77)
    call.respond(4, invite, 200, "tg")
    call.ack(4.05, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 4.1, 9, pt=8)
    call.bye(9, "tg")


@case()
def late_offer_other_codec_in_prack(talk):
    """The answer in the PRACK picks one of what the 183 offered."""
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, headers=RELIABLE)
    call.respond(0.3, invite, 183, "tg", WANTS(77), sdp(talk.gw, (0, 8, 18, 101)))
    call.prack(0.34, invite, "tg", 77, body=sdp(talk.alice, (18, 101)))
    call.respond(2, invite, 180, "tg", WANTS(78))
    call.prack(2.04, invite, "tg", 78)
    call.respond(4, invite, 200, "tg")
    call.ack(4.05, invite, "tg")
    call.bye(9, "tg")


@case()
def hold_and_resume(talk):
    call, _ = answered(talk, hang_up=False)
    change(call, 14, sdp(talk.alice, version=2, direction="sendonly"), sdp(talk.bob, (0, 101), "recvonly", 2))
    change(call, 20, sdp(talk.alice, version=3), sdp(talk.bob, (0, 101), version=3))
    call.bye(30, "tb")


@case()
def hold_by_callee(talk):
    call, _ = answered(talk, hang_up=False, via=(talk.proxy,))
    change(call, 14, sdp(talk.bob, version=2, direction="inactive"), sdp(talk.alice, (0, 101), "inactive", 2),
           reverse=True)
    change(call, 20, sdp(talk.bob, version=3), sdp(talk.alice, (0, 101), version=3), reverse=True)
    call.bye(30, "tb", reverse=True)


@case()
def hold_by_address(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    nowhere = "::" if talk.style.family == 6 else "0.0.0.0"
    change(call, 14, sdp(talk.alice, version=2, host=nowhere), sdp(talk.bob, (0, 101), "recvonly", 2))
    change(call, 20, sdp(talk.alice, version=3), sdp(talk.bob, (0, 101), version=3))
    call.bye(30, "tb")


@case()
def hold_by_update(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    change(call, 14, sdp(talk.alice, version=2, direction="sendonly"), sdp(talk.bob, (0, 101), "recvonly", 2),
           method="UPDATE")
    call.bye(30, "tb")


@case()
def reinvite_late_offer(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    r = call.request(14, "INVITE", tag="tb")
    call.respond(14.02, r, 200, body=sdp(talk.bob, version=2))
    call.ack(14.06, r, "tb", body=sdp(talk.alice, (0, 101), version=2))
    call.bye(30, "tb")


FAX = ["m=image {} udptl t38", "a=T38FaxVersion:0", "a=T38MaxBitRate:14400", "a=T38FaxRateManagement:transferredTCF"]


def fax(node, version, audio=False):
    ip = f"IN IP{6 if ':' in node.ip else 4} {node.ip}"
    lines = ["v=0", f"o={node.name} 4711 {version} {ip}", "s=call", f"c={ip}", "t=0 0"]
    lines += (["m=audio 0 RTP/AVP 0"] if audio else []) + [FAX[0].format(node.rtp)] + FAX[1:]
    return "\r\n".join(lines) + "\r\n"


@case()
def fax_taken(talk):
    call, _ = answered(talk, hang_up=False, b=talk.gw)
    change(call, 13, fax(talk.gw, 2), fax(talk.alice, 2), reverse=True)
    call.bye(60, "tb", reverse=True)


@case()
def video_refused(talk):
    video = "m=video 4100 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    refused = "m=video 0 RTP/AVP 99\r\n"
    answered(talk, offer=sdp(talk.alice, more=video), answer=sdp(talk.bob, (0, 101), more=refused))


@case()
def dynamic_number_differs(talk):
    answered(talk, media=False, offer=sdp(talk.alice, (96, 0), maps={96: "opus/48000/2"}),
             answer=sdp(talk.bob, (107, 0), maps={107: "opus/48000/2"}))


@case()
def dtmf_events(talk):
    call, _ = answered(talk, hang_up=False)
    for i in range(4):
        talk.wire.events(5 + i, talk.alice.audio, talk.bob.audio, 101, 0xA0A0 + 4000, 300 + i * 60, 40000 + i * 8000,
                         digit=i)
    call.bye(14, "tb")


@case()
def comfort_noise_in_call(talk):
    call, _ = answered(talk, hang_up=False, offer=sdp(talk.alice, (0, 8, 13, 101)),
                       answer=sdp(talk.bob, (0, 13, 101)))
    talk.wire.rtp(12, 15, talk.bob.audio, talk.alice.audio, pt=13, ssrc=0xB0B0 + 5000, every=0.2, size=1, step=1600,
                  sequence=600, stamp=90000)
    call.bye(16, "tb")


KEY = "a=crypto:{} AES_CM_128_HMAC_SHA1_80 inline:{}"


@case()
def srtp_by_sdes(talk):
    lines = [KEY.format(1, "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"),
             "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"]
    answered(talk, media=False, offer=sdp(talk.alice, profile="RTP/SAVP", lines=lines),
             answer=sdp(talk.bob, (0, 101), profile="RTP/SAVP",
                        lines=[KEY.format(1, "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR")]))


PRINT = "a=fingerprint:sha-256 " + ":".join(["4A"] * 32)


@case()
def browser_call(talk):
    ice = ["a=ice-ufrag:8hhY", "a=ice-pwd:asd88fgpdd777uzjYhagZg", "a=rtcp-mux", PRINT]
    host = f"a=candidate:1 1 UDP 2130706431 {{}} {{}} typ host"
    profile = "UDP/TLS/RTP/SAVPF"
    answered(talk, media=False,
             offer=sdp(talk.alice, (111, 0, 101), profile=profile,
                       lines=ice + ["a=setup:actpass", host.format(talk.alice.ip, 4000)]),
             answer=sdp(talk.bob, (111, 101), profile=profile,
                        lines=ice + ["a=setup:active", host.format(talk.bob.ip, 5000)]))


@case()
def multipart_183(talk):
    call = Call(talk, b=talk.gw)
    body = ("--b1\r\nContent-Type: application/sdp\r\n\r\n" + sdp(talk.gw, (0,)) +
            "\r\n--b1\r\nContent-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional"
            "\r\n\r\n\x06\x16\x01\x00\r\n--b1--\r\n")
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.5, invite, 183, "tg", body=body, ctype="multipart/mixed;boundary=b1")
    talk.wire.rtp(0.55, 4, talk.gw.audio, talk.alice.audio, ssrc=0x77)
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0,)))
    call.ack(4.03, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 4.05, 12)
    call.bye(12, "tg")


@case()
def early_media_allowed(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice), [("P-Early-Media", "supported")])
    call.respond(0.5, invite, 183, "tg", [("P-Early-Media", "sendrecv")], sdp(talk.gw, (0,)))
    talk.wire.rtp(0.55, 4, talk.gw.audio, talk.alice.audio, ssrc=0x77)
    call.respond(4, invite, 200, "tg", body=sdp(talk.gw, (0,)))
    call.ack(4.03, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 4.05, 12)
    call.bye(12, "tg")


@case()
def announcement_then_busy(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.5, invite, 183, "tg", body=sdp(talk.gw, (0,)))
    talk.wire.rtp(0.55, 7, talk.gw.audio, talk.alice.audio, ssrc=0x77)
    call.refuse(7, invite, 486, "tg", [("Reason", "Q.850;cause=17")])


@case()
def private_network(talk):
    """Everything behind one NAT: private addresses are right here."""
    if talk.style.family == 4:
        talk.alice.ip, talk.bob.ip, talk.proxy.ip = "192.168.1.10", "192.168.1.20", "192.168.1.2"
    answered(talk, via=(talk.proxy,))


@case()
def media_of_a_relay(talk):
    relay = Node("relay", talk.edge.ip, rtp=30000)
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    answer = sdp(talk.bob, (0, 101), host=relay.ip, port=30000)
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=answer)
    call.ack(2.05, invite, "tb")
    both_ways(talk, talk.alice, relay, 2.1, 10)
    call.bye(10, "tb")
