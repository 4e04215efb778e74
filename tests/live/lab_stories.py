#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every lab story ends with the findings it states; the files it leaves are what they claim to be."""
import array
import os
import sys
import wave
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))
import bench  # noqa: E402


def codes(call):
    return [r["code"] for r in call["responses"]]


def main():
    with bench.Stage() as stage:
        stage.environment["EARSHOT_OUTPUT"] = "silent"
        documents = {}
        for story in ("early-media", "silent-183", "flow-failover", "flow-only", "flow-edge-restart",
                      "flow-one-box", "flow-no-outbound", "flow-silent-edge", "flow-edge-closes", "flow-lost-edge", "flow-dead-bye",
                      "storm"):
            code, document, errors = stage.earshot("lab", story, "--folder", story, "--json", limit=120)
            print(errors)
            bench.check(code == 0, f"{story}: ends with the findings it states (exit {code})")
            if story == "storm":
                crowd = document["crowds"]["storm"]
                bench.check(crowd["returned"] == crowd["lost"] == 99 and crowd["busiest_window_returns"] < 60,
                            f"storm: the return is spread, at most {crowd['busiest_window_returns']} of 99 in "
                            f"{crowd['window_seconds']} s")
            documents[story] = [c for c in document["calls"] if c["kind"] == "call"]
            picture = xml.parse(stage.path(f"{story}/ladder.svg")).getroot()
            bench.check(picture.tag.endswith("svg"), f"{story}: ladder.svg is a picture")
            with open(stage.path(f"{story}/report.html")) as page:
                text = page.read()
            bench.check("default-src 'none'" in text and "<script" not in text, f"{story}: report.html is harmless")
        early = documents["early-media"][0]
        bench.check({183, 180, 200} <= set(codes(early)), f"early-media: 183, 180, 200 ({codes(early)})")
        with wave.open(stage.path("early-media/early-media.wav")) as recording:
            samples = array.array("h", recording.readframes(recording.getnframes()))
            rate = recording.getframerate()
        tone = samples[int(0.2 * rate):int(0.8 * rate)]
        share = bench.tone_share(tone, 425, rate)
        bench.check(share > 0.9, f"early-media: the recording begins with ringback, 425 Hz: {share:.3f}")
        for story in ("flow-only", "flow-one-box", "storm"):
            tried = documents[story]
            bench.check(len(tried) >= 2 and 430 in codes(tried[0]) and 200 in codes(tried[-1]),
                        f"{story}: 430 first, 200 at the second attempt")
        code, _, errors = stage.earshot("lab", "no-such-story")
        bench.check(code == 2, f"an unknown story is a usage error: {errors.strip()}")


if __name__ == "__main__":
    main()
