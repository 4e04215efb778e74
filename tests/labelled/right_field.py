# SPDX-License-Identifier: Apache-2.0
"""Nothing wrong, as networks really do it: IMS, gateways, border controllers, call centres, odd but legal habits."""
from cases import answered, both_ways, case, change
from right_calls import WANTS, preconditions
from right_registering import challenge, credentials, register, registered, registrar_of
from talk import Call, Node, sdp


@case()
def mobile_network(talk):
    """Everything reliable, resources first, over three proxies that are all captured."""
    call = Call(talk, via=(talk.edge, talk.registrar, talk.proxy))
    ims = [("P-Access-Network-Info", "3GPP-E-UTRAN-FDD; utran-cell-id-3gpp=2340F5"), ("P-Early-Media", "supported"),
           ("Supported", "100rel, precondition, timer"), ("Accept", "application/sdp, application/3gpp-ims+xml")]
    amr = {97: "AMR-WB/16000", 98: "AMR/8000", 101: "telephone-event/8000", 100: "telephone-event/16000"}
    lines = ["a=fmtp:97 mode-change-capability=2;max-red=220", "a=fmtp:98 mode-change-capability=2", "a=maxptime:240"]
    offer = sdp(talk.alice, (97, 98, 100, 101), maps=amr, lines=lines + preconditions("none", "none"))
    invite = call.invite(0, offer, ims)
    say = lambda v, now, remote: sdp(talk.bob, (97, 100), maps=amr, version=v,
                                     lines=["a=fmtp:97 mode-change-capability=2", "a=maxptime:240"] +
                                     preconditions(now, remote))
    call.respond(0.3, invite, 183, "tb", WANTS(1001) + [("Require", "precondition"),
                 ("P-Charging-Vector", "icid-value=77"), ("P-Early-Media", "inactive")], say(1, "none", "none"))
    call.prack(0.4, invite, "tb", 1001)
    change(call, 0.6, sdp(talk.alice, (97, 100), maps=amr, version=2,
                          lines=["a=fmtp:97 mode-change-capability=2"] + preconditions("sendrecv", "none")),
           say(2, "sendrecv", "sendrecv"), method="UPDATE")
    call.respond(1.2, invite, 180, "tb", WANTS(1002) + [("P-Early-Media", "inactive")])
    call.prack(1.3, invite, "tb", 1002)
    call.respond(6, invite, 200, "tb")
    call.ack(6.05, invite, "tb")
    call.bye(60, "tb", headers=[("Reason", 'Q.850;cause=16;text="Terminated"')])


@case()
def forwarded_on_busy(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "t1")
    call.respond(3, invite, 181, "t1", [("History-Info", "<sip:bob@example.test>;index=1")])
    call.respond(3.5, invite, 180, "t2")
    call.respond(6, invite, 200, "t2", body=sdp(talk.carol, (0, 101)))
    call.ack(6.03, invite, "t2")
    both_ways(talk, talk.alice, talk.carol, 6.05, 12)
    call.bye(12, "t2")


@case()
def serial_fork(talk):
    """Not answered on the desk, tried on the mobile; both branches at the proxy."""
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    first = Call(talk, a=talk.proxy, b=talk.bob, call_id=call.id)
    stop = first.request(15, "CANCEL", of=invite, path=[talk.proxy, talk.bob], branch=invite.branch + "-1", uri=call.to_user)
    first.tag = call.tag
    invite.path, whole = [talk.proxy, talk.bob], invite.vias
    invite.vias = [whole[1]]
    first.respond(15.02, stop, 200, "tb")
    first.respond(15.05, invite, 487, "tb")
    ack = first.request(15.06, "ACK", tag="tb", of=invite, path=[talk.proxy, talk.bob], branch=invite.branch + "-1")
    invite.path, invite.vias = [talk.alice, talk.proxy, talk.bob], whole
    second = Call(talk, b=talk.carol, via=(talk.proxy,), call_id=call.id, seen=(1,))
    second.tag, second.to_user = call.tag, call.to_user
    branch = second.request(15.1, "INVITE", body=sdp(talk.alice), branch=invite.branch + "m")
    second.respond(15.4, branch, 180, "tc")
    front = Call(talk, via=(talk.proxy,), call_id=call.id, seen=(0,))
    front.tag, front.to_user = call.tag, call.to_user
    invite.path = second.path
    front.respond(15.41, invite, 180, "tc")
    second.respond(18, branch, 200, "tc", body=sdp(talk.carol, (0, 101)))
    front.respond(18.01, invite, 200, "tc", body=sdp(talk.carol, (0, 101)))
    second.seen = None
    second.ack(18.05, invite, "tc")
    second.bye(30, "tc")


