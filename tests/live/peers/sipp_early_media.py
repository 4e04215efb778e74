#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A call to sipp: 100, 183 with SDP, 425 Hz PCMU for 3 s, 200. The tone is heard at the sink before the 200."""
import socket

import bench

SCENARIO = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="183 with early media">
  <recv request="INVITE" crlf="true"/>
  <send><![CDATA[
SIP/2.0 100 Trying
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <send><![CDATA[
SIP/2.0 183 Session Progress
[last_Via:]
[last_From:]
[last_To:];tag=[pid]early[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=peer 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <nop><action><exec rtp_stream="tone.ulaw,1,0"/></action></nop>
  <pause milliseconds="3000"/>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]early[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=peer 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv request="ACK" crlf="true"/>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


def main():
    bench.need("sipp")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        sipp, port = start_sipp(stage)
        code, call, errors = stage.earshot("call", f"sip:service@127.0.0.1:{port}", "--codecs", "PCMU",
                                           "--hangup-after", "1", "--record", "recordings", "--json")
        print(errors)
        bench.check(code == 0, f"exit code 0 (was {code})")
        by_code = {r["code"]: r for r in call["responses"] if not r["retransmission"]}
        bench.check({100, 183, 200} <= set(by_code), f"100, 183 and 200 seen: {sorted(by_code)}")
        dialog = call["early_dialogs"][0]
        bench.check(dialog["rtp_packets"] > 100, f"RTP of the early dialog counted: {dialog['rtp_packets']}")
        bench.check(dialog["codec"] == "PCMU", "codec PCMU")
        bench.check(not [f for f in call["findings"] if f["severity"] == "error"], "no finding of severity error")
        answered = call["started_unix"] + by_code[200]["seconds"]
        progress = call["started_unix"] + by_code[183]["seconds"]
        samples = sink.heard(progress + 0.5, answered)
        share = bench.tone_share(samples, 425)
        bench.check(share > 0.9, f"425 Hz heard at the sink before the 200: {share:.3f} of the energy, "
                                 f"{bench.level(samples):.1f} dBFS, {len(samples) / 8000:.2f} s")
        bench.check(bench.tone_share(samples, 700) < 0.02, "and nothing at 700 Hz")
        first = next((t for t, s in list(sink.pieces) if t > progress and bench.level(s) > -40), None)
        bench.check(first is not None, "the sound has a beginning")
        print(f"figure  183 on the wire to first audible sample: {(first - progress) * 1000:.0f} ms")
        bench.check(sipp.wait(10) == 0, "sipp is content: ACK and BYE came")


def start_sipp(stage, *more, scenario=SCENARIO):
    """A UAS that plays the scenario once; returns its process and port."""
    stage.write("tone.ulaw", bench.tone_ulaw(425, 6), "wb")
    port = bench.free_port()
    media = bench.free_port()
    file = stage.write("uas.xml", scenario)
    sipp = stage.start("sipp", "-sf", file, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-m", "1",
                       "-mp", str(media), "-nostdin", "-timeout", "40s", *more)
    bench.wait_for(lambda: _udp_taken(port), what="sipp's port", process=sipp)
    return sipp, port


def _udp_taken(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


if __name__ == "__main__":
    main()
