#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every kind of 183 as a scenario of sipp: what Earshot says of it, what is heard at the sink, and that sipp is content
with what Earshot sent (a PRACK for each reliable response, ACK, BYE or CANCEL as its scenario has it)."""
import time

import bench
import sipp_early_media

HEAD = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="{name}">
  <recv request="INVITE" crlf="true"><action>
    <ereg regexp=".+" search_in="hdr" header="Via:" assign_to="via"/>
    <ereg regexp=".+" search_in="hdr" header="From:" assign_to="from"/>
    <ereg regexp=".+" search_in="hdr" header="To:" assign_to="to"/>
    <ereg regexp=".+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
  </action></recv>
"""
TAIL = """  <Reference variables="via,from,to,cseq"/>
</scenario>
"""
SDP = """v=0
o=peer 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP {kind}
a=rtpmap:{kind} {codec}/8000
"""
CODECS = {0: "PCMU", 8: "PCMA"}


def send(status, tag="", kind=None, version=1, more=(), again=False):
    """A response to the INVITE; with `kind`, its SDP names that payload type."""
    body = SDP.format(version=version, kind=kind, codec=CODECS[kind]) if kind is not None else ""
    lines = [f"SIP/2.0 {status}", "Via:[$via]", "From:[$from]", "To:[$to]" + (f";tag={tag}" if tag else ""),
             "Call-ID: [call_id]", "CSeq:[$cseq]", *more]
    if tag:
        lines.append("Contact: <sip:[local_ip]:[local_port]>")
    if body:
        lines.append("Content-Type: application/sdp")
    text = "\n".join([*lines, "Content-Length: [len]", "", body])
    repeat = ' retrans="500"' if again else ""
    return f"  <send{repeat}><![CDATA[\n{text}\n]]></send>\n"


def accept(tag=""):
    """200 to the request that came last, which is not the INVITE; a CANCEL's has no To-tag of its own yet."""
    return (f"  <send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n"
            "Content-Length: 0\n\n]]></send>\n")


def receive(method, more=""):
    return f'  <recv request="{method}"{more}/>\n'


def rest(milliseconds):
    return f'  <pause milliseconds="{milliseconds}"/>\n'


def sound(kind=0):
    return f'  <nop><action><exec rtp_stream="tone.ulaw,1,{kind}"/></action></nop>\n'


def reliable(number):
    return ["Require: 100rel", f"RSeq: {number}"]


PROGRESS = "183 Session Progress"
TRYING = send("100 Trying")
GIVEN_UP = receive("CANCEL") + accept(";tag=one") + send("487 Request Terminated", "one", again=True) + receive("ACK")
TALKED = receive("ACK") + receive("BYE") + accept()


def answered(kind=0, version=1):
    return send("200 OK", "one", kind, version, again=True) + TALKED


def prack_lost():
    """Its 183 is repeated as RFC 3262 section 3 has it; what comes for it is dropped."""
    steps = ""
    for number, wait in enumerate((500, 1000, 1500)):
        steps += send(PROGRESS, "one", 0, more=reliable(1))
        steps += f'  <recv request="PRACK" lost="100" timeout="{wait}" ontimeout="{number}"/>\n  <label id="{number}"/>\n'
    return steps + '  <recv request="PRACK" optional="true" lost="100"/>\n'


