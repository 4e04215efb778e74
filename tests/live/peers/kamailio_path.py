#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Kamailio edge that puts itself into Path, and a Kamailio registrar behind it.

Two flows over TCP and TLS; one is cut and the call takes the other; none is left; the edge starts anew with another
key of its flow tokens and answers 403, which the capture between the two explains."""
import bench
import kamailio
import tls_calls

EDGE = """
loadmodule "path.so"
loadmodule "textops.so"
modparam("path", "use_received", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if ($rm == "CANCEL") {{ t_relay_cancel(); exit; }}
    if ($rm == "REGISTER") {{
        remove_hf("Route");
        add_path();
        $du = "sip:127.0.0.1:{registrar}";
        t_relay();
        exit;
    }}
    loose_route();
    $var(way) = $rc;
    if ($var(way) < 0 && $hdr(Route) != $null) {{ sl_send_reply("403", "Forbidden"); exit; }}
    if ($rm == "INVITE" && $tt == $null) {{ record_route(); }}
    if ($var(way) == 2 && $si == "127.0.0.1" && $sp == {registrar}) {{
        # Over the flow or not at all, and without state: tm answers 477 by itself where a connection has just gone.
        set_forward_no_connect();
        if (!forward()) {{ sl_send_reply("430", "Flow Failed"); }}
        exit;
    }}
    t_relay();
    exit;
}}
"""

HOME = """
loadmodule "tmx.so"
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 0)
modparam("tm", "contacts_avp", "tm_contacts")
modparam("tm", "contact_flows_avp", "tm_contact_flows")
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if ($rm == "REGISTER") {{ save("location"); exit; }}
    if ($rm == "CANCEL") {{ t_relay_cancel(); exit; }}
    if ($tt != $null) {{ loose_route(); t_relay(); exit; }}
    record_route();
    if (!lookup("location")) {{ sl_send_reply("480", "Nobody is registered"); exit; }}
    t_load_contacts();
    t_next_contacts();
    t_on_branch_failure("flow");
    t_relay();
    exit;
}}
event_route[tm:branch-failure:flow] {{
    if (t_check_status("430")) {{
        unregister("location", "$tu", "$T_reply_ruid");
        if (t_next_contact_flow()) {{
            t_on_branch_failure("flow");
            t_relay();
        }}
    }}
}}
"""


def edge_text(modules, port, tls, registrar, pem):
    """Without flow_token_secret every start of the edge draws another key for its flow tokens."""
    return (kamailio.HEAD.format(modules=modules, port=port) + kamailio.TLS.format(pem=pem, tls=tls) +
            EDGE.format(registrar=registrar))


def told(stage, capture, name, must):
    """The capture tells it; its last packets may still be on their way to us."""
    path = stage.path(name)
    bench.wait_for(lambda: set(must) <= set(kamailio.findings(stage, capture.write(path))), what=f"{must} in the capture")
    kamailio.compare(stage, path, must)


def main():
    bench.need("openssl")
    modules = kamailio.modules("path.so", "tls.so", "registrar.so")
    with bench.Stage() as stage:
        ca = tls_calls.authority(stage, "test-ca")
        pem = tls_calls.certificate(stage, "edge", "test-ca", "IP:127.0.0.1")
        port, tls, home = (bench.free_port() for _ in range(3))
        kamailio.start(stage, "home", kamailio.HEAD.format(modules=modules, port=home) +
                       kamailio.REGISTRAR.format(timer=20) + HOME.format(), home)
        edge = kamailio.start(stage, "edge", edge_text(modules, port, tls, home, pem), port, tls)
        first, second = kamailio.Relay(port), kamailio.Relay(tls)
        bob = kamailio.Bob(stage, "--aor", f"sip:bob@127.0.0.1:{home}", "--tls-ca", ca, "--answer",
                           "--proxy", f"sip:127.0.0.1:{first.port};transport=tcp",
                           "--proxy", f"sip:127.0.0.1:{second.port};transport=tls",
                           "--seconds", "150", "--ping-after", "0.2", "--output", "silent", session="two-edges")
        try:
            bob.wait("flow 1  UP ", "TCP", "pong")
            bob.wait("flow 2  UP ", "TLS", "pong")
            caller = kamailio.Caller(home)
            bench.check(caller.call("first") == 200, "a call comes in over a flow token of the edge")
            first.cut(refuse=True)
            bob.wait("flow 1  BACKING OFF")
            capture = kamailio.Capture.open(home)
            status = caller.call("second")
            bench.check(status == 200, f"flow 1 is gone: the call comes in by the other flow ({status})")
            if capture:
                told(stage, capture, "other-flow.pcapng", {"flow-failover-ok"})
            second.cut(refuse=True)
            bob.wait("calls do not reach this account since")
            capture = kamailio.Capture.open(home)
            status = caller.call("third")
            bench.check(status in (430, 480), f"no flow is left: the caller hears {status}")
            if capture:
                told(stage, capture, "no-flow.pcapng", {"flow-430-initial"})
        finally:
            bob.end()
        kamailio.compare(stage, bob.session, {"flow-closed-by-peer"})
        wrong_key(stage, modules, edge, (port, tls, home, pem, ca))


def wrong_key(stage, modules, edge, settings):
    port, tls, home, pem, ca = settings
    # A user agent that does not notice: its connection ends at the relay, which stays open.
    relay = kamailio.Relay(port)
    bob = kamailio.Bob(stage, "--aor", f"sip:bob@127.0.0.1:{home}", "--answer", "--tls-ca", ca,
                       "--proxy", f"sip:127.0.0.1:{relay.port};transport=tcp", "--seconds", "60", "--ping-after",
                       "0.2", "--output", "silent", session="wrong-key")
    try:
        bob.wait("flow 1  UP ", "TCP", "pong")
        relay.refusing = True
        edge.terminate()
        edge.wait(15)
        bob.wait("calls do not reach this account since")
        kamailio.start(stage, "edge", edge_text(modules, port, tls, home, pem), port, tls)
        capture = kamailio.Capture.open(home)
        kamailio.Caller(home).call("warm-up")  # its processes take a moment to start
        status = kamailio.Caller(home).call("wrong-key")
        bench.check(status == 403, f"the edge has another key: {status}")
        if capture:
            told(stage, capture, "key.pcapng", {"flow-403-token"})
    finally:
        bob.end()
    kamailio.compare(stage, bob.session, {"flow-closed-by-peer"})


if __name__ == "__main__":
    main()
