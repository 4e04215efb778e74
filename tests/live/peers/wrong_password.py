#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A wrong password: one clear sentence, exit 5, the finding auth-loop, few INVITEs, and the password nowhere."""
import bench
from peer import RegistrarPeer, UasPeer

PASSWORD = "hunter2-but-longer"
CHALLENGES = {
    "401 MD5": ("401 Unauthorized", 'WWW-Authenticate: Digest realm="lab", nonce="a1b2c3", algorithm=MD5, qop="auth"'),
    "407 MD5": ("407 Proxy Authentication Required",
                'Proxy-Authenticate: Digest realm="lab", nonce="d4e5f6", algorithm=MD5, qop="auth"'),
    "401 SHA-256": ("401 Unauthorized",
                    'WWW-Authenticate: Digest realm="lab", nonce="070809", algorithm=SHA-256, qop="auth"'),
    "407 SHA-256": ("407 Proxy Authentication Required",
                    'Proxy-Authenticate: Digest realm="lab", nonce="0a0b0c", algorithm=SHA-256, qop="auth"'),
}


def sentences(errors):
    return [line for line in errors.splitlines() if line.startswith("earshot: ")]


def main():
    with bench.Stage() as stage:
        stage.environment["EARSHOT_OUTPUT"] = "silent"
        secret = stage.write("password", PASSWORD + "\n")
        who = ("--user", "bob", "--password-file", secret)
        for name, challenge in CHALLENGES.items():
            peer = UasPeer([], challenge)
            code, call, errors = stage.earshot("call", peer.uri("alice"), *who, "--json")
            said = sentences(errors)
            bench.check(code == 5, f"{name}: exit 5 (was {code})")
            bench.check(len([s for s in said if "password" in s]) == 1, f"{name}: one sentence names it: {said}")
            bench.check("auth-loop" in {f["rule"] for f in call["findings"]},
                        f"{name}: auth-loop is found: {[f['rule'] for f in call['findings']]}")
            bench.check(peer.count("INVITE") == 2, f"{name}: asked once more, then given up: {peer.methods()}")
            bench.check(call["invites_sent"] == 2, f"{name}: invites_sent {call['invites_sent']}")
            bench.check("uthorization: Digest" in "".join(peer.seen),
                        f"{name}: the challenge was answered")
            bench.check(PASSWORD not in errors + str(call), f"{name}: the password is nowhere")
        registrar = RegistrarPeer(CHALLENGES["401 SHA-256"])
        code, document, errors = stage.earshot("register", "--aor", "sip:bob@127.0.0.1", "--proxy", registrar.uri(),
                                               *who, "--seconds", "2", "--json")
        bench.check(code == 5 and len(sentences(errors)) == 1 and "password" in errors,
                    f"registering: exit 5 and one sentence: {code} {errors.strip()}")
        bench.check(PASSWORD not in errors + str(document), "registering: the password is nowhere")
        code, _, errors = stage.earshot("call", "sip:alice@127.0.0.1:9", "--user", "bob")
        bench.check(code == 2 and len(sentences(errors)) == 1, f"a user without a password: exit 2: {errors.strip()}")


if __name__ == "__main__":
    main()
