# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong in a flow, a binding, or the way that answers take; and what looks like it and is right."""
from cases import answered, case
from right_registering import register, registered
from talk import Call, sdp
from wrong_rules import four, plain

BOB = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-00000000B0B0>"'


def outbound(talk, node, time, number=1, reg_id=1, instance=BOB, supported="path, outbound", listed=None, call=None):
    """A flow of that node at the edge, accepted."""
    call = call or Call(talk, a=node, b=talk.edge, routes=False, call_id=f"flow-{node.name}-{number}-{reg_id}")
    contact = f"<sip:{node.name}@{node.host}:{node.port}>;reg-id={reg_id};{instance}"
    r = register(call, time, contact=contact, headers=[("Supported", supported)])
    registered(call, time + 0.05, r, 600, contact=listed or contact,
               headers=[("Require", "outbound")] if "outbound" in supported else [])
    return call, contact


@case("flow-regid-unsupported", may={"flow-not-granted"})
def flow_asked_for_in_half(talk):
    outbound(talk, talk.bob, 0, supported="path")


@case("reg-binding-lost")
def registered_and_not_found(talk):
    outbound(talk, talk.bob, 0)
    call = Call(talk, b=talk.edge, routes=False)
    call.to_user = "sip:bob@example.test"
    invite = call.invite(20, sdp(talk.alice))
    call.refuse(20.02, invite, 404, "te")


@case(may={"flow-hidden"})
def not_found_after_leaving(talk):
    """The phone took its registration back before it was called."""
    bob, contact = outbound(talk, talk.bob, 0)
    r = register(bob, 10, 0, contact=contact, headers=[("Supported", "path, outbound")])
    bob.respond(10.03, r, 200, "tr")
    call = Call(talk, b=talk.edge, routes=False)
    call.to_user = "sip:bob@example.test"
    invite = call.invite(20, sdp(talk.alice))
    call.refuse(20.02, invite, 404, "te")


@case("tx-response-lost")
def invite_repeated_behind_its_answer(talk):
    plain(talk)
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.1, invite, 180, "tb")
    for time in (0.5, 1.5, 3.5, 7.5):
        call.again(time, talk.alice, talk.proxy)
    call.refuse(9, invite, 486, "tb")


@case()
def invite_repeated_before_its_answer(talk):
    plain(talk)
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.again(0.5, talk.alice, talk.bob)
    call.respond(0.7, invite, 180, "tb")
    call.refuse(3, invite, 486, "tb")


@case("dlg-rr-lost", may={"tx-ack-wrong", "tx-200-no-ack", "rt-rr-order"})
def record_route_not_copied(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice))
    call.respond(0.2, invite, 180, "tb", record=False)
    call.respond(2, invite, 200, "tb", body=sdp(talk.bob, (0, 101)), record=False)
    call.ack(2.05, invite, "tb", path=[talk.alice, talk.bob])


@case()
def record_route_copied(talk):
    answered(talk, via=(talk.proxy,))


@case("em-answer-unheard", may={"em-no-18x"})
def heard_and_not_answered(talk):
    plain(talk)
    four(talk)
    call = Call(talk, b=talk.proxy, routes=False)
    call.to_user = "sip:bob@example.test"
    invite = call.invite(0, sdp(talk.alice))
    talk.wire.rtp(3, 8, talk.bob.audio, talk.alice.audio, pt=0, ssrc=0xB0B0)
    call.refuse(9, invite, 408, "tp")
