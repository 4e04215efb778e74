#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--send as a peer hears it, by frequency and level: a tone, a WAV file, a microphone, noise, nothing; and the recordings
of a call, each direction for itself and both in one stereo file."""
import array
import math
import os
import struct
import threading
import wave

import bench
from expect_calls import EarlyPeer, ring

DELAY = 1.0  # the peer's tone begins that long after its 183, ours at once


def linear(code):
    """A sample of G.711 mu-law."""
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -value if code & 0x80 else value


LINEAR = [linear(code) for code in range(256)]


class Listener(EarlyPeer):
    """Plays 425 Hz before the answer, and keeps the RTP that comes."""

    def __init__(self, early=4.0, delay=0.0):
        self.packets = []  # (payload type, sequence, payload)
        super().__init__(ring([425], 60, 0, early), early=early, delay=delay)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            data = self.media.recv(2048)
            kind, sequence = data[1] & 0x7F, struct.unpack(">H", data[2:4])[0]
            if not 72 <= kind <= 76:  # RTCP on the same port
                self.packets.append((kind, sequence, data[12:]))

    def sound(self):
        return array.array("h", (LINEAR[code] for kind, _, payload in self.packets if kind == 0 for code in payload))


def call(stage, peer, sending, *more):
    code, document, errors = stage.earshot("call", peer.uri("bob"), "--output", "silent", "--json", "--hangup-after",
                                           "0.1", "--send", sending, *more)
    bench.check(code == 0 and document is not None, f"--send {sending}: the call is answered (exit {code}) {errors}")
    return document, errors


def heard(peer, hertz, level, within):
    """The second and third second of what came."""
    sound = peer.sound()[8000:24000]
    share, loud = bench.tone_share(sound, hertz), bench.level(sound)
    bench.check(len(sound) == 16000 and share > 0.95, f"{hertz} Hz come: {share:.3f} of the energy")
    bench.check(abs(loud - level) <= within, f"at {loud:.2f} dBFS, {level} +- {within} meant")


def channels(path):
    with wave.open(path, "rb") as sound:
        bench.check(sound.getsampwidth() == 2 and sound.getframerate() == 8000, "16 bits, 8 kHz")
        samples = array.array("h", sound.readframes(sound.getnframes()))
        return [samples[at::sound.getnchannels()] for at in range(sound.getnchannels())]


def onset(samples):
    """Seconds until there are more than single samples of sound."""
    for at in range(0, len(samples) - 80, 80):
        if bench.level(samples[at:at + 80]) > -40:
            return at / 8000
    return math.inf


def recordings(stage, document):
    by = {each["direction"]: each for each in document["recordings"]}
    bench.check(sorted(by) == ["both", "received", "sent"] and len(document["recordings"]) == 3, f"{sorted(by)}")
    bench.check(len({each["to_tag"] for each in by.values()}) == 1, "of one early dialog")
    names = [os.path.basename(by[kind]["file"]).split("-")[0] for kind in ("received", "sent", "both")]
    bench.check(names == ["early", "sent", "stereo"], f"named for what they are: {names}")
    bench.check(document["early_dialogs"][0]["recording"] == by["received"]["file"], "`recording` is what was received")
    for kind, hertz, level in (("received", 425, 20 * math.log10(6000 / 32768) - 3.01), ("sent", 700, -10)):
        alone = channels(os.path.join(stage.folder, by[kind]["file"]))
        bench.check(len(alone) == 1, f"{kind}: one channel")
        share, loud = bench.tone_share(alone[0], hertz), bench.level(alone[0][8000:24000])
        bench.check(share > 0.95 and abs(loud - level) < 0.7, f"{kind}: {hertz} Hz {share:.3f}, {loud:.2f} dBFS")
    both = channels(os.path.join(stage.folder, by["both"]["file"]))
    bench.check(len(both) == 2 and len(both[0]) == len(both[1]), "a left and a right channel, equally long")
    left, right = both
    for side, samples, hertz, other in (("left", left, 425, 700), ("right", right, 700, 425)):
        middle = samples[16000:24000]
        share, leaks = bench.tone_share(middle, hertz), bench.power(middle, other)
        bench.check(share > 0.95 and leaks < 0.001, f"{side}: {hertz} Hz {share:.3f}, {other} Hz {leaks:.5f}")
    later = onset(left) - onset(right)
    bench.check(abs(later - DELAY) < 0.15, f"theirs begins {later:.3f} s after ours, {DELAY} s meant")


def main():
    with bench.Stage() as stage:
        peer = Listener(delay=DELAY)
        document, _ = call(stage, peer, "tone:700", "--record", "kept")
        heard(peer, 700, -10, 0.5)
        recordings(stage, document)
        bench.tone_wav(stage.path("speech.wav"), 900, 10, rate=16000)
        peer = Listener()
        call(stage, peer, stage.path("speech.wav"))
        heard(peer, 900, 20 * math.log10(8000 / 32768) - 3.01, 0.5)
        sink = bench.Sink(stage)
        bench.tone_wav(stage.path("voice.wav"), 600, 30, rate=48000, amplitude=8000)
        stage.start("paplay", "-d", "ear", stage.path("voice.wav"))
        bench.wait_for(lambda: bench.level(sink.pieces[-1][1]) > -30, what="the tone at the microphone")
        peer = Listener()
        call(stage, peer, "mic:ear.monitor")
        heard(peer, 600, 20 * math.log10(8000 / 32768) - 3.01, 1.0)
        peer = Listener(early=2)
        _, errors = call(stage, peer, "mic:nowhere")
        bench.check("No microphone" in errors and "nowhere" in errors, f"a microphone that is not there: {errors}")
        bench.check(bench.level(peer.sound()[8000:]) < -80, "silence is sent then")
        peer = Listener(early=2)
        call(stage, peer, "noise")
        loud = bench.level(peer.sound()[1600:])
        bench.check(-72 < loud < -60, f"noise is hardly heard: {loud:.1f} dBFS")
        peer = Listener(early=2)
        document, _ = call(stage, peer, "nothing", "--record", "quiet")
        bench.check(not peer.packets, f"nothing is nothing ({len(peer.packets)} packets)")
        bench.check([r["direction"] for r in document["recordings"]] == ["received", "both"], "and nothing of it recorded")


if __name__ == "__main__":
    main()
