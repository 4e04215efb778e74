#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two RFC 5626 flows to Kamailio with its outbound module, kept as its Flow-Timer wants it; one is cut and comes back."""
import json
import subprocess
import time

import bench
import kamailio

CONFIG = kamailio.HEAD + kamailio.REGISTRAR + """
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if ($rm == "REGISTER") {{ save("location"); exit; }}
    sl_send_reply("404", "Not here");
}}
"""


TIMER = 4


def kept(stage, port):
    """Two flows for three times the Flow-Timer: each is pinged after 80 to 100 % of it (RFC 5626 section 4.4)."""
    proxies = ["--proxy", f"sip:127.0.0.1:{port};transport=tcp;lr"] * 2
    code, document, errors = stage.earshot(
        "register", "--aor", f"sip:bob@127.0.0.1:{port}", *proxies, "--seconds", str(3 * TIMER), "--ping-after", "0.2",
        "--output", "silent", "--json", "--session", stage.path("two-flows.pcapng"))
    print(errors)
    bench.check(code == 0 and [f["state"] for f in document["flows"]] == ["UP", "UP"], "two flows are UP")
    for flow in document["flows"]:
        bench.check(flow["flow_timer"] == TIMER and len(flow["pongs_ms"]) >= 3,
                    f"flow {flow['reg_id']}: Flow-Timer {flow['flow_timer']}, {len(flow['pongs_ms'])} pongs")
    code, seen, _ = stage.earshot("check", "--json", stage.path("two-flows.pcapng"))
    for flow in seen["flows"]:
        pings = [kamailio.seconds(e["time"]) for e in flow["evidence"] if e["text"] == "ping"]
        gaps = [b - a for a, b in zip(pings, pings[1:])]
        bench.check(len(gaps) >= 2 and min(gaps) > 0.79 * TIMER, f"flow {flow['reg_id']}: pings {gaps} s apart")
    kamailio.compare(stage, stage.path("two-flows.pcapng"), set())


def main():
    modules = kamailio.modules("registrar.so")
    with bench.Stage() as stage:
        port = bench.free_port()
        kamailio.start(stage, "edge", CONFIG.format(port=port, modules=modules, timer=TIMER), port)
        kept(stage, port)
        relay = kamailio.Relay(port)
        process = subprocess.Popen(
            [bench.EARSHOT, "register", "--aor", f"sip:bob@127.0.0.1:{port}",
             "--proxy", f"sip:127.0.0.1:{port};transport=tcp;lr", "--proxy", f"sip:127.0.0.1:{relay.port};transport=tcp;lr",
             "--seconds", "14", "--output", "silent", "--json", "--session", stage.path("cut.pcapng")],
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
        pongs = [e["pong_ms"] for e in events if e["pong_ms"]]
        bench.check(bool(pongs), "Kamailio's pongs were timed")
        registers = _registers(stage, document)
        bench.check(registers, "reg-id, +sip.instance and one Call-ID per flow on the wire")
        kamailio.compare(stage, stage.path("cut.pcapng"), {"flow-closed-by-peer"})


def _registers(stage, document):
    """The flow 2 REGISTERs kept their Call-ID over the recovery."""
    calls = [c for c in document["report"]["calls"] if c.get("kind") == "registration"]
    ids = {c["call_id"] for c in calls}
    print(f"        {len(calls)} registrations with {len(ids)} Call-IDs")
    return len(ids) == 2


if __name__ == "__main__":
    main()
