# SPDX-License-Identifier: Apache-2.0
"""What the live tests against real peers share: processes that end with the test, ports, a sound sink that listens."""
import array
import contextlib
import json
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import wave

EARSHOT = os.environ.get("EARSHOT", "")


def skip(reason):
    """ctest knows 77 as "skipped"."""
    print("SKIPPED:", reason)
    sys.exit(77)


# Servers lie where an ordinary user's PATH does not go.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed")


def free_port():
    """An even port of 127.0.0.1 that is free now, for UDP and TCP alike, and the next one too: some peers take all four.
    It lies below the range the kernel gives away by itself, where another test's socket could take it meanwhile."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as limits:
        first = int(limits.read().split()[0])
    low, high = (10000, first - 2) if first > 12000 else (first, 60000)
    for _ in range(200):
        port = random.randrange(low, high, 2) & ~1
        with contextlib.ExitStack() as probes:
            try:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    for number in (port, port + 1):
                        probes.enter_context(contextlib.closing(socket.socket(socket.AF_INET, kind))).bind(
                            ("127.0.0.1", number))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def wait_for(condition, limit=30.0, what="a condition", process=None):
    """Waits until the condition holds; with `process`, no longer than that program lives."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        if process is not None and process.poll() is not None and not condition():
            raise AssertionError(f"waited for {what}, but its program ended with {process.returncode}")
        time.sleep(0.02)
    raise AssertionError(f"waited {limit} s for {what} in vain")


class Stage:
    """A private folder and the processes of one test; leaving it ends them, by pid."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="earshot-live-")
        self.processes = []
        self.environment = dict(os.environ, HOME=self.folder, XDG_RUNTIME_DIR=self.folder,
                                XDG_CONFIG_HOME=self.folder, LC_ALL="C")
        self.environment.pop("DISPLAY", None)
        self.environment.pop("EARSHOT_OUTPUT", None)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if failure is not None and failure is not SystemExit:
            self._show_logs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _show_logs(self):
        """What the peers said last: a failure on a machine nobody can look at must explain itself."""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                lines = self.log(name).splitlines()
                print(f"---- {name}, last {min(len(lines), 30)} of {len(lines)} lines")
                print("\n".join(line[:300] for line in lines[-30:]), flush=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode) as out:
            out.write(text)
        return self.path(name)

    def start(self, *command, log=None, **more):
        out = open(self.path(log or os.path.basename(command[0]) + ".log"), "wb")
        process = subprocess.Popen(command, stdout=more.pop("stdout", out), stderr=out, cwd=self.folder,
                                   stdin=subprocess.DEVNULL, env=self.environment, **more)
        self.processes.append(process)
        return process

    def log(self, name):
        with open(self.path(name), errors="replace") as text:
            return text.read()

    def earshot(self, *arguments, limit=60):
        """Runs a headless command; returns (exit code, parsed JSON or None, stderr)."""
        done = subprocess.run([EARSHOT, *arguments], cwd=self.folder, env=self.environment, timeout=limit,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = None
        return done.returncode, document, done.stderr


class Sink:
    """A PulseAudio null sink of our own; what it plays is recorded with the wall clock of every piece."""
    RATE = 8000

    def __init__(self, stage):
        need("pulseaudio", "parec")
        server = stage.path("native")
        stage.start("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                    "-L", "module-null-sink sink_name=ear rate=48000 channels=1",
                    "-L", f"module-native-protocol-unix auth-anonymous=1 socket={server}")
        wait_for(lambda: os.path.exists(server), what="the sound server")
        stage.environment["PULSE_SERVER"] = "unix:" + server
        self.pieces = []  # (wall clock of its end, samples)
        recorder = stage.start("parec", "-d", "ear.monitor", f"--rate={self.RATE}", "--channels=1", "--format=s16le",
                               "--latency-msec=5", stdout=subprocess.PIPE)
        threading.Thread(target=self._read, args=(recorder.stdout,), daemon=True).start()
        wait_for(lambda: self.pieces, what="the first recorded samples")

    def _read(self, pipe):
        while True:
            data = pipe.read1(4096)
            if not data:
                return
            data = data[:len(data) // 2 * 2]
            self.pieces.append((time.time(), array.array("h", data)))

    def heard(self, begin, end):
        """Samples that reached us between two wall clock times."""
        out = array.array("h")
        for when, samples in list(self.pieces):
            if begin <= when <= end:
                out.extend(samples)
        return out


def power(samples, hertz, rate=Sink.RATE):
    """Share of the signal's energy at one frequency (Goertzel), 0..1."""
    if len(samples) < rate // 10:
        return 0.0
    omega = 2 * math.pi * hertz / rate
    coefficient = 2 * math.cos(omega)
    s1 = s2 = 0.0
    energy = 0.0
    for value in samples:
        s0 = value + coefficient * s1 - s2
        s2, s1 = s1, s0
        energy += value * value
    if energy == 0:
        return 0.0
    at = s1 * s1 + s2 * s2 - coefficient * s1 * s2
    return min(1.0, 2 * at / (len(samples) * energy))


def tone_share(samples, hertz, rate=Sink.RATE):
    """Median over pieces of 100 ms: a gap or a phase jump spoils its own piece only."""
    piece = rate // 10
    shares = sorted(power(samples[at:at + piece], hertz, rate) for at in range(0, len(samples) - piece, piece))
    return shares[len(shares) // 2] if shares else 0.0


def level(samples):
    """Root mean square in dBFS (0 dB: full-scale square wave)."""
    if not samples:
        return -96.0
    mean = sum(v * v for v in samples) / len(samples)
    return 10 * math.log10(mean / 32768.0 ** 2) if mean else -96.0


def ulaw(value):
    """One 16 bit sample as G.711 mu-law."""
    value = max(-32635, min(32635, int(value)))
    sign = 0x80 if value < 0 else 0
    value = abs(value) + 132
    exponent = max(0, value.bit_length() - 8)
    return ~(sign | exponent << 4 | (value >> (exponent + 3)) & 0x0F) & 0xFF


def tone_ulaw(hertz, seconds, amplitude=8000):
    return bytes(ulaw(amplitude * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(int(8000 * seconds)))


def tone_wav(path, hertz, seconds, rate=8000, amplitude=8000):
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        samples = (int(amplitude * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds)))
        out.writeframes(array.array("h", samples).tobytes())


def check(condition, sentence):
    print(("ok      " if condition else "FAILED  ") + sentence, flush=True)
    if not condition:
        raise AssertionError(sentence)
