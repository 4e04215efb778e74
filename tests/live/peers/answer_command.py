#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""earshot answer: calls from sipp, baresip, by Kamailio and from earshot itself are rung, given early media, answered, rejected
and redirected as asked; and transfers from the command line, attended or not, with how they ended."""
import os
import re
import socket
import subprocess

import bench
import kamailio
from peer import UasPeer, header, response


class Answering:
    """earshot answer in the background; leaving waits for its end."""

    def __init__(self, stage, *arguments, account=False):
        self.port = bench.free_port()
        listen = [] if account else ["--listen", f"127.0.0.1:{self.port}"]
        self.log = f"answer-{self.port}.log"
        self.out = stage.path(f"answer-{self.port}.json")
        with open(self.out, "wb") as out:
            self.process = stage.start(bench.EARSHOT, "answer", *listen, "--output", "silent", "--json", *arguments,
                                       log=self.log, stdout=out)
        self.stage = stage
        bench.wait_for(lambda: "waiting for a call" in stage.log(self.log), what="earshot answer", process=self.process)

    def uri(self):
        return f"sip:bob@127.0.0.1:{self.port}"

    def ended(self):
        import json
        code = self.process.wait(60)
        with open(self.out) as text:
            return code, json.load(text)


def call(stage, target, *more):
    return stage.earshot("call", target, "--output", "silent", "--json", *more)


def from_sipp(stage):
    callee = Answering(stage, "--hangup-after", "0", "--ring-for", "0.2")
    port = bench.free_port()
    done = subprocess.run(["sipp", "-sn", "uac", "-m", "1", "-d", "500", "-i", "127.0.0.1", "-p", str(port), "-timeout", "20", "-nostdin",
                           f"127.0.0.1:{callee.port}"], cwd=stage.folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)
    code, told = callee.ended()
    bench.check(done.returncode == 0, f"sipp's call was answered (sipp ended with {done.returncode})")
    bench.check(code == 0 and told["calls"][0]["final"]["code"] == 200, f"exit code 0 (was {code})")


def from_baresip(stage):
    callee = Answering(stage, "--hangup-after", "1")
    folder = stage.path("caller")
    os.makedirs(folder)
    modules = next(d for d in ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules") if os.path.isdir(d))
    bench.tone_wav(os.path.join(folder, "tone.wav"), 440, 10, 8000)
    stage.write(f"{folder}/config", f"sip_listen 127.0.0.1:{bench.free_port()}\nmodule_path {modules}\nmodule g711.so\n"
                "module aufile.so\nmodule_app account.so\nmodule_app menu.so\n"
                f"audio_player aufile,{folder}/heard.wav\naudio_source aufile,{folder}/tone.wav\n"
                f"audio_alert aufile,{folder}/alert.wav\nausrc_srate 8000\nausrc_channels 1\nauplay_channels 1\n")
    stage.write(f"{folder}/accounts", "<sip:alice@127.0.0.1>;regint=0\n")
    stage.write(f"{folder}/contacts", "")
    stage.start("baresip", "-f", folder, "-e", f"/dial {callee.uri()}", log="caller.log")
    code, told = callee.ended()
    heard = told["calls"][0]
    bench.check(code == 0 and heard["final"]["code"] == 200, f"baresip's call was answered: {heard['final']}")
    bench.check(heard["media"]["packets_received"] > 10 and heard["media"]["packets_sent"] > 10,
                f"sound both ways: {heard['media']['packets_received']}, {heard['media']['packets_sent']}")


KAMAILIO = kamailio.HEAD + kamailio.REGISTRAR + """
modparam("usrloc", "handle_lost_tcp", 1)
request_route {{
    if ($rm == "REGISTER") {{ save("location"); exit; }}
    if ($tt != $null) {{ loose_route(); t_relay(); exit; }}
    if ($rm == "CANCEL") {{ t_relay_cancel(); exit; }}
    record_route();
    if (!lookup("location")) {{ sl_send_reply("480", "Nobody is registered"); exit; }}
    if (!t_relay()) {{ sl_send_reply("430", "Flow Failed"); }}
    exit;
}}
"""


def at_kamailio(stage):
    """An account's call comes over its flow."""
    port = bench.free_port()
    kamailio.start(stage, "registrar", KAMAILIO.format(timer=20, port=port, modules=kamailio.modules("registrar.so")), port)
    aor = f"sip:bob@127.0.0.1:{port}"
    callee = Answering(stage, "--aor", aor, "--proxy", f"sip:127.0.0.1:{port};transport=tcp", "--early-media", "reliable",
                       "--ring-for", "0.2", "--early-for", "0.5", "--hangup-after", "1", "--seconds", "40", account=True)
    _, told, errors = call(stage, aor, "--hangup-after", "10")
    code, answered = callee.ended()
    bench.check(told["final"]["code"] == 200 and 183 in [r["code"] for r in told["responses"]],
                f"rung, early media, answered by the account: {told['final']} {errors}")
    bench.check(code == 0 and answered["calls"][0]["final"]["code"] == 200, f"exit code 0 (was {code})")