# name, steps, options, words of one verdict, tone in Hz at the sink from 1 s after the first 183 on (0: none), findings
VARIANTS = [
    ("reliable", TRYING + send(PROGRESS, "one", 0, more=reliable(1)) + receive("PRACK") + accept() + sound() + rest(2500) +
     answered(), [], "Early media is played", 425, []),
    ("forked", TRYING + send(PROGRESS, "two", 0) + send(PROGRESS, "one", 0) + sound() + rest(2500) + answered(), [],
     "Early media is played", 425, []),
    ("wrong payload type", TRYING + send(PROGRESS, "one", 0) + sound(18) + GIVEN_UP, ["--codecs", "PCMU"],
     "cannot be decoded", 0, ["em-wrong-pt"]),
    ("no RTP", TRYING + send(PROGRESS, "one", 0) + GIVEN_UP, [], "announced, none was received", 0, ["em-183-sdp-no-rtp"]),
    ("RTP before the 183", TRYING + sound() + rest(300) + send(PROGRESS, "one", 0) + rest(2500) + answered(), [],
     "Early media is played", 425, []),
    ("other SDP in the 200", TRYING + send(PROGRESS, "one", 0) + sound() + rest(2500) + answered(8, 2), [],
     "Early media is played", 425, ["em-sdp-differs-183-200"]),
    ("P-Early-Media inactive", TRYING + send(PROGRESS, "one", 0, more=["P-Early-Media: inactive"]) + sound() + GIVEN_UP,
     ["--p-early-media"], "although it is not allowed", 0, ["em-pem-blocked"]),
    ("199", TRYING + send(PROGRESS, "two", 0) + sound() + rest(2200) +
     send("199 Early Dialog Terminated", "two", more=['Reason: SIP ;cause=486 ;text="Busy Here"']) +
     send("180 Ringing", "one") + GIVEN_UP, ["--header", "Supported: 199"], "Early media is played", 425, ["em-199"]),
    ("PRACK lost", TRYING + prack_lost() + GIVEN_UP, [], "announced, none was received", 0, ["em-prack-lost"]),
    ("487", TRYING + send(PROGRESS, "one", 0) + sound() + GIVEN_UP, [], "Early media is played", 425, []),
    ("200 that crosses the CANCEL", TRYING + send(PROGRESS, "one", 0) + sound() + receive("CANCEL") +
     accept(";tag=one") + answered(), [],
     "Early media is played", 425, []),
]


def variant(stage, sink, name, steps, options, words, hertz, rules):
    sipp, port = sipp_early_media.start_sipp(stage, scenario=HEAD.format(name=name) + steps + TAIL)
    began = time.time()
    code, told, errors = stage.earshot("call", f"sip:service@127.0.0.1:{port}", "--cancel-after", "3.5", "--hangup-after",
                                       "0.3", "--ringback", "off", "--json", *options)
    print(f"-- {name}: exit {code} after {time.time() - began:.1f} s; {errors.strip()}")
    if told is None:
        return [f"{name}: no JSON"]
    faults = []
    verdicts = [d["verdict"] for d in told["early_dialogs"] if d.get("verdict")]
    for each in verdicts:
        print(f"   {each['light']}: {each.get('sentence') or each.get('text')}")
    if not any(words in str(each) for each in verdicts):
        faults.append(f"{name}: no verdict says \"{words}\"")
    found = {f["rule"]: f["severity"] for f in told["findings"]}
    print(f"   findings: {found}")
    faults += [f"{name}: no finding {rule}" for rule in rules if rule not in found]
    faults += [f"{name}: an error too much: {rule}" for rule, severity in found.items()
               if severity == "error" and rule not in rules]
    early = [r for r in told["responses"] if r["code"] == 183 and not r["retransmission"]]
    if not early:
        return [*faults, f"{name}: no 183 was seen"]
    from_then = told["started_unix"] + early[0]["seconds"]
    samples = sink.heard(from_then + 1, from_then + 2)
    share, level = bench.tone_share(samples, 425), bench.level(samples)
    print(f"   at the sink: {level:.1f} dBFS, {share:.3f} of the energy at 425 Hz, {len(samples) / sink.RATE:.2f} s")
    if hertz and (share < 0.9 or level < -40):
        faults.append(f"{name}: the tone is not heard at the sink ({level:.1f} dBFS, {share:.3f})")
    if not hertz and level > -60:
        faults.append(f"{name}: something is heard at the sink ({level:.1f} dBFS)")
    try:
        ended = sipp.wait(10)
    except Exception:  # it waits for a message that never came
        ended = None
    if ended != 0:
        faults.append(f"{name}: sipp is not content ({ended}): {stage.log('sipp.log')[-300:]}")
    return faults


def main():
    bench.need("sipp")
    faults = []
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        for each in VARIANTS:
            faults += variant(stage, sink, *each)
    for fault in faults:
        print("FAILED ", fault)
    bench.check(not faults, f"{len(VARIANTS)} kinds of 183 from sipp")


if __name__ == "__main__":
    main()