@case()
def call_centre(talk):
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 182, "tg", phrase="Queued; 4 callers before you")
    call.respond(0.4, invite, 183, "tg", body=sdp(talk.gw, (0,)))
    talk.wire.rtp(0.45, 150, talk.gw.audio, talk.alice.audio, ssrc=0x77)
    for i in (60, 120):
        call.respond(i, invite, 182, "tg", phrase=f"Queued; {3 - i // 60} callers before you")
    call.respond(150, invite, 200, "tg", body=sdp(talk.gw, (0,)))
    call.ack(150.03, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 150.05, 160)
    call.bye(160, "tg")


@case()
def in_band_ringback(talk):
    """183, 180 and ringback as media all along."""
    call = Call(talk, b=talk.gw)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 183, "tg", body=sdp(talk.gw, (8,)))
    talk.wire.rtp(0.32, 6, talk.gw.audio, talk.alice.audio, pt=8, ssrc=0x77)
    call.respond(1, invite, 180, "tg", body=sdp(talk.gw, (8,)))
    call.respond(6, invite, 200, "tg", body=sdp(talk.gw, (8,)))
    call.ack(6.03, invite, "tg")
    both_ways(talk, talk.alice, talk.gw, 6.02, 12, pt=8)
    call.bye(12, "tg")


@case()
def border_controller(talk):
    """Two legs with early media, relayed by the controller in the middle."""
    left = Call(talk, b=talk.edge)
    right = Call(talk, a=talk.edge, b=talk.gw)
    talk.edge.rtp = 20000
    invite = left.invite(0, sdp(talk.alice))
    second = right.invite(0.01, sdp(talk.edge, (0, 8, 101)))
    right.respond(0.5, second, 183, "tg", body=sdp(talk.gw, (8, 101)))
    left.respond(0.51, invite, 183, "te", body=sdp(talk.edge, (8, 101), port=20002))
    relay = Node("relay", talk.edge.ip, rtp=20002)
    talk.wire.rtp(0.6, 5, talk.gw.audio, talk.edge.audio, pt=8, ssrc=5)
    talk.wire.rtp(0.601, 5, relay.audio, talk.alice.audio, pt=8, ssrc=6)
    right.respond(5, second, 200, "tg", body=sdp(talk.gw, (8, 101)))
    right.ack(5.01, second, "tg")
    left.respond(5.01, invite, 200, "te", body=sdp(talk.edge, (8, 101), port=20002))
    left.ack(5.05, invite, "te")
    both_ways(talk, talk.alice, relay, 5.06, 20, pt=8)
    both_ways(talk, talk.edge, talk.gw, 5.06, 20, pt=8)
    left.bye(20, "te")
    right.bye(20.01, "tg")


