#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Digest with MD5 and with SHA-256 against Kamailio, over UDP and over TLS: an account is registered, a call goes through
to sipp with its early media, and a wrong password is told as what it is, after one try."""
import bench
import kamailio
import sipp_early_media
import tls_calls

CONFIG = """
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "qop", "auth")
request_route {{
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ t_check_trans(); exit; }}
        sl_send_reply("481", "Call/Transaction Does Not Exist");
        exit;
    }}
    if (is_method("CANCEL|ACK")) {{ t_relay(); exit; }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("lab.test", "se cret", "0")) {{ www_challenge("lab.test", "1"); exit; }}
        save("location");
        exit;
    }}
    if (!pv_proxy_authenticate("lab.test", "se cret", "0")) {{ proxy_challenge("lab.test", "1"); exit; }}
    consume_credentials();
    record_route();
    $du = "sip:127.0.0.1:" + $rU;
    t_relay();
}}
"""


def one(stage, modules, pem, ca, algorithm, transport):
    """Registers and calls through a Kamailio that takes this algorithm."""
    name = f"{algorithm} over {transport.upper()}"
    print(f"-- {name}")
    port, tls = bench.free_port(), bench.free_port()
    edge = kamailio.start(stage, f"edge-{algorithm}-{transport}",
                          kamailio.HEAD.format(modules=modules, port=port) + kamailio.TLS.format(pem=pem, tls=tls) +
                          kamailio.REGISTRAR.format(timer=20) + CONFIG.format(algorithm=algorithm), port, tls)
    server = f"127.0.0.1:{tls if transport == 'tls' else port}"
    credentials = ["--user", "bob", "--password-file", stage.path("password"), "--tls-ca", ca]
    bob = kamailio.Bob(stage, "--aor", f"sip:bob@{server}", "--proxy", f"sip:{server};transport={transport}", *credentials,
                       "--seconds", "30", "--output", "silent", session=f"registered-{algorithm}-{transport}")
    try:
        bob.wait("flow 1  UP ")
    finally:
        bob.end()
    sipp, callee = sipp_early_media.start_sipp(stage)
    target = f"sip:{callee}@{server};transport={transport}"
    session = stage.path(f"call-{algorithm}-{transport}.pcapng")
    code, call, errors = stage.earshot("call", target, "--from", f"sip:bob@{server}", *credentials, "--codecs", "PCMU",
                                       "--hangup-after", "0.3", "--output", "silent", "--session", session, "--json")
    print(errors)
    bench.check(code == 0 and call["answered"] is not None, f"{name}: the call was answered (exit code {code})")
    bench.check(call["invites_sent"] == 2, f"{name}: INVITE, 407, INVITE with credentials: {call['invites_sent']}")
    bench.check(call["early_dialogs"][0]["rtp_packets"] > 100, f"{name}: its early media came")
    bench.check(sipp.wait(10) == 0, f"{name}: sipp is content")
    text = stage.log(session)
    answers = [line for line in text.splitlines() if "Proxy-Authorization: " in line]
    bench.check(any(f"algorithm={algorithm}," in each.replace('"', "") + "," for each in answers),
                f"{name}: that algorithm was answered")
    bench.check("se cret" not in text, f"{name}: the password is in no message")
    code, call, errors = stage.earshot("call", target, "--from", f"sip:bob@{server}", "--user", "bob", "--password-file",
                                       stage.path("wrong"), "--tls-ca", ca, "--output", "silent", "--json")
    print(errors)
    bench.check(code != 0 and call["final"]["code"] == 407 and call["invites_sent"] == 2,
                f"{name}: a wrong password is tried once: {call['final']}, {call['invites_sent']} INVITEs")
    bench.check("password" in errors, f"{name}: and it is said to be wrong")
    edge.terminate()
    edge.wait(10)


def main():
    bench.need("openssl", "sipp")
    modules = kamailio.modules("auth.so", "tls.so", "registrar.so")
    with bench.Stage() as stage:
        ca = tls_calls.authority(stage, "test-ca")
        pem = tls_calls.certificate(stage, "edge", "test-ca", "IP:127.0.0.1")
        stage.write("password", "se cret\n")
        stage.write("wrong", "se cred\n")
        for algorithm in ("MD5", "SHA-256"):
            for transport in ("udp", "tls"):
                one(stage, modules, pem, ca, algorithm, transport)


if __name__ == "__main__":
    main()
