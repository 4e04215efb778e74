# SPDX-License-Identifier: Apache-2.0
"""Each with one thing wrong in a registration or its credentials."""
from cases import case
from right_registering import challenge, credentials, register, registered, registrar_of


@case("auth-loop")
def wrong_password(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge("n0"))])
    for i in range(1, 4):
        r = register(call, i * 0.1, headers=[("Authorization", credentials("sip:example.test", f"n{i - 1}"))])
        call.respond(i * 0.1 + 0.02, r, 401, "tr", [("WWW-Authenticate", challenge(f"n{i}"))])


@case("auth-nc")
def nonce_counted_twice(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 401, "tr", [("WWW-Authenticate", challenge())])
    r = register(call, 0.05, headers=[("Authorization", credentials("sip:example.test", nc=1))])
    registered(call, 0.08, r, 90)
    r = register(call, 50, headers=[("Authorization", credentials("sip:example.test", nc=1))])
    call.respond(50.03, r, 401, "tr", [("WWW-Authenticate", challenge("n9", extra=", stale=true"))])
    r = register(call, 50.1, headers=[("Authorization", credentials("sip:example.test", "n9", nc=1))])
    registered(call, 50.13, r, 90)


@case("reg-403-404")
def account_unknown(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 404, "tr")


@case("reg-contact-absent")
def not_bound(talk):
    call = registrar_of(talk)
    r = register(call, 0)
    call.respond(0.02, r, 200, "tr", [("Contact", f"<{talk.carol.uri}>;expires=300")])


@case("reg-loop-423")
def minimum_not_heeded(talk):
    call = registrar_of(talk)
    for i in range(3):
        r = register(call, i, 60)
        call.respond(i + 0.02, r, 423, "tr", [("Min-Expires", "300")])


@case("reg-refresh-late")
def refreshed_too_late(talk):
    call = registrar_of(talk)
    registered(call, 0.05, register(call, 0, 60), 60)
    registered(call, 75.05, register(call, 75, 60), 60)


@case("reg-callid-cseq")
def register_number_repeats(talk):
    call = registrar_of(talk)
    registered(call, 0.05, register(call, 0, 60, cseq=9), 60)
    call.respond(30.05, register(call, 30, 60, cseq=4), 500, "tr")


@case("reg-expiry-cut")
def bound_for_seconds(talk):
    call = registrar_of(talk)
    registered(call, 0.05, register(call, 0, 3600), 20)
