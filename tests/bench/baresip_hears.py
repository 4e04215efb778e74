#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peer's figure: baresip calls the sipp UAS of the live test and plays its early media to a null sink."""
import datetime
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "live", "peers"))
import bench  # noqa: E402
import sipp_early_media  # noqa: E402

CONFIG = """sip_listen 127.0.0.1:0
module_path {modules}
module g711.so
module aufile.so
module alsa.so
module_app account.so
module_app menu.so
audio_player alsa,default
audio_source aufile,{folder}/tone.wav
audio_alert alsa,default
"""


def main():
    bench.need("baresip", "sipp")
    if not glob.glob("/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so"):
        bench.skip("baresip reaches PulseAudio through libasound2-plugins, which is not installed")
    modules = next(iter(glob.glob("/usr/lib/baresip/modules") + glob.glob("/usr/lib/*/baresip/modules")), "")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        _, port = sipp_early_media.start_sipp(stage, "-trace_msg", "-message_file", stage.path("messages.log"))
        stage.write(".asoundrc", "pcm.!default pulse\nctl.!default pulse\n")
        os.makedirs(stage.path("baresip"))
        bench.tone_wav(stage.path("baresip/tone.wav"), 600, 10, amplitude=100)
        stage.write("baresip/config", CONFIG.format(modules=modules, folder=stage.path("baresip")))
        stage.write("baresip/accounts", f"<sip:alice@127.0.0.1>;regint=0;audio_codecs=pcmu\n")
        stage.write("baresip/contacts", "")
        stage.start("baresip", "-f", stage.path("baresip"), "-e", f"/dial sip:service@127.0.0.1:{port}", "-t", "6")
        bench.wait_for(lambda: "SIP/2.0 200" in stage.log("messages.log"), limit=15, what="the 200")
        text = stage.log("messages.log")
        stamp = re.search(r"-{10,} (\S+ \S+)\nUDP message sent[^\n]*\n\nSIP/2.0 183", text)
        first = next((t for t, s in sink.pieces if bench.level(s) > -40), None)
        if stamp is None or first is None:
            print(f"figure  baresip: nothing to measure (sound {first is not None}, 183 {stamp is not None})")
            return
        sent = datetime.datetime.fromisoformat(stamp.group(1)).timestamp()
        print(f"figure  183 on the wire to first audible sample: {(first - sent) * 1000:.0f} ms (baresip)")


if __name__ == "__main__":
    main()
