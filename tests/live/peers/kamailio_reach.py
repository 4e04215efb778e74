#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kamailio as edge and registrar: flows over TLS, TCP and UDP; one is cut and a call comes by another; none is left."""
import bench
import kamailio
import tls_calls

CONFIG = kamailio.HEAD + kamailio.TLS + kamailio.REGISTRAR + """
loadmodule "nathelper.so"
modparam("registrar|nathelper", "received_avp", "$avp(RECEIVED)")
modparam("usrloc", "handle_lost_tcp", 1)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if ($rm == "REGISTER") {{ fix_nated_register(); save("location"); exit; }}
    if ($tt != $null) {{ loose_route(); t_relay(); exit; }}
    if ($rm == "CANCEL") {{ t_relay_cancel(); exit; }}
    record_route();
    if (!lookup("location")) {{ sl_send_reply("480", "Nobody is registered"); exit; }}
    if (!t_relay()) {{ sl_send_reply("430", "Flow Failed"); }}
    exit;
}}
"""


def main():
    bench.need("openssl")
    modules = kamailio.modules("tls.so", "nathelper.so", "registrar.so")
    with bench.Stage() as stage:
        ca = tls_calls.authority(stage, "test-ca")
        pem = tls_calls.certificate(stage, "edge", "test-ca", "IP:127.0.0.1")
        port, tls = bench.free_port(), bench.free_port()
        config = CONFIG.format(timer=20, port=port, tls=tls, modules=modules, pem=pem)
        edge = kamailio.start(stage, "edge", config, port, tls)
        relay = kamailio.Relay(port)
        bob = kamailio.Bob(stage, "--aor", f"sip:bob@127.0.0.1:{port}", "--tls-ca", ca, "--answer",
                           "--proxy", f"sip:127.0.0.1:{relay.port};transport=tcp",
                           "--proxy", f"sip:127.0.0.1:{tls};transport=tls",
                           "--proxy", f"sip:127.0.0.1:{port};transport=udp", "--seconds", "60", "--ping-after", "0.2",
                           "--output", "silent", session="edge-restarted")
        try:
            for flow, transport in ((1, "TCP"), (2, "TLS"), (3, "UDP")):
                bob.wait(f"flow {flow}  UP ", transport, "pong")
            bench.check(bob.has("verified") and not bob.has("NOT verified"), "the TLS edge was verified")
            bob.wait("calls reach this account since")
            caller = kamailio.Caller(port)
            bench.check(caller.call("first") == 200, "a call comes in and is answered")
            began = len(bob.seen)
            relay.cut()
            bob.wait("flow 1  FAILED", "FIN", after=began)
            bench.check(caller.call("second") == 200, "one connection cut: the call comes by another flow")
            bob.wait("flow 1  UP ", after=began)
            began = len(bob.seen)
            edge.terminate()
            edge.wait(10)
            bob.wait("calls do not reach", after=began)
            bench.check(bob.has("flow 2  FAILED", after=began), "the end of the edge was seen on the TLS flow")
            bob.wait("BACKING OFF", "W = ", after=began)
            kamailio.start(stage, "edge", config, port, tls)
            bench.check(kamailio.Caller(port).call("third") == 480, "the edge restarted and knows no flow: 480")
        finally:
            bob.end()
        # Nobody listens while the edge restarts; it forks to all three flows at once, of which
        # the 482 of the one device is a mere consequence.
        kamailio.compare(stage, bob.session, {"flow-closed-by-peer", "flow-parallel-same-instance", "tx-icmp"})


if __name__ == "__main__":
    main()
