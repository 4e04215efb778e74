#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""G.729: early media of a 183 and the answered call, made by Debian's encoder (libbcg729), are heard at the sink by
frequency, level, delay and without gaps; where the decoder's plug-in is not there, the package is named before the call
leaves."""
import array
import ctypes
import glob
import math
import os
import re
import struct
import threading
import time

import bench
import peer

HERTZ, AMPLITUDE = 440, 8000  # a sine of -15.3 dBFS
QUIET, EARLY, ANSWERED = 0.6, 2.4, 3.0  # seconds of silence, tone before and tone after the answer
PAYLOAD = 20  # octets: two frames of 10 ms (RFC 3551 section 4.5.6)


def encoder():
    try:
        library = ctypes.CDLL("libbcg729.so.0")
    except OSError:
        bench.skip("libbcg729-0 is not installed")
    library.initBcg729EncoderChannel.restype = ctypes.c_void_p
    library.initBcg729EncoderChannel.argtypes = [ctypes.c_uint8]
    library.bcg729Encoder.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.closeBcg729EncoderChannel.argtypes = [ctypes.c_void_p]
    return library


def encoded(samples):
    """G.729 without annex B: ten octets for each 80 samples."""
    library = encoder()
    channel = library.initBcg729EncoderChannel(0)
    out, size = b"", ctypes.c_uint8()
    for at in range(0, len(samples) - 79, 80):
        frame, bits = (ctypes.c_int16 * 80)(*samples[at:at + 80]), (ctypes.c_uint8 * 10)()
        library.bcg729Encoder(channel, frame, bits, ctypes.byref(size))
        bench.check(size.value == 10, "a frame is ten octets") if size.value != 10 else None
        out += bytes(bits)
    library.closeBcg729EncoderChannel(channel)
    return out


def decoded(payload):
    """What Debian's own decoder makes of it: the codec bends a pure tone."""
    library = encoder()
    library.initBcg729DecoderChannel.restype = ctypes.c_void_p
    library.bcg729Decoder.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint8, ctypes.c_uint8, ctypes.c_uint8,
                                      ctypes.c_uint8, ctypes.c_void_p]
    library.closeBcg729DecoderChannel.argtypes = [ctypes.c_void_p]
    channel, out = library.initBcg729DecoderChannel(), array.array("h")
    for at in range(0, len(payload), 10):
        frame, samples = (ctypes.c_uint8 * 10)(*payload[at:at + 10]), (ctypes.c_int16 * 80)()
        library.bcg729Decoder(channel, frame, 10, 0, 0, 0, samples)
        out.extend(samples)
    library.closeBcg729DecoderChannel(channel)
    return out


def sound():
    quiet = array.array("h", bytes(2 * int(8000 * QUIET)))
    tone = array.array("h", (int(AMPLITUDE * math.sin(2 * math.pi * HERTZ * n / 8000))
                             for n in range(int(8000 * (EARLY + ANSWERED)))))
    return encoded(quiet + tone)


