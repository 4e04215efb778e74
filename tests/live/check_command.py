#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""earshot check as a script uses it: several files, JSON, lines of JSON, filter, exit codes, and legs on a busy trace."""
import json
import os
import struct
import subprocess
import sys
import tempfile

EARSHOT = os.environ.get("EARSHOT", "earshot")
if os.sep in EARSHOT:
    EARSHOT = os.path.abspath(EARSHOT)
START = 1_700_000_000.0


def check(good, what):
    print(("ok    " if good else "FAILED ") + what, flush=True)
    if not good:
        sys.exit(1)


class Capture:
    """Frames of UDP over Ethernet, written as pcap."""

    def __init__(self):
        self.frames = []

    def add(self, time, source, destination, payload):
        payload = payload.encode() if isinstance(payload, str) else payload
        ends = [(address.split(".")[0:4], int(port))
                for address, port in (end.rsplit(":", 1) for end in (source, destination))]
        udp = struct.pack(">HHHH", ends[0][1], ends[1][1], 8 + len(payload), 0) + payload
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
        ip += bytes(int(n) for n in ends[0][0]) + bytes(int(n) for n in ends[1][0])
        self.frames.append((time, b"\x02" * 12 + b"\x08\x00" + ip + udp))

    def bytes(self):
        out = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
        for time, frame in sorted(self.frames, key=lambda f: f[0]):
            micros = round(time * 1e6)
            out += struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame
        return out


def message(first, via, branch, users, call, cseq, tag="", body="", headers=""):
    return (f"{first}\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{users[0]}@x.test>;tag=f{call}\r\nTo: <sip:{users[1]}@x.test>{tag}\r\nCall-ID: {call}\r\n"
            f"CSeq: {cseq}\r\nContact: <sip:c@{via}>\r\n{headers}" +
            ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}")


def sdp(host, port):
    return (f"v=0\r\no=- 5000 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\n")


def place(capture, time, ends, users, call, final=200, lasts=20.0, port=4000):
    a, b = ends
    hosts = [end.rsplit(":", 1)[0] for end in ends]
    tag = f";tag=t{call}"

    def say(after, source, first, cseq, branch="i", **more):
        target = b if source == a else a
        capture.add(time + after, source, target, message(first, a, branch + call, users, call, cseq, **more))

    say(0, a, f"INVITE sip:{users[1]}@x.test SIP/2.0", "1 INVITE", body=sdp(hosts[0], port))
    say(0.01, b, "SIP/2.0 100 Trying", "1 INVITE")
    say(0.1, b, "SIP/2.0 180 Ringing", "1 INVITE", tag=tag)
    good = final == 200
    say(0.5, b, f"SIP/2.0 {final} Text", "1 INVITE", tag=tag, body=sdp(hosts[1], port + 2) if good else "")
    say(0.51, a, f"ACK sip:{users[1]}@x.test SIP/2.0", "1 ACK", branch="a" if good else "i", tag=tag)
    if good:
        say(lasts, a, f"BYE sip:{users[1]}@x.test SIP/2.0", "2 BYE", branch="b", tag=tag)
        say(lasts + 0.01, b, "SIP/2.0 200 OK", "2 BYE", branch="b", tag=tag)