@case()
def double_record_route(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    two = [f"<sip:{talk.proxy.host};r2=on;lr=on>", f"<sip:{talk.proxy.host};transport=tcp;r2=on;lr=on>"]
    invite.routes = []
    rr = [("Record-Route", v) for v in two]
    call.respond(0.2, invite, 180, "tb", rr)
    call.respond(2, invite, 200, "tb", rr, sdp(talk.bob, (0, 101)))
    call.routes = False
    back = [("Route", v) for v in reversed(two)]
    call.request(2.04, "ACK", tag="tb", cseq=invite.cseq, headers=back, branch="z9hG4bKak")
    r = call.request(9, "BYE", tag="tb", headers=back)
    call.respond(9.02, r, 200)


@case()
def challenged_all_along(talk):
    """INVITE, re-INVITE and BYE are challenged, each with a nonce of its own."""
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.refuse(0.02, invite, 407, "tp", [("Proxy-Authenticate", challenge("n1"))], at=1)
    invite = call.invite(0.05, sdp(talk.alice), [("Proxy-Authorization", credentials(call.to_user, "n1"))])
    call.respond(0.3, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    r = call.request(9, "INVITE", tag="tb", body=sdp(talk.alice, version=2, direction="sendonly"))
    call.refuse(9.02, r, 407, "", [("Proxy-Authenticate", challenge("n2"))], at=1)
    change(call, 9.1, sdp(talk.alice, version=2, direction="sendonly"), sdp(talk.bob, (0, 101), "recvonly", 2),
           headers=[("Proxy-Authorization", credentials(talk.bob.uri, "n2"))])
    r = call.request(15, "BYE", tag="tb")
    call.respond(15.02, r, 407, headers=[("Proxy-Authenticate", challenge("n3"))], at=1)
    r = call.request(15.05, "BYE", tag="tb", headers=[("Proxy-Authorization", credentials(talk.bob.uri, "n3"))])
    call.respond(15.08, r, 200)


@case()
def one_time_nonces(talk):
    """A registrar that takes each nonce once."""
    call = registrar_of(talk)
    for i in range(4):
        old = [("Authorization", credentials("sip:example.test", f"n{i - 1}", nc=2))] if i else []
        r = register(call, i * 50, 60, old)
        call.respond(i * 50 + 0.02, r, 401, "tr", [("WWW-Authenticate", challenge(f"n{i}", extra=", stale=true" if i else ""))])
        r = register(call, i * 50 + 0.04, 60, [("Authorization", credentials("sip:example.test", f"n{i}"))])
        registered(call, i * 50 + 0.06, r, 60)


@case()
def bindings_fetched(talk):
    call = registrar_of(talk)
    call.to_user = call.from_user
    r = call.request(0, "REGISTER", uri="sip:example.test")
    call.respond(0.03, r, 200, "tr", [("Contact", f"<{talk.bob.uri}>;expires=100"), ("Contact", f"<{talk.carol.uri}>;expires=300")])


@case()
def message_waiting(talk):
    call = Call(talk, a=talk.registrar, b=talk.alice, routes=False)
    r = call.request(0, "NOTIFY", headers=[("Event", "message-summary"), ("Subscription-State", "active")],
                     body="Messages-Waiting: yes\r\n", ctype="application/simple-message-summary")
    call.respond(0.02, r, 200, "ta")


@case()
def answer_came_twice(talk):
    """The ACK of the 200 was slow by half a second."""
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    if talk.style.transport == "udp":
        call.again(2.5, talk.bob, talk.alice)
    call.ack(2.51, invite, "tb")
    call.bye(12, "tb")


@case()
def invite_came_twice(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    if talk.style.transport == "udp":
        call.again(0.5, talk.alice, talk.bob)
    call.respond(0.51, invite, 100)
    call.respond(0.7, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.bye(12, "tb")


@case()
def session_refreshed_unchanged(talk):
    """Re-INVITE with the very same description."""
    timer = [("Supported", "timer"), ("Session-Expires", "1800;refresher=uas")]
    call, _ = answered(talk, media=False, hang_up=False, headers=timer,
                       answer_headers=[("Require", "timer"), ("Session-Expires", "1800;refresher=uas")])
    change(call, 900, sdp(talk.bob, (0, 101)), sdp(talk.alice), reverse=True,
           headers=[("Supported", "timer"), ("Session-Expires", "1800;refresher=uac")])
    call.bye(1500, "tb")


@case()
def codec_changed(talk):
    call, _ = answered(talk, hang_up=False, offer=sdp(talk.alice, (9, 0, 101)), answer=sdp(talk.bob, (0, 101)))
    change(call, 12, sdp(talk.alice, (9, 101), version=2), sdp(talk.bob, (9, 101), version=2))
    both_ways(talk, talk.alice, talk.bob, 12.2, 25, pt=9, sequence=900, stamp=90000)
    call.bye(25, "tb")


@case()
def wideband(talk):
    """G.722 counts 8000 Hz, Opus 48000."""
    answered(talk, media=False, hang_up=False, offer=sdp(talk.alice, (9, 101)), answer=sdp(talk.bob, (9, 101)))
    both_ways(talk, talk.alice, talk.bob, 2.1, 30, pt=9)
    other, _ = answered(talk, media=False, hang_up=False, b=talk.carol, start=40,
                        offer=sdp(talk.alice, (111, 101), port=4100), answer=sdp(talk.carol, (111, 101)))
    mine = Node("alice", talk.alice.ip, rtp=4100)
    both_ways(talk, mine, talk.carol, 42.1, 70, pt=111, step=960, size=80)


@case()
def silence_suppressed(talk):
    """Pauses with a comfort noise packet; the timestamps go on."""
    call, _ = answered(talk, media=False, offer=sdp(talk.alice, (0, 13, 101)), answer=sdp(talk.bob, (0, 13, 101)), lasts=30)
    for end in ((talk.alice, talk.bob, 5), (talk.bob, talk.alice, 6)):
        n, stamp, time = 100, 1000, 2.1
        while time < 31:
            n, stamp = talk.wire.rtp(time, time + 2, end[0].audio, end[1].audio, ssrc=end[2], sequence=n, stamp=stamp)
            talk.wire.rtp(time + 2, time + 2.02, end[0].audio, end[1].audio, pt=13, ssrc=end[2], size=1, sequence=n,
                          stamp=stamp)
            n, stamp, time = n + 1, stamp + 12000, time + 3.5


@case()
def held_with_music(talk):
    """Music on hold from a server of its own; silence in the other direction."""
    call, _ = answered(talk, hang_up=False, lasts=8)
    change(call, 10.2, sdp(talk.alice, version=2, direction="sendonly", port=4400), sdp(talk.bob, (0, 101), "recvonly", 2))
    talk.wire.rtp(10.4, 30, (talk.alice.ip, 4400), talk.bob.audio, ssrc=0x44)
    change(call, 30, sdp(talk.alice, version=3), sdp(talk.bob, (0, 101), version=3))
    both_ways(talk, talk.alice, talk.bob, 30.2, 40, sequence=2000, stamp=900000)
    call.bye(40, "tb")


@case()
def listening_only(talk):
    """A call that is one-way by agreement: announcement to a loudspeaker."""
    call, _ = answered(talk, media=False, offer=sdp(talk.alice, direction="sendonly"),
                       answer=sdp(talk.bob, (0, 101), direction="recvonly"), lasts=20)
    talk.wire.rtp(2.1, 21, talk.alice.audio, talk.bob.audio, ssrc=4)


@case()
def announcement_server(talk):
    """Early media from one place, the call from another, each under a To-tag of its own."""
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.3, invite, 183, "t1", body=sdp(talk.gw, (0,)))
    talk.wire.rtp(0.35, 5, talk.gw.audio, talk.alice.audio, ssrc=0x77)
    call.respond(5.2, invite, 180, "t2")
    call.respond(8, invite, 200, "t2", body=sdp(talk.bob, (0, 101)))
    call.ack(8.03, invite, "t2")
    both_ways(talk, talk.alice, talk.bob, 8.05, 15)
    call.bye(15, "t2")


@case()
def anonymous_telephone_number(talk):
    call = Call(talk)
    call.from_user, call.to_user = "sip:anonymous@anonymous.invalid", "tel:+49-30-555-0123"
    invite = call.invite(0, sdp(talk.alice), [("Privacy", "id"), ("P-Asserted-Identity", "<tel:+49305550199>"),
                                              ("Session-ID", "ab30317f1a784dc48ff824d0d3715d86;remote=" + "0" * 32)])
    call.respond(0.2, invite, 180, "tb")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.04, invite, "tb")
    call.bye(12, "tb")


@case()
def no_answer_cancelled_elsewhere(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(8, "CANCEL", of=invite, headers=[("Reason", 'SIP;cause=200;text="Call completed elsewhere"')])
    call.respond(8.02, r, 200, "tb")
    call.refuse(8.05, invite, 487, "tb")


@case()
def nobody_answers(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(30, "CANCEL", of=invite, path=[talk.proxy, talk.bob], branch=invite.branch + "-1")
    call.respond(30.02, r, 200, "tb")
    whole = invite.vias
    invite.path, invite.vias = [talk.proxy, talk.bob], [whole[1]]
    call.respond(30.04, invite, 487, "tb")
    call.request(30.05, "ACK", tag="tb", of=invite, path=[talk.proxy, talk.bob], branch=invite.branch + "-1")
    invite.path, invite.vias = [talk.alice, talk.proxy], [whole[0]]
    call.refuse(30.06, invite, 408, "tp")


@case()
def many_calls_at_once(talk):
    for i in range(5):
        a = Node(f"user{i}", talk.alice.ip, port=5070 + i, rtp=12000 + 2 * i)
        b = Node(f"peer{i}", talk.bob.ip, port=5070 + i, rtp=15000 + 2 * i)
        answered(talk, a=a, b=b, start=i * 0.7, tag=f"t{i}")
