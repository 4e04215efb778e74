#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A call to baresip, which answers by itself with a 440 Hz tone; the tone is heard at the sink."""
import glob
import os

import bench

CONFIG = """sip_listen 127.0.0.1:{port}
module_path {modules}
module g711.so
module aufile.so
module_app account.so
module_app menu.so
audio_player aufile,{folder}/heard.wav
audio_source aufile,{folder}/tone.wav
audio_alert aufile,{folder}/alert.wav
ausrc_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {media}-{media_last}
"""


def main():
    bench.need("baresip")
    modules = next(iter(glob.glob("/usr/lib/baresip/modules") + glob.glob("/usr/lib/*/baresip/modules")), "")
    if not os.path.exists(os.path.join(modules, "aufile.so")):
        bench.skip("baresip has no aufile module here")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        port = bench.free_port()
        media = bench.free_port()
        folder = stage.path("baresip")
        os.makedirs(folder)
        bench.tone_wav(os.path.join(folder, "tone.wav"), 440, 10)
        stage.write("baresip/config", CONFIG.format(port=port, modules=modules, folder=folder, media=media,
                                                    media_last=media + 20))
        stage.write("baresip/accounts", f"<sip:bob@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=pcmu\n")
        stage.write("baresip/contacts", "")
        baresip = stage.start("baresip", "-f", folder)
        bench.wait_for(lambda: "baresip is ready" in stage.log("baresip.log"), what="baresip", process=baresip)
        code, call, errors = stage.earshot("call", f"sip:bob@127.0.0.1:{port}", "--codecs", "PCMU,PCMA",
                                           "--hangup-after", "2", "--record", "recordings", "--json")
        print(errors)
        bench.check(code == 0, f"exit code 0 (was {code})")
        bench.check(call["final"]["code"] == 200 and not call["final"]["local"], "200 from baresip")
        answered = call["started_unix"] + next(r["seconds"] for r in call["responses"] if r["code"] == 200)
        samples = sink.heard(answered + 0.7, answered + 1.8)
        share = bench.tone_share(samples, 440)
        bench.check(share > 0.9, f"440 Hz of baresip heard: {share:.3f} of the energy, {bench.level(samples):.1f} dBFS")


if __name__ == "__main__":
    main()
