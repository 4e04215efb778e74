# SPDX-License-Identifier: Apache-2.0
"""Registrations and credentials with nothing wrong, and how they are spoken."""
from cases import case
from talk import Call, sdp

NONCE = "dcd98b7102dd2f0e8b11d0f600bfb0c0"


def credentials(uri, nonce=NONCE, nc=1, method_realm="example.test", algorithm="MD5", qop="auth", extra=""):
    return (f'Digest username="alice", realm="{method_realm}", nonce="{nonce}", uri="{uri}", '
            f'response="6629fae49393a05397450978507c4ef1", algorithm={algorithm}, qop={qop}, nc={nc:08x}, '
            f'cnonce="0a4f113b{nc}"{extra}')


def challenge(nonce=NONCE, algorithm="MD5", qop="auth", extra=""):
    return f'Digest realm="example.test", nonce="{nonce}", algorithm={algorithm}, qop="{qop}"{extra}'


@case()
def authenticated_call(talk):
    call = Call(talk, via=(talk.proxy,))
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.refuse(0.05, invite, 407, "tp", [("Proxy-Authenticate", challenge())], at=1)
    again = call.invite(0.1, sdp(talk.alice), [("Proxy-Authorization", credentials(call.to_user))])
    call.respond(0.3, again, 180, "tb")
    call.respond(2, again, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.05, again, "tb")
    call.bye(12, "tb")


@case()
def authenticated_with_body(talk):
    """auth-int, and a second request that counts on."""
    call = Call(talk)
    invite = call.invite(0, sdp(talk.alice), trying=False)
    call.refuse(0.05, invite, 401, "tp", [("WWW-Authenticate", challenge(qop="auth,auth-int"))])
    again = call.invite(0.1, sdp(talk.alice), [("Authorization", credentials(call.to_user, qop="auth-int"))])
    call.respond(0.3, again, 180, "tb")
    call.respond(2, again, 200, "tb", body=sdp(talk.bob, (0, 101)))
    call.ack(2.05, again, "tb")
    call.bye(12, "tb", headers=[("Authorization", credentials(talk.bob.uri, nc=2))])


def register(call, time, expires=3600, headers=(), contact=None, body="", **more):
    talk = call.talk
    call.to_user, target = call.from_user, "sip:example.test"
    mine = contact or f"<{call.a.uri}>"
    return call.request(time, "REGISTER", uri=target, headers=[("Contact", mine), ("Expires", str(expires)), *headers],
                        **more)


def registered(call, time, r, expires=3600, headers=(), contact=None):
    call.respond(time, r, 200, "tr", [("Contact", (contact or f"<{call.a.uri}>") + f";expires={expires}"), *headers])


def registrar_of(talk):
    return Call(talk, b=talk.registrar, routes=False)


@case()
def registration(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge())])
    r = register(call, 0.05, headers=[("Authorization", credentials("sip:example.test"))])
    registered(call, 0.08, r, 120)
    for i in range(1, 4):
        r = register(call, i * 100, headers=[("Authorization", credentials("sip:example.test", nc=i + 1))])
        registered(call, i * 100 + 0.03, r, 120)
    r = register(call, 350, 0, [("Authorization", credentials("sip:example.test", nc=5))])
    call.respond(350.03, r, 200, "tr")


@case()
def registration_stale(talk):
    call = registrar_of(talk)
    r = register(call, 0, headers=[("Authorization", credentials("sip:example.test", nc=9))])
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge("fresh01", extra=", stale=true"))])
    r = register(call, 0.05, headers=[("Authorization", credentials("sip:example.test", "fresh01"))])
    registered(call, 0.08, r)


@case()
def registration_sha256(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge("n1", "SHA-256")),
                                      ("WWW-Authenticate", challenge("n2", "MD5"))])
    r = register(call, 0.05, headers=[("Authorization", credentials("sip:example.test", "n1", algorithm="SHA-256"))])
    registered(call, 0.08, r)


@case()
def registration_too_brief(talk):
    call = registrar_of(talk)
    r = register(call, 0, 60)
    call.respond(0.02, r, 423, "tr", [("Min-Expires", "300")])
    r = register(call, 0.05, 300)
    registered(call, 0.08, r, 300)


@case()
def registration_cleared(talk):
    call = registrar_of(talk)
    r = register(call, 0, 0, contact="*")
    call.respond(0.02, r, 200, "tr")
    r = register(call, 0.05)
    registered(call, 0.08, r)
