#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls to baresip, which answers by itself with a 440 Hz tone; the tone is heard at the sink, in each codec."""
import glob
import os

import bench

CONFIG = """sip_listen 127.0.0.1:{port}
module_path {modules}
module {codec}.so
module aufile.so
module_app account.so
module_app menu.so
audio_player aufile,{folder}/heard.wav
audio_source aufile,{folder}/tone.wav
audio_alert aufile,{folder}/alert.wav
ausrc_srate {rate}
ausrc_channels 1
auplay_channels 1
rtp_ports {media}-{media_last}
"""


# Module, what baresip calls the codec, what Earshot is told to offer, samples a second.
CODECS = [("g711", "pcmu", "PCMU,PCMA", 8000), ("g722", "G722/16000", "G722", 16000), ("gsm", "GSM", "GSM", 8000),
          ("l16", "L16/16000/1", "L16/16000", 16000)]


def call(stage, sink, modules, codec, theirs, ours, rate):
    port = bench.free_port()
    media = bench.free_port()
    folder = stage.path("baresip-" + codec)
    os.makedirs(folder)
    bench.tone_wav(os.path.join(folder, "tone.wav"), 440, 10, rate)
    stage.write(f"{folder}/config", CONFIG.format(port=port, modules=modules, folder=folder, media=media,
                                                  media_last=media + 20, codec=codec, rate=rate))
    stage.write(f"{folder}/accounts", f"<sip:bob@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs={theirs}\n")
    stage.write(f"{folder}/contacts", "")
    log = f"baresip-{codec}.log"
    baresip = stage.start("baresip", "-f", folder, log=log)
    bench.wait_for(lambda: "baresip is ready" in stage.log(log), what="baresip", process=baresip)
    code, told, errors = stage.earshot("call", f"sip:bob@127.0.0.1:{port}", "--codecs", ours, "--hangup-after", "2",
                                       "--record", "recordings-" + codec, "--json")
    print(errors)
    bench.check(code == 0, f"{codec}: exit code 0 (was {code})")
    bench.check(told["final"]["code"] == 200 and not told["final"]["local"], f"{codec}: 200 from baresip")
    answered = told["started_unix"] + next(r["seconds"] for r in told["responses"] if r["code"] == 200)
    samples = sink.heard(answered + 0.7, answered + 1.8)
    share = bench.tone_share(samples, 440)
    bench.check(share > 0.9, f"{codec}: 440 Hz of baresip heard: {share:.3f} of the energy, "
                             f"{bench.level(samples):.1f} dBFS")


def main():
    bench.need("baresip")
    modules = next(iter(glob.glob("/usr/lib/baresip/modules") + glob.glob("/usr/lib/*/baresip/modules")), "")
    if not os.path.exists(os.path.join(modules, "aufile.so")):
        bench.skip("baresip has no aufile module here")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        for codec, *more in CODECS:
            if os.path.exists(os.path.join(modules, codec + ".so")):
                call(stage, sink, modules, codec, *more)
            else:
                bench.check(codec != "g711", f"{codec}: this baresip has no such module, not tried")


if __name__ == "__main__":
    main()
