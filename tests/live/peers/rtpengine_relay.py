#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Early media through a media relay: Kamailio puts rtpengine's addresses into both descriptions, sipp sends the tone. The
tone is heard at the sink, it comes from the relay's port and not from sipp's, and nothing is blamed on anybody."""
import socket
import time

import bench
import kamailio
import sipp_early_media

CONFIG = kamailio.HEAD + """
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:{control}")
request_route {{
    if (is_method("CANCEL")) {{ rtpengine_manage(); t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ if (is_method("BYE")) {{ rtpengine_manage(); }} t_relay(); exit; }}
        if (is_method("ACK")) {{ t_check_trans(); exit; }}
        sl_send_reply("481", "Call/Transaction Does Not Exist");
        exit;
    }}
    record_route();
    rtpengine_manage("replace-origin replace-session-connection");
    t_on_reply("1");
    $du = "sip:127.0.0.1:{callee}";
    t_relay();
}}
onreply_route[1] {{ if (has_body("application/sdp")) {{ rtpengine_manage("replace-origin replace-session-connection"); }} }}
"""


def answers(port):
    """Whether rtpengine answers a ping of its control protocol (bencode over UDP)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.sendto(b"1 d7:command4:pinge", ("127.0.0.1", port))
            return b"pong" in probe.recv(1000)
        except OSError:
            return False


def main():
    bench.need("sipp", "rtpengine")
    modules = kamailio.modules("rtpengine.so")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        sipp, callee = sipp_early_media.start_sipp(stage)
        port, control, media = bench.free_port(), bench.free_port(), bench.free_port()
        relay = stage.start("rtpengine", "--config-file=none", "--table=-1", "--interface=127.0.0.1", "--foreground",
                            f"--listen-ng=127.0.0.1:{control}", f"--port-min={media}", f"--port-max={media + 40}",
                            "--log-stderr", "--log-level=5", "--num-threads=2", f"--pidfile={stage.path('relay.pid')}")
        bench.wait_for(lambda: answers(control), what="rtpengine", process=relay)
        kamailio.start(stage, "proxy", CONFIG.format(modules=modules, port=port, control=control, callee=callee), port)
        code, call, errors = stage.earshot("call", f"sip:service@127.0.0.1:{port}", "--codecs", "PCMU", "--hangup-after",
                                           "1", "--json")
        print(errors)
        bench.check(code == 0, f"exit code 0 (was {code})")
        dialog = call["early_dialogs"][0]
        print(dialog.get("verdict"))
        bench.check(dialog["rtp_packets"] > 100, f"RTP of the early dialog counted: {dialog['rtp_packets']}")
        sources = {s["source"] for s in call["rtp"] if s["towards_caller"]}
        ports = {int(s.rsplit(":", 1)[1]) for s in sources}
        bench.check(ports and all(media <= p <= media + 40 for p in ports), f"it comes from the relay: {sorted(sources)}")
        print("\n".join(f"{f['rule']}: {f.get('text')}" for f in call["findings"]))
        bench.check(not [f for f in call["findings"] if f["severity"] in ("error", "warning")],
                    f"nobody is blamed: {[f['rule'] for f in call['findings']]}")
        by_code = {r["code"]: r for r in call["responses"] if not r["retransmission"]}
        progress, answered = (call["started_unix"] + by_code[c]["seconds"] for c in (183, 200))
        samples = sink.heard(progress + 0.5, answered)
        share = bench.tone_share(samples, 425)
        bench.check(share > 0.9, f"425 Hz heard at the sink before the 200: {share:.3f} of the energy, "
                                 f"{bench.level(samples):.1f} dBFS, {len(samples) / 8000:.2f} s")
        first = next((t for t, s in list(sink.pieces) if t > progress and bench.level(s) > -40), None)
        bench.check(first is not None, "the sound has a beginning")
        print(f"figure  183 on the wire to first audible sample, through the relay: {(first - progress) * 1000:.0f} ms")
        bench.check(sipp.wait(10) == 0, "sipp is content: ACK and BYE came")


if __name__ == "__main__":
    main()