def run(*arguments):
    done = subprocess.run([EARSHOT, "check", *arguments], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def write(folder, name, capture, cut=0):
    path = os.path.join(folder, name)
    with open(path, "wb") as out:
        out.write(capture.bytes()[:-cut or None])
    return path


def two_files(folder):
    first, second = Capture(), Capture()
    place(first, START, ("10.0.0.10:5060", "10.0.0.1:5060"), ("030111", "089222333"), "in@h", lasts=2.0)
    for i in range(40):
        rtp = struct.pack(">BBHII", 0x80, 0, i, i * 160, 0x99) + b"\x55" * 160
        first.add(START + 1 + i * 0.02, "10.9.5.5:4444", "10.9.5.6:4446", rtp)
    place(second, START + 0.02, ("10.0.0.1:5060", "10.0.9.7:5060"), ("030111", "+4989222333"), "out@pbx", lasts=2.0)
    place(second, START + 9, ("10.0.0.11:5060", "10.0.0.1:5060"), ("2002", "089222333"), "busy@h", final=486)
    one, two = write(folder, "one.pcap", first), write(folder, "two.pcap", second)
    code, text, _ = run(one, two, "--json")
    document = json.loads(text)
    check(code == 0 and document["schema_version"] == 1, "two files make one document")
    check([f["sip_messages"] for f in document["files"]] == [7, 12], "messages are counted for each file")
    calls = {c["call_id"]: c for c in document["calls"]}
    check(calls["in@h"]["call_ids"] == ["in@h", "out@pbx"], "legs of two files are joined")
    check(calls["busy@h"]["status_codes"] == {"100": 1, "180": 1, "486": 1}, "responses are counted")
    check(calls["busy@h"]["joined_legs"] == [], "a number dialled again by somebody else joins nothing")
    check(len(document["rtp_streams"]) == 1 and document["rtp_streams"][0]["bound_to"] is None and
          document["rtp_streams"][0]["ssrc"] == "00000099", "a stream of no call is listed")
    code, text, _ = run(one, two, "--json-lines", "--filter", "code:486")
    lines = [json.loads(line) for line in text.splitlines()]
    check(code == 0 and [line["type"] for line in lines] == ["call", "summary"] and
          lines[0]["call_id"] == "busy@h", "lines hold the calls that match, then a summary")
    code, text, _ = run(one, two)
    check(code == 0 and "RTP streams" in text and "Call-ID out@pbx" in text, "the text tells of legs and streams")
    return one


def trouble(folder, one):
    with open(one, "rb") as whole:
        data = whole.read()
    cut = os.path.join(folder, "cut.pcap")
    with open(cut, "wb") as out:
        out.write(data[:-30])
    code, text, errors = run(cut, "--json")
    document = json.loads(text)
    check(code == 3 and document["files"][0]["truncated"] and document["calls"] and "damaged" in errors,
          "a damaged end is told, what stands before is shown")
    code, text, _ = run("/nowhere.pcap", one, "--json")
    document = json.loads(text)
    check(code == 3 and document["files"][0]["error"] and document["calls"],
          "a file that is not there does not hide the others")
    for wrong in (["--json", "--json-lines"], ["--filter", "nosuchfield:1"], ["--fail-on", "sometimes"]):
        check(run(one, *wrong)[0] == 2, "wrong use: " + " ".join(wrong))
    typo = subprocess.run([EARSHOT, "chekc", one], capture_output=True, text=True, timeout=60)
    check(typo.returncode == 2 and "neither a command nor a file" in typo.stderr, "a mistyped command is named")
    unanswered = Capture()
    invite = message("INVITE sip:b@x.test SIP/2.0", "10.0.0.1:5060", "u", ("a", "b"), "lost@h", "1 INVITE")
    for after in (0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5):
        unanswered.add(START + after, "10.0.0.1:5060", "10.0.0.2:5060", invite)
    unanswered.add(START + 60, "10.0.0.1:5060", "10.0.0.2:5060", invite.replace("lost@h", "later@h"))
    path = write(folder, "lost.pcap", unanswered)
    check(run(path, "--fail-on", "error")[0] == 1 and run(path)[0] == 0, "--fail-on turns findings into exit code 1")


def inputs(folder, one):
    """The same capture as a file, from a pipe, through a named pipe; names that look like options."""
    whole = json.loads(run(one, "--json")[1])["calls"]
    with open(one, "rb") as source:
        done = subprocess.run([EARSHOT, "check", "--json", "-"], stdin=source, capture_output=True, timeout=120,
                              check=False)
    check(done.returncode == 0 and json.loads(done.stdout)["calls"] == whole, "- is the standard input, a file")
    with open(one, "rb") as source:
        data = source.read()
    done = subprocess.run([EARSHOT, "check", "--json", "-"], input=data, capture_output=True, timeout=120, check=False)
    check(done.returncode == 0 and json.loads(done.stdout)["calls"] == whole, "- is the standard input, a pipe")
    done = subprocess.run([EARSHOT, "check", "--json", "-"], input=b"", capture_output=True, timeout=120, check=False)
    check(done.returncode == 3 and b"the standard input is empty" in done.stderr, "an empty one is told")
    pipe = os.path.join(folder, "pipe")
    os.mkfifo(pipe)
    with subprocess.Popen([EARSHOT, "check", "--json", pipe], stdout=subprocess.PIPE) as reader:
        with open(pipe, "wb") as out:
            out.write(data)
        text = reader.communicate(timeout=120)[0]
    check(reader.returncode == 0 and json.loads(text)["calls"] == whole, "a named pipe is read to its end")
    odd = os.path.join(folder, "--odd.pcap")
    with open(odd, "wb") as out:
        out.write(data)
    done = subprocess.run([EARSHOT, "check", "--json", "--", "--odd.pcap"], cwd=folder, capture_output=True,
                          timeout=120, check=False)
    check(done.returncode == 0 and json.loads(done.stdout)["calls"] == whole, "-- ends the options")
    for wrong in ("code:4x", "state:busy", "a && b", "!", "earlymedia:perhaps"):
        code, _, errors = run(one, "--filter", wrong)
        check(code == 2 and errors.strip().endswith((".", "--help.")), "a filter without sense is refused: " + wrong)


def cut_short(folder):
    capture = Capture()
    place(capture, START, ("10.0.0.10:5060", "10.0.0.1:5060"), ("1", "2"), "cut@h")
    path = os.path.join(folder, "snap.pcap")
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 68, 1))
        for time, frame in capture.frames:
            micros = round(time * 1e6)
            out.write(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, min(68, len(frame)), len(frame)))
            out.write(frame[:68])
    document = json.loads(run(path, "--json")[1])
    told = document["files"][0]
    check((told["cut_packets"], told["cut_sip_packets"], told["snap_length"]) == (7, 7, 68) and
          any("All 7 packets of SIP" in flaw for flaw in told["flaws"]), "what the snap length took is told")


