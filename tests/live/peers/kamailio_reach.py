#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kamailio as edge and registrar: flows over TLS, TCP and UDP; one is cut and a call comes by another; none is left."""
import json
import os
import socket
import subprocess
import threading
import time

import bench
import kamailio_flows
import tls_calls

CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
disable_tcp=no
enable_tls=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
listen=tls:127.0.0.1:{tls}
tcp_connection_lifetime=60
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "outbound.so"
loadmodule "stun.so"
loadmodule "tls.so"
loadmodule "nathelper.so"
modparam("registrar|nathelper", "received_avp", "$avp(RECEIVED)")
modparam("tls", "certificate", "{pem}")
modparam("tls", "private_key", "{pem}")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "handle_lost_tcp", 1)
modparam("registrar", "outbound_mode", 1)
modparam("registrar", "flow_timer", 20)
modparam("registrar", "gruu_enabled", 0)
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


class Caller:
    """Sends one INVITE over UDP, acknowledges the answer and hangs up; returns the final status."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.own = self.socket.getsockname()[1]

    def request(self, method, call_id, to, cseq, body="", branch="", route=(), uri=None):
        lines = [f"{method} {uri or f'sip:bob@127.0.0.1:{self.port}'} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.own};branch=z9hG4bK{branch or method}{call_id}",
                 "Max-Forwards: 70", "From: <sip:alice@127.0.0.1>;tag=a", f"To: {to}", f"Call-ID: {call_id}",
                 f"CSeq: {cseq} {method}", f"Contact: <sip:alice@127.0.0.1:{self.own}>", *route]
        if body:
            lines.append("Content-Type: application/sdp")
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self.socket.sendto(text.encode(), ("127.0.0.1", self.port))

    def call(self, call_id):
        import peer
        to = f"<sip:bob@127.0.0.1:{self.port}>"
        self.request("INVITE", call_id, to, 1, peer.SDP)
        while True:
            text = self.socket.recv(65536).decode("latin-1")
            if f"Call-ID: {call_id}" not in text or "INVITE" not in peer.header(text, "CSeq"):
                continue
            status = int(text.split(" ")[1])
            if status < 200:
                continue
            to = peer.header(text, "To")
            if status >= 300:
                self.request("ACK", call_id, to, 1, branch="INVITE")
                return status
            routes = [f"Route: {line.split(':', 1)[1].strip()}" for line in text.split("\r\n")
                      if line.lower().startswith("record-route")][::-1]
            target = peer.header(text, "Contact").split("<")[1].split(">")[0]
            self.request("ACK", call_id, to, 1, branch="ackfor", route=routes, uri=target)
            self.request("BYE", call_id, to, 2, route=routes, uri=target)
            return status


def events_of(process, seen):
    for line in process.stdout:
        seen.append(line.rstrip("\n"))


def has(seen, *words, after=0):
    return any(all(w in line for w in words) for line in seen[after:])


def main():
    bench.need("kamailio", "openssl")
    modules = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
    for module in ("outbound.so", "tls.so", "stun.so"):
        if not os.path.exists(os.path.join(modules, module)):
            bench.skip(f"Kamailio has no {module} here")
    with bench.Stage() as stage:
        ca = tls_calls.authority(stage, "test-ca")
        pem = tls_calls.certificate(stage, "edge", "test-ca", "IP:127.0.0.1")
        port, tls = bench.free_port(), bench.free_port()
        config = stage.write("kamailio.cfg", CONFIG.format(port=port, tls=tls, modules=modules, pem=pem))

        def kamailio():
            process = stage.start("kamailio", "-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", stage.folder,
                                  "-w", stage.folder)
            bench.wait_for(lambda: kamailio_flows._listens(port) and kamailio_flows._listens(tls), what="Kamailio",
                           process=process)
            return process

        edge = kamailio()
        relay = kamailio_flows.Relay(port)
        process = subprocess.Popen(
            [bench.EARSHOT, "register", "--aor", f"sip:bob@127.0.0.1:{port}", "--tls-ca", ca, "--answer",
             "--proxy", f"sip:127.0.0.1:{relay.port};transport=tcp", "--proxy", f"sip:127.0.0.1:{tls};transport=tls",
             "--proxy", f"sip:127.0.0.1:{port};transport=udp", "--seconds", "60", "--ping-after", "0.2",
             "--output", "silent"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=stage.environment, cwd=stage.folder)
        stage.processes.append(process)
        seen = []
        threading.Thread(target=events_of, args=(process, seen), daemon=True).start()
        try:
            for flow, transport in ((1, "TCP"), (2, "TLS"), (3, "UDP")):
                bench.wait_for(lambda f=flow: has(seen, f"flow {f}  UP ", "pong"), what=f"flow {flow} UP")
                bench.check(has(seen, f"flow {flow}  UP ", transport, "pong"), f"flow {flow} is UP over {transport}")
            bench.check(has(seen, "verified") and not has(seen, "NOT verified"), "the TLS edge was verified")
            bench.check(has(seen, "calls reach this account since"), "the account can be called")
            caller = Caller(port)
            bench.check(caller.call("first") == 200, "a call comes in and is answered")
            began = len(seen)
            relay.cut()
            bench.wait_for(lambda: has(seen, "flow 1  FAILED", "FIN", after=began), what="flow 1 FAILED")
            bench.check(caller.call("second") == 200, "one connection cut: the call comes by another flow")
            bench.wait_for(lambda: has(seen, "flow 1  UP ", after=began), what="flow 1 UP again")
            bench.check(True, "flow 1 came back by itself")
            began = len(seen)
            edge.terminate()
            edge.wait(10)
            bench.wait_for(lambda: has(seen, "calls do not reach", after=began), 30, what="nobody reachable")
            bench.check(has(seen, "flow 2  FAILED", "alert", after=began) or has(seen, "flow 2  FAILED", after=began),
                        "the end of the edge was seen on the TLS flow")
            bench.check(has(seen, "BACKING OFF", "W = ", after=began), "the wait and its terms are told")
            edge = kamailio()
            bench.check(Caller(port).call("third") == 480, "the edge restarted and knows no flow: 480")
        finally:
            process.terminate()
            process.wait(10)
            time.sleep(0.1)
            print("\n".join(line[:200] for line in seen[:60]))
        document = json.dumps(seen)
        bench.check("Traceback" not in document, "no surprise in the output")


if __name__ == "__main__":
    main()