def variants(stage):
    callee = Answering(stage, "--reject", "606", "--ring-for", "0")
    _, told, _ = call(stage, callee.uri())
    code, here = callee.ended()
    bench.check(told["final"]["code"] == 606 and code == 0, f"rejected with 606 as asked (exit code {code})")

    callee = Answering(stage, "--redirect", "sip:other@127.0.0.1:9", "--no-ring", "--ring-for", "0")
    _, told, _ = call(stage, callee.uri())
    code, _ = callee.ended()
    bench.check(told["final"]["code"] == 302 and "sip:other@127.0.0.1:9" in told["final"]["text"] and code == 0,
                f"redirected: {told['final']}")
    bench.check(180 not in [r["code"] for r in told["responses"]], "and it never rang")

    for kind, reliable in (("plain", False), ("reliable", True)):
        callee = Answering(stage, "--early-media", kind, "--early-for", "0.7", "--ring-for", "0.1", "--no-ring", "--send",
                           "tone:425", "--hangup-after", "0.3")
        _, told, _ = call(stage, callee.uri(), "--hangup-after", "5")
        code, _ = callee.ended()
        codes = [r["code"] for r in told["responses"]]
        bench.check(183 in codes and 180 not in codes and 200 in codes, f"{kind}: 183, then 200: {codes}")
        dialog = told["early_dialogs"][0]
        bench.check(dialog["reliable"] == reliable, f"{kind}: reliable is {reliable}")
        bench.check(any(s["packets"] > 10 for s in told["rtp"]), f"{kind}: early media came")
        bench.check(code == 0, f"{kind}: exit code 0 (was {code})")

    callee = Answering(stage, "--answer-from", "carol@example.test", "--seconds", "10")
    _, told, _ = call(stage, callee.uri())
    code, _ = callee.ended()
    bench.check(told["final"]["code"] == 603 and code == 5, f"a caller that is not named is declined: {told['final']}, {code}")

    callee = Answering(stage, "--seconds", "0.5")
    code, told = callee.ended()
    bench.check(code == 5 and told["calls"] == [], "nobody called: exit code 5")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        code, _, errors = stage.earshot("answer", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    bench.check(code == 4 and "in use" in errors, f"a port that is taken: {errors} ({code})")
    code, _, errors = stage.earshot("answer", "--listen", "nonsense")
    bench.check(code == 2 and "--listen takes" in errors, "an address that is none")
    for everywhere in ("0.0.0.0:5978", "[::]", "0.0.0.0"):
        code, _, errors = stage.earshot("answer", "--listen", everywhere, "--seconds", "0.5")
        bench.check(code == 2 and "names no address" in errors, f"{everywhere}, which no caller can send to: {code}")
    code, _, errors = stage.earshot("answer", "--reject", "200")
    bench.check(code == 2 and "400 to 699" in errors, "a code that rejects nothing")


class Transferee(UasPeer):
    """Takes a REFER, and says how it was carried out; or refuses it, or says nothing more."""

    outcome, refer = "200 OK", "202 Accepted"

    def _answers(self, method, text):
        out = super()._answers(method, text)
        if method != "REFER":
            return out
        notify = "\r\n".join([
            f"NOTIFY sip:x@127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKnotify",
            "Max-Forwards: 70", f"From: {header(text, 'To')}", f"To: {header(text, 'From')}",
            f"Call-ID: {header(text, 'Call-ID')}", "CSeq: 50 NOTIFY", f"Contact: <sip:127.0.0.1:{self.port}>",
            "Event: refer", "Subscription-State: terminated;reason=noresource", "Content-Type: message/sipfrag",
            f"Content-Length: {len(self.outcome) + 10}", "", f"SIP/2.0 {self.outcome}\r\n"])
        return [response(text, self.refer)] + ([notify.encode()] if self.outcome else [])


def attended(stage):
    target = Answering(stage, "--hangup-after", "0", "--ring-for", "0.1")
    peer = Transferee(["180 Ringing", "200 OK"])
    code, told, errors = call(stage, peer.uri("alice"), "--transfer-attended", target.uri())
    refer = next((m for m in peer.seen if m.startswith("REFER ")), "")
    bench.check(refer != "", f"a REFER came: {errors}")
    there = header(refer, "Refer-To")
    bench.check(re.match(rf"<sip:[^?]*127\.0\.0\.1:{target.port}[^?]*\?Replaces=", there), f"it names the call there: {there}")
    code_there, answered = target.ended()
    bench.check(answered["calls"][0]["call_id"] in there.replace("%40", "@"), "by its Call-ID")
    bench.check(code == 0 and "is transferred to it" in errors, f"exit code 0 (was {code})")
    bench.check(code_there == 0, "and the call there was ended too")
    code, _, errors = call(stage, peer.uri("alice"), "--transfer-attended", f"sip:x@127.0.0.1:{bench.free_port()}",
                           "--hangup-after", "2")
    bench.check("no transfer:" in errors and code == 0, "a target that cannot be reached: no REFER, and the reason")
    bench.check(sum(m.startswith("REFER ") for m in peer.seen) == 1, "no other REFER")


def transferred(stage):
    for refer, outcome, wanted, code_told in (
            ("202 Accepted", "200 OK", 0, 200), ("202 Accepted", "503 Service Unavailable", 5, 503),
            ("202 Accepted", "", 5, 202), ("603 Decline", "", 5, 603)):
        peer = Transferee(["180 Ringing", "200 OK"])
        peer.refer, peer.outcome = refer, outcome
        code, told, errors = call(stage, peer.uri("alice"), "--transfer", "sip:carol@127.0.0.1:5999", "--hangup-after", "2")
        bench.check(code == wanted, f"REFER {refer}, NOTIFY {outcome}: exit code {wanted} (was {code}): {errors}")
        said = told["transfer"]
        bench.check(said["code"] == code_told and said["done"] == (wanted == 0), f"and JSON says so: {said}")
        lines = [line for line in errors.splitlines() if "transfer" in line]
        bench.check(len(lines) == (0 if wanted == 0 else 1), f"and stderr once: {lines}")


def main():
    bench.need("sipp", "baresip")
    with bench.Stage() as stage:
        from_sipp(stage)
        from_baresip(stage)
        at_kamailio(stage)
        variants(stage)
        attended(stage)
        transferred(stage)


if __name__ == "__main__":
    main()