def of_several_files(folder, one):
    capture = Capture()
    place(capture, START + 60, ("10.0.0.20:5060", "10.0.0.1:5060"), ("3", "4"), "torn@h")
    torn = write(folder, "torn.pcap", capture, cut=9)
    code, _, errors = run(torn)
    check(code == 3 and "damaged" in errors and "torn.pcap" not in errors, "one file need not be named")
    code, text, errors = run(one, torn, "--json")
    told = json.loads(text)
    check(code == 3 and f"earshot: {torn}: The file is damaged" in errors and
          any(note.startswith(torn + ": ") for note in told["notes"]) and
          told["files"][1]["flaws"][0].startswith("The file"), "of several files the damaged one is named")
    agrees = json.loads(run(one, one, "--json")[1])
    check(agrees["files"][1]["clock"]["messages"] > 0 and not any("clock" in note for note in agrees["notes"]),
          "a clock that agrees is no news")


def stamps(folder):
    """Two directions of one interface, stamped a little apart."""
    capture = Capture()
    ends = ("10.0.0.10:5060", "10.0.0.1:5060")
    place(capture, START, ends, ("1", "2"), "early@h")
    capture.frames[1] = (capture.frames[0][0] - 0.000001, capture.frames[1][1])
    call = json.loads(run(write(folder, "stamps.pcap", capture), "--json")[1])["calls"][0]
    check([row["label"] for row in call["ladder"]][:2] == ["INVITE", "100 Trying"], "a 100 stands below its INVITE")
    check(min(row["seconds"] for row in call["ladder"] + call["responses"]) == 0 and
          call["responses"][0]["seconds"] == 0, "no time of a call runs below 0")


def busy(folder):
    capture = Capture()
    for i in range(1000):
        time = START + i * 0.003
        place(capture, time, (f"10.1.{i // 250}.{i % 250 + 1}:5060", "10.0.0.1:5060"),
              (f"+4930{100000 + i}", "0800123456"), f"in{i}@h", port=10000 + 4 * i)
        place(capture, time + 0.015, ("10.0.0.1:5060", "10.0.9.7:5060"),
              (f"030{100000 + i}", "+49800123456"), f"out{i}@pbx", port=30000 + 4 * i)
    _, text, _ = run(write(folder, "busy.pcap", capture), "--json")
    joined = {c["call_id"]: [j["call_id"] for j in c["joined_legs"]] for c in json.loads(text)["calls"]}
    wrong = [i for i in range(1000) if joined[f"out{i}@pbx"] != [f"in{i}@h"] or joined[f"in{i}@h"] != [f"out{i}@pbx"]]
    check(not wrong, f"1000 calls at once are joined with their own legs alone ({len(wrong)} are not)")


