#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two RFC 5626 flows to Kamailio with its outbound module; the second connection is cut and comes back."""
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time

import bench

CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=2
disable_tcp=no
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
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
modparam("usrloc", "db_mode", 0)
modparam("registrar", "outbound_mode", 1)
modparam("registrar", "flow_timer", 20)
modparam("registrar", "gruu_enabled", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if ($rm == "REGISTER") {{ save("location"); exit; }}
    sl_send_reply("404", "Not here");
}}
"""


class Relay:
    """A TCP relay that can be cut: what stands between a user agent and its edge."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        self.accepted = 0
        self.ponged = False  # a pong of RFC 5626 section 3.5.1 went back to the user agent
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            self.accepted += 1
            self.pairs.append((near, far))
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    def _pump(self, near, far):
        try:
            while True:
                for ready in select.select([near, far], [], [], 60)[0]:
                    data = ready.recv(65536)
                    if not data:
                        raise OSError
                    self.ponged |= ready is far and data == b"\r\n"
                    (far if ready is near else near).sendall(data)
        except OSError:
            for end in (near, far):
                end.close()

    def cut(self):
        for near, far in self.pairs:
            for end in (near, far):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()


def main():
    bench.need("kamailio")
    modules = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
    if not os.path.isdir(modules):
        folders = subprocess.run(["dpkg", "-L", "kamailio"], capture_output=True, text=True).stdout.split()
        modules = next((f for f in folders if f.endswith("/kamailio/modules")), modules)
    if not os.path.exists(os.path.join(modules, "outbound.so")):
        bench.skip("Kamailio has no outbound module here")
    with bench.Stage() as stage:
        port = bench.free_port()
        config = stage.write("kamailio.cfg", CONFIG.format(port=port, modules=modules))
        edge = stage.start("kamailio", "-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", stage.folder,
                           "-w", stage.folder)
        relay = Relay(port)
        bench.wait_for(lambda: _listens(port), what="Kamailio's port", process=edge)
        process = subprocess.Popen(
            [bench.EARSHOT, "register", "--aor", f"sip:bob@127.0.0.1:{port}",
             "--proxy", f"sip:127.0.0.1:{port};transport=tcp;lr", "--proxy", f"sip:127.0.0.1:{relay.port};transport=tcp;lr",
             "--seconds", "14", "--output", "silent", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=stage.environment, cwd=stage.folder)
        stage.processes.append(process)
        bench.wait_for(lambda: relay.accepted == 1, what="the second flow's connection")
        bench.wait_for(lambda: relay.ponged, what="the first pong: the flow is UP, not just registered")
        cut_at = time.time()
        relay.cut()
        out, errors = process.communicate(timeout=40)
        print(errors)
        document = json.loads(out)
        events = document["events"]
        for event in events:
            print(f"        {event['seconds']:7.3f}  flow {event['reg_id']}  {event['state']:<12} {event['reason']}")
        first = [e["state"] for e in events if e["reg_id"] == 1]
        second = [e["state"] for e in events if e["reg_id"] == 2]
        bench.check(process.returncode == 0, f"exit code 0 (was {process.returncode})")
        bench.check("UP" in first, "flow 1 came up")
        bench.check("FAILED" not in first, "flow 1 never failed")
        bench.check("UP" in second and "FAILED" in second, "flow 2 came up and failed when its connection was cut")
        bench.check("UP" in second[second.index("FAILED"):], "flow 2 recovered to UP")
        failed = next(e for e in events if e["reg_id"] == 2 and e["state"] == "FAILED")
        started = document["started"]
        print(f"figure  cut to FAILED: {(started + failed['seconds'] - cut_at) * 1000:.0f} ms")
        bench.check(started + failed["seconds"] - cut_at < 2, "the loss was noticed at once, not by a timer")
        bench.check(relay.accepted >= 2, f"a new connection for the same reg-id ({relay.accepted} in all)")
        pongs = [e["pong_ms"] for e in events if e["pong_ms"] > 0]
        bench.check(bool(pongs), "Kamailio's pongs were timed")
        registers = _registers(stage, document)
        bench.check(registers, "reg-id, +sip.instance and one Call-ID per flow on the wire")


def _registers(stage, document):
    """The flow 2 REGISTERs kept their Call-ID over the recovery."""
    calls = [c for c in document["report"]["calls"] if c.get("kind") == "registration"]
    ids = {c["call_id"] for c in calls}
    print(f"        {len(calls)} registrations with {len(ids)} Call-IDs")
    return len(ids) == 2


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
