#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypted calls (SRTP by SDES) to baresip: its tone is heard at the sink, keys stay out of what is told, the session
file is read back; and what is said where one side wants what the other does not have."""
import glob
import json
import os
import re

import bench

CONFIG = """sip_listen 127.0.0.1:{port}
module_path {modules}
module g711.so
module aufile.so
module {secure}.so
module_app account.so
module_app menu.so
audio_player aufile,{folder}/heard.wav
audio_source aufile,{folder}/tone.wav
audio_alert aufile,{folder}/alert.wav
ausrc_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {media}-{media_last}
rtcp_mux {mux}
"""
KEY = "inline:"


def start(stage, modules, name, encryption, secure="srtp", mux="no"):
    """A baresip that answers by itself; where it listens."""
    for attempt in range(5):
        port, media = bench.free_port(), bench.free_port()
        folder = stage.path(f"baresip-{name}-{attempt}")
        os.makedirs(folder)
        bench.tone_wav(os.path.join(folder, "tone.wav"), 440, 10, 8000)
        stage.write(f"{folder}/config", CONFIG.format(port=port, modules=modules, folder=folder, media=media, secure=secure, mux=mux,
                                                      media_last=media + 20))
        encrypted = f";mediaenc={encryption}" if encryption else ""
        stage.write(f"{folder}/accounts", f"<sip:bob@127.0.0.1:{port}>;regint=0;answermode=auto{encrypted}\n")
        stage.write(f"{folder}/contacts", "")
        log = f"baresip-{name}-{attempt}.log"
        baresip = stage.start("baresip", "-f", folder, log=log)
        bench.wait_for(lambda: "baresip is ready" in stage.log(log) or baresip.poll() is not None, what="baresip")
        if baresip.poll() is None:
            return f"sip:bob@127.0.0.1:{port}"
    raise AssertionError("baresip found no free port five times")


def call(stage, target, name, srtp):
    code, told, errors = stage.earshot("call", target, "--codecs", "PCMU", "--srtp", srtp, "--hangup-after", "2",
                                       "--record", f"recordings-{name}", "--session", f"{name}.pcapng", "--json")
    print(errors)
    return code, told, errors


def clear_in(path):
    """RTCP in the clear, which no key can fit: baresip's goodbye, as its encryption is gone before its RTCP session, and
    the APP packet "PING" that it opens a NAT with while it has no keys yet."""
    with open(path, "rb") as file:
        data = file.read()
    return data.count(b"\x81\xcb\x00"), len(re.findall(rb"\x80\xcc\x00\x03....PING", data, re.DOTALL))


def protected(stage, sink, modules, name, encryption, srtp):
    target = start(stage, modules, name, encryption)
    code, told, errors = call(stage, target, name, srtp)
    bench.check(code == 0, f"{name}: exit code 0 (was {code})")
    media = told["media"]
    bench.check(media["srtp"] is not None and media["srtp"]["suite"] == "AES_CM_128_HMAC_SHA1_80",
                f"{name}: protected with {media['srtp']}")
    bench.check(media["srtp"]["not_authenticated"] == 0, f"{name}: every packet was authenticated: {media['srtp']}")
    goodbyes, pings = clear_in(stage.path(f"{name}.pcapng"))
    bench.check(goodbyes <= media["srtp"]["rtcp_in_the_clear"] <= goodbyes + pings and goodbyes <= 1,
                f"{name}: {goodbyes} goodbye and {pings} APP in the clear, each counted as that: {media['srtp']}")
    bench.check(media["rtcp"]["sent"] > 0, f"{name}: RTCP was sent: {media['rtcp']}")
    answered = told["started_unix"] + next(r["seconds"] for r in told["responses"] if r["code"] == 200)
    samples = sink.heard(answered + 0.7, answered + 1.8)
    share = bench.tone_share(samples, 440)
    bench.check(share > 0.9, f"{name}: 440 Hz of baresip heard: {share:.3f} of the energy, "
                             f"{bench.level(samples):.1f} dBFS")
    bench.check(KEY not in json.dumps(told).replace(KEY + "***", ""), f"{name}: no key in the JSON")
    bench.check(KEY not in errors, f"{name}: no key in what was said meanwhile")
    code, read, _ = stage.earshot("check", f"{name}.pcapng", "--json")
    bench.check(read is not None, f"{name}: the session file is read back (exit code {code})")
    text = json.dumps(read)
    bench.check(KEY not in text.replace(KEY + "***", ""), f"{name}: no key in its report")
    bench.check("srtp" not in " ".join(f["rule"] for c in read["calls"] for f in c["findings"]
                                       if f.get("severity") == "error"), f"{name}: and its audio could be opened")


def main():
    bench.need("baresip")
    modules = next(iter(glob.glob("/usr/lib/baresip/modules") + glob.glob("/usr/lib/*/baresip/modules")), "")
    for module in ("aufile.so", "srtp.so"):
        if not os.path.exists(os.path.join(modules, module)):
            bench.skip(f"baresip has no module {module} here")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        protected(stage, sink, modules, "mandatory", "srtp-mand", "required")
        protected(stage, sink, modules, "optional", "srtp", "offered")
        strict = start(stage, modules, "strict", "srtp-mand")
        code, told, _ = call(stage, strict, "refused", "off")
        bench.check(told["final"]["code"] == 488, f"plain audio refused: {told['final']}")
        bench.check("encrypted audio" in told["final"]["text"], "and what it wants is said")
        bench.check(code != 0, "exit code other than 0")
        plain = start(stage, modules, "plain", "")
        code, told, _ = call(stage, plain, "unprotected", "required")
        bench.check(code != 0, f"a call that must be protected is none without keys: {told['final']}")
        bench.check("ncrypted audio" in told["final"]["text"], "and why is said")


if __name__ == "__main__":
    main()