def filtered(folder):
    """What was left out is left out with its media."""
    capture = Capture()
    for at, call, port, final in ((0, "one@h", 4000, 200), (40, "two@h", 5000, 200), (80, "busy@h", 6000, 486)):
        place(capture, START + at, ("10.0.0.10:5060", "10.0.0.1:5060"), ("1", "2"), call, final=final, port=port)
        for i in range(40 if final == 200 else 0):
            rtp = struct.pack(">BBHII", 0x80, 0, i, i * 160, port) + b"\x55" * 160
            capture.add(START + at + 1 + i * 0.02, f"10.0.0.10:{port}", f"10.0.0.1:{port + 2}", rtp)
    path = write(folder, "filtered.pcap", capture)
    for expression, calls in (("code:486", []), ("call-id:two", ["two@h"]), ("code:200", ["one@h", "two@h"])):
        document = json.loads(run(path, "--json", "--filter", expression)[1])
        bound = [(stream["bound_to"] or {}).get("call_id") for stream in document["rtp_streams"]]
        check(sorted(bound, key=str) == calls, f"{expression}: streams of calls that do not match go with them: {bound}")


def logs(folder):
    """A proxy that logs what it receives shows half of each exchange; that is no fault, and no capture's either."""
    def received(time, source, text, above=""):
        text = text.replace("Via:", above + "Via:", 1).replace("\r\n", "#015#012")
        return (f"Nov 14 22:13:{20 + time:06.3f} edge kamailio[77]: INFO: <script>: message from {source}: {text}\n")

    own = "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKproxy\r\n"
    users, tag = ("1", "2"), ";tag=t"

    def said(first, cseq, branch="i", **more):
        return message(first, "10.0.0.10:5060", branch, users, "c@h", cseq, **more)

    lines = [(0, "10.0.0.10:5060", said("INVITE sip:2@x.test SIP/2.0", "1 INVITE", body=sdp("10.0.0.10", 4000)), ""),
             (1, "10.0.0.20:5060", said("SIP/2.0 180 Ringing", "1 INVITE", tag=tag), own),
             (5, "10.0.0.20:5060", said("SIP/2.0 200 OK", "1 INVITE", tag=tag, body=sdp("10.0.0.20", 4002)), own),
             (5.1, "10.0.0.10:5060", said("ACK sip:2@x.test SIP/2.0", "1 ACK", "a", tag=tag), ""),
             (30, "10.0.0.10:5060", said("BYE sip:2@x.test SIP/2.0", "2 BYE", "b", tag=tag), ""),
             (30.1, "10.0.0.20:5060", said("SIP/2.0 200 OK", "2 BYE", "b", tag=tag), own)]
    for name, kept, told in (("all", lines, "shows what its host received"),
                             ("requests", [line for line in lines if line[2][:3] != "SIP"], "requests only"),
                             ("responses", [line for line in lines if line[2][:3] == "SIP"], "responses only")):
        for addresses in (True, False):
            text = "".join(received(*line) for line in kept)
            if not addresses:
                text = text.replace("message from 10.0.0.10:5060", "SIP").replace("message from 10.0.0.20:5060", "SIP")
            path = os.path.join(folder, f"{name}.log")
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            document = json.loads(run(path, "--json")[1])
            rules = {finding["rule"] for finding in document["findings"] if finding["severity"] != "info" or
                     finding["rule"] == "tx-one-direction"}
            flaws = document["files"][0]["flaws"]
            check(not rules and len(document["calls"]) == 1, f"{name}, addresses {addresses}: no fault: {rules}")
            check((addresses or name != "all") == any(told in flaw for flaw in flaws), f"{name}: the log is told of: {flaws}")
    path = os.path.join(folder, "cut.log")
    with open(path, "w", encoding="utf-8") as out:
        out.write(received(*lines[0])[:-30] + "\n" + received(*lines[1])[:-100] + "\n")
    document = json.loads(run(path, "--json")[1])
    check(not [f for f in document["findings"] if f["rule"] == "msg-flaw"] and
          any("only the beginning of 2 messages" in flaw for flaw in document["files"][0]["flaws"]),
          f"what syslog cut off is no fault of a message: {document['files'][0]['flaws']}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        one = two_files(folder)
        trouble(folder, one)
        inputs(folder, one)
        cut_short(folder)
        of_several_files(folder, one)
        stamps(folder)
        filtered(folder)
        logs(folder)
        busy(folder)


if __name__ == "__main__":
    main()