class Callee(peer.UasPeer):
    """183 with G.729 and its sound, then 200: the sound goes on."""

    def __init__(self, payload):
        self.payload = payload
        self.sent = []  # wall clock of each packet
        super().__init__([])

    def _answers(self, method, text):
        if method != "INVITE" or self.invite is not None:
            return super()._answers(method, text) if method != "INVITE" else []
        self.invite = text
        self.rtp = peer.socket.socket(peer.socket.AF_INET, peer.socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        threading.Thread(target=self._speak, daemon=True).start()
        return [peer.response(text, "183 Session Progress", more=[self._contact()], body=self._sdp())]

    def _contact(self):
        return f"Contact: <sip:127.0.0.1:{self.port}>"

    def _sdp(self):
        return (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 18\r\na=fmtp:18 annexb=no\r\n")

    def _speak(self):
        where = ("127.0.0.1", int(re.search(r"m=audio (\d+)", self.invite).group(1)))
        host, port = peer.header(self.invite, "Via").split(";")[0].split(" ")[1].rsplit(":", 1)
        due, answer = time.time(), int((QUIET + EARLY) * 50)
        for number in range(len(self.payload) // PAYLOAD):
            if number == answer:
                self.socket.sendto(peer.response(self.invite, "200 OK", more=[self._contact()], body=self._sdp()),
                                   (host, int(port)))
            head = struct.pack("!BBHII", 0x80, 18, number, number * 160, 0x0729)
            self.sent.append(time.time())
            self.rtp.sendto(head + self.payload[number * PAYLOAD:(number + 1) * PAYLOAD], where)
            due += 0.02
            time.sleep(max(0.0, due - time.time()))


def heard(stage, sink):
    payload = sound()
    wanted = decoded(payload)[int(8000 * (QUIET + 0.3)):]
    wanted_share, wanted_level = bench.tone_share(wanted, HERTZ), bench.level(wanted)
    print(f"as Debian's decoder has it: {wanted_share * 100:.1f} % at {HERTZ} Hz, {wanted_level:.1f} dBFS")
    callee = Callee(payload)
    code, told, errors = stage.earshot("call", callee.uri("bob"), "--codecs", "G729,PCMU", "--hangup-after", "3",
                                       "--json")
    print(errors)
    bench.check(code == 0, f"exit code 0 (was {code})")
    offer = re.search(r"m=audio .*", callee.invite).group(0)
    bench.check(" 18 " in offer + " " and "annexb=no" in callee.invite, f"G.729 is offered: {offer.strip()}")
    bench.check(told["media"]["codec"] == "G729/8000", f"the codec is {told['media']['codec']}")
    starts = callee.sent[int(QUIET * 50)]
    piece = 0.02
    began = next((starts + n * piece for n in range(-20, 100)
                  if bench.level(sink.heard(starts + n * piece, starts + (n + 1) * piece)) > -30), None)
    bench.check(began is not None, "the tone is heard")
    delay = (began - starts) * 1000
    bench.check(-20 < delay < 300, f"{delay:.0f} ms after its first packet was sent")
    for name, begin, end in (("early media", began + 0.3, callee.sent[int((QUIET + EARLY) * 50)]),
                             ("the answered call", callee.sent[int((QUIET + EARLY) * 50)] + 0.3,
                              callee.sent[-1] - 0.7)):
        samples = sink.heard(begin, end)
        share, level = bench.tone_share(samples, HERTZ), bench.level(samples)
        bench.check(share > 0.7 and abs(share - wanted_share) < 0.1,
                    f"{name}: {share * 100:.1f} % of the energy is at {HERTZ} Hz")
        bench.check(abs(level - wanted_level) < 2, f"{name}: {level:.1f} dBFS")
        step = bench.Sink.RATE // 50
        quiet = sum(bench.level(samples[at:at + step]) < -30 for at in range(0, len(samples) - step, step))
        bench.check(quiet * 0.02 <= 0.02 * (end - begin), f"{name}: {quiet} gaps of 20 ms in {end - begin:.1f} s")


def missing(stage):
    """GStreamer without the plug-in that decodes G.729."""
    folders = [f for f in glob.glob("/usr/lib/*/gstreamer-1.0") + ["/usr/lib/gstreamer-1.0"] if os.path.isdir(f)]
    plugins = stage.path("plugins")
    os.mkdir(plugins)
    for name in (os.path.join(folder, each) for folder in folders for each in os.listdir(folder)):
        if name.endswith(".so") and "libav" not in os.path.basename(name):
            os.symlink(name, os.path.join(plugins, os.path.basename(name)))
    stage.environment.update(GST_PLUGIN_SYSTEM_PATH_1_0=plugins, GST_PLUGIN_PATH="",
                             GST_REGISTRY_1_0=stage.path("registry.bin"))
    callee = peer.UasPeer(["486 Busy Here"])
    _, _, errors = stage.earshot("call", callee.uri("bob"), "--codecs", "G729,PCMU", "--json")
    print(errors)
    line = next((each for each in errors.splitlines() if "gstreamer1.0-libav" in each), "")
    bench.check("G729" in line, f"the missing package is named: {line}")


def main():
    encoder()
    with bench.Stage() as stage:
        heard(stage, bench.Sink(stage))
        missing(stage)


if __name__ == "__main__":
    main()
