# SPDX-License-Identifier: Apache-2.0
"""Nothing wrong either: refusals, forks, transfers, registrations, subscriptions, and captures that show a part only."""
from cases import answered, both_ways, case, change
from talk import Call, sdp
from right_registering import register, registered, registrar_of


@case()
def busy(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    call.refuse(3, invite, 486, "tb")


@case()
def refused_by_all_codes(talk):
    for i, code in enumerate((480, 603, 404, 403, 484, 410, 600, 604, 500)):
        call = Call(talk)
        invite = call.invite(i * 10, sdp(talk.alice))
        call.refuse(i * 10 + 1, invite, code, "tb")


@case()
def cancelled(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(6, "CANCEL", of=invite)
    call.respond(6.02, r, 200, "tc")
    call.refuse(6.05, invite, 487, "tb")


@case()
def cancel_crosses_answer(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb")
    r = call.request(6, "CANCEL", of=invite)
    call.respond(6.001, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.respond(6.02, r, 200, "tb")
    call.ack(6.03, invite, "tb")
    call.bye(6.05, "tb")


@case()
def redirected(talk):
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice))
    call.refuse(0.3, invite, 302, "tb", [("Contact", f"<{talk.carol.uri}>")])
    call.path = [talk.alice, talk.carol]
    again = call.invite(0.4, sdp(talk.alice), uri=talk.carol.uri)
    call.respond(0.6, again, 180, "tc")
    call.respond(3, again, 200, "tc", body=sdp(talk.carol, (0, 101)))
    call.ack(3.03, again, "tc")
    call.bye(12, "tc")


@case()
def session_timer(talk):
    timer = [("Supported", "timer"), ("Session-Expires", "1800;refresher=uac"), ("Min-SE", "90")]
    call, _ = answered(talk, media=False, hang_up=False, headers=timer,
                       answer_headers=[("Require", "timer"), ("Session-Expires", "1800;refresher=uac")])
    for i in (1, 2):
        r = call.request(900 * i, "UPDATE", tag="tb", headers=timer)
        call.respond(900 * i + 0.03, r, 200, headers=[("Session-Expires", "1800;refresher=uac")])
    call.bye(2000, "tb")


@case()
def session_interval_raised(talk):
    call = Call(talk)
    timer = lambda n: [("Supported", "timer"), ("Session-Expires", str(n)), ("Min-SE", str(min(n, 90)))]
    invite = call.invite(0, sdp(talk.alice), timer(120))
    call.refuse(0.05, invite, 422, "tb", [("Min-SE", "600")])
    again = call.invite(0.1, sdp(talk.alice), [("Supported", "timer"), ("Session-Expires", "600"), ("Min-SE", "600")])
    call.respond(0.3, again, 180, "tc")
    call.respond(2, again, 200, "tc", [("Require", "timer"), ("Session-Expires", "600;refresher=uas")],
                 sdp(talk.bob, (0, 101)))
    call.ack(2.05, again, "tc")
    call.bye(30, "tc")


@case()
def options_pings(talk):
    for i in range(6):
        call = Call(talk)
        r = call.request(i * 30, "OPTIONS", uri=talk.bob.uri, headers=[("Accept", "application/sdp")])
        call.respond(i * 30 + 0.02, r, 200 if i % 2 else 404 if i == 4 else 200, "to", [("Allow", "INVITE, ACK, BYE")])


@case()
def presence(talk):
    call = Call(talk, via=(talk.proxy,))
    sub = [("Event", "presence"), ("Expires", "600"), ("Accept", "application/pidf+xml")]
    r = call.request(0, "SUBSCRIBE", headers=sub)
    call.respond(0.05, r, 200, "tb", [("Expires", "600")])
    for i, state in enumerate(("active;expires=599", "active;expires=400", "terminated;reason=timeout")):
        n = call.request(0.1 + i * 200, "NOTIFY", tag="tb", reverse=True,
                         headers=[("Event", "presence"), ("Subscription-State", state)])
        call.respond(0.15 + i * 200, n, 200)
    r = call.request(300, "SUBSCRIBE", tag="tb", headers=sub)
    call.respond(300.05, r, 200, headers=[("Expires", "600")])


@case()
def messages_and_publish(talk):
    call = Call(talk)
    r = call.request(0, "MESSAGE", body="Hello, Bob.", ctype="text/plain", contact=False)
    call.respond(0.03, r, 200, "tb")
    call = Call(talk, b=talk.registrar)
    r = call.request(1, "PUBLISH", headers=[("Event", "presence"), ("Expires", "3600")], body="<presence/>",
                     ctype="application/pidf+xml", contact=False)
    call.respond(1.03, r, 200, "tp", [("SIP-ETag", "dx200xyz"), ("Expires", "1800")])
    r = call.request(900, "PUBLISH", headers=[("Event", "presence"), ("SIP-If-Match", "dx200xyz")], contact=False)
    call.respond(900.03, r, 200, "tp", [("SIP-ETag", "kwj449x"), ("Expires", "1800")])


@case()
def blind_transfer(talk):
    call, _ = answered(talk, hang_up=False, media=False)
    r = call.request(10, "REFER", tag="tb", headers=[("Refer-To", f"<{talk.carol.uri}>"),
                                                    ("Referred-By", f"<{call.from_user}>")])
    call.respond(10.03, r, 202)
    for time, line, state in ((10.1, "SIP/2.0 100 Trying", "active;expires=60"),
                              (12, "SIP/2.0 200 OK", "terminated;reason=noresource")):
        n = call.request(time, "NOTIFY", tag="tb", reverse=True, headers=[("Event", "refer"),
                         ("Subscription-State", state)], body=line + "\r\n", ctype="message/sipfrag")
        call.respond(time + 0.03, n, 200)
    other = Call(talk, a=talk.bob, b=talk.carol)
    invite = other.invite(10.15, sdp(talk.bob, version=2))
    other.respond(10.4, invite, 180, "tx")
    other.respond(11.9, invite, 200, "tx", body=sdp(talk.carol, (0, 101)))
    other.ack(11.94, invite, "tx")
    call.bye(12.3, "tb")
    other.bye(40, "tx")


@case()
def attended_transfer(talk):
    first, _ = answered(talk, hang_up=False, media=False)
    change(first, 10, sdp(talk.alice, version=2, direction="sendonly"), sdp(talk.bob, (0, 101), "recvonly", 2))
    second, _ = answered(talk, hang_up=False, media=False, b=talk.carol, start=11, tag="tx")
    replaces = f"{second.id};to-tag=tx;from-tag={second.tag}"
    r = first.request(20, "REFER", tag="tb", headers=[("Refer-To", f"<{talk.carol.uri}?Replaces={replaces.replace('@', '%40').replace(';', '%3B').replace('=', '%3D')}>")])
    first.respond(20.03, r, 202)
    third = Call(talk, a=talk.bob, b=talk.carol)
    invite = third.invite(20.1, sdp(talk.bob, version=3), [("Replaces", replaces), ("Require", "replaces")])
    third.respond(20.3, invite, 200, "ty", body=sdp(talk.carol, (0, 101), version=2))
    third.ack(20.34, invite, "ty")
    second.bye(20.4, "tx", reverse=True)
    n = first.request(20.5, "NOTIFY", tag="tb", reverse=True, headers=[("Event", "refer"),
                      ("Subscription-State", "terminated;reason=noresource")], body="SIP/2.0 200 OK\r\n",
                      ctype="message/sipfrag")
    first.respond(20.53, n, 200)
    first.bye(20.6, "tb")
    third.bye(40, "ty")


def fork(talk, call, first, second, invite_time=0):
    """The proxy sends the INVITE to both; alice's hop and both branches are in the capture."""
    invite = call.invite(invite_time, sdp(talk.alice))
    other = Call(talk, b=second, via=(talk.proxy,), call_id=call.id, seen=(1,))
    other.tag, other.to_user = call.tag, call.to_user
    branch = other.request(invite_time + 0.01, "INVITE", body=sdp(talk.alice), branch=invite.branch + "f")
    return invite, other, branch


@case()
def forked_to_two(talk):
    call = Call(talk, via=(talk.proxy,))
    invite, other, branch = fork(talk, call, talk.bob, talk.carol)
    call.respond(0.2, invite, 180, "tb")
    other.respond(0.3, branch, 180, "tc")
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.03, invite, "tb")
    other.path, other.seen = [talk.proxy, talk.carol], None
    branch.path, branch.vias, branch.branch = other.path, [branch.vias[1]], branch.branch + "-1"
    gone = other.request(2.02, "CANCEL", of=branch)
    other.respond(2.03, gone, 200, "tc")
    other.refuse(2.05, branch, 487, "tc")
    call.bye(12, "tb")


@case()
def two_early_dialogs(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "t1")
    call.respond(0.3, invite, 180, "t2")
    call.respond(0.4, invite, 183, "t3", body=sdp(talk.gw, (0,)))
    talk.wire.rtp(0.5, 4, talk.gw.audio, talk.alice.audio, ssrc=3)
    call.respond(4, invite, 200, "t2", body=sdp(talk.bob, (0, 101)))
    call.ack(4.03, invite, "t2")
    both_ways(talk, talk.alice, talk.bob, 4.05, 12)
    call.bye(12, "t2")


@case()
def second_answer_hung_up(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "t1")
    call.respond(0.3, invite, 180, "t2")
    call.respond(4, invite, 200, "t2", body=sdp(talk.bob, (0, 101)))
    call.ack(4.03, invite, "t2")
    call.respond(4.05, invite, 200, "t1", body=sdp(talk.carol, (0, 101)))
    call.ack(4.07, invite, "t1")
    call.bye(4.08, "t1")
    call.bye(12, "t2")


@case(may={"dlg-multi-2xx"})
def branch_gave_up(talk):
    call = Call(talk, via=(talk.proxy,), seen=(0,))
    invite = call.invite(0, sdp(talk.alice), [("Supported", "199")])
    call.respond(0.2, invite, 180, "t1")
    call.respond(0.3, invite, 180, "t2")
    call.respond(2, invite, 199, "t1", [("Reason", 'SIP;cause=486;text="Busy Here"')])
    call.respond(4, invite, 200, "t2", body=sdp(talk.bob, (0, 101)))
    call.ack(4.03, invite, "t2")
    call.bye(12, "t2")


@case()
def back_to_back(talk):
    left, invite = Call(talk, b=talk.edge), None
    right = Call(talk, a=talk.edge, b=talk.bob)
    invite = left.invite(0, sdp(talk.alice))
    second = right.invite(0.01, sdp(talk.edge, (0, 8, 101), port=20000))
    right.respond(0.3, second, 180, "tb")
    left.respond(0.31, invite, 180, "te")
    right.respond(3, second, 200, "tb", body=sdp(talk.bob, (8, 101)))
    right.ack(3.02, second, "tb")
    left.respond(3.01, invite, 200, "te", body=sdp(talk.edge, (8, 101), port=20002))
    left.ack(3.04, invite, "te")
    left.bye(20, "te")
    right.bye(20.01, "tb")


@case()
def glare(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    a = call.request(14, "INVITE", tag="tb", body=sdp(talk.alice, version=2))
    b = call.request(14.001, "INVITE", tag="tb", body=sdp(talk.bob, (0, 101), version=2), reverse=True)
    call.refuse(14.03, a, 491)
    call.refuse(14.031, b, 491)
    change(call, 16.9, sdp(talk.alice, version=2), sdp(talk.bob, (0, 101), version=2))
    call.bye(30, "tb")


@case()
def from_the_middle(talk):
    """The capture began after the answer."""
    call, _ = answered(talk, hang_up=False)
    change(call, 14, sdp(talk.alice, version=2, direction="sendonly"), sdp(talk.bob, (0, 101), "recvonly", 2))
    call.bye(30, "tb")
    talk.wire.packets = [p for p in talk.wire.packets if p[0] > 8]


@case()
def ended_early(talk):
    answered(talk, at=9)
    talk.wire.packets = [p for p in talk.wire.packets if p[0] < 1.5]


@case(may={"tx-one-direction"})
def requests_only(talk):
    answered(talk, media=False)
    mark = b"SIP/2.0 "
    talk.wire.packets = [p for p in talk.wire.packets if mark not in p[1][:70] or b"Via" in p[1][:60]]


@case()
def captured_twice(talk):
    """A mirror port that hands every packet out twice."""
    answered(talk)
    talk.wire.packets += [(t + 0.00002, p) for t, p in talk.wire.packets]


@case()
def info_digits(talk):
    call, _ = answered(talk, media=False, hang_up=False)
    for i in range(3):
        r = call.request(5 + i, "INFO", tag="tb", body=f"Signal={i}\r\nDuration=160\r\n", ctype="application/dtmf-relay")
        call.respond(5.02 + i, r, 200)
    call.bye(20, "tb")


@case()
def second_server(talk):
    """503 from the first, taken by the second."""
    call = Call(talk, b=talk.edge)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.refuse(0.05, invite, 503, "te", [("Retry-After", "10")])
    call.path = [talk.alice, talk.gw]
    again = call.invite(0.1, sdp(talk.alice))
    call.respond(0.3, again, 180, "tg")
    call.respond(2, again, 200, "tg", body=sdp(talk.gw, (0, 101)))
    call.ack(2.04, again, "tg")
    call.bye(12, "tg")


@case()
def bye_from_both(talk):
    call, _ = answered(talk, hang_up=False)
    a = call.request(12, "BYE", tag="tb")
    b = call.request(12.001, "BYE", tag="tb", reverse=True)
    call.respond(12.02, a, 481)
    call.respond(12.021, b, 481)


@case()
def behind_nat(talk):
    """Seen inside: private addresses, the answers tell the public one."""
    if talk.style.family == 4:
        talk.alice.ip = "192.168.7.20"
    call = registrar_of(talk)
    r = register(call, 0, via_params=";rport")
    r.vias = [[v.replace(";rport", ";rport=61234;received=203.0.113.7") for v in hop] for hop in r.vias]
    registered(call, 0.03, r)
    answered(talk, via=(talk.proxy,), seen=(0,), media=False, start=3)
