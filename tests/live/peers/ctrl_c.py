#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ctrl+C ends each headless command and the window cleanly: CANCEL before the answer, BYE after it, REGISTER with
expires 0."""
import signal
import time

import bench
from peer import RegistrarPeer, UasPeer

LIMIT = 8  # seconds from Ctrl+C to the end of the program, on a machine that may be busy


def interrupted(stage, ready, *arguments, what):
    """Starts Earshot, presses Ctrl+C once `ready` holds; returns exit code, output, errors and how long it took."""
    process = stage.start(bench.EARSHOT, *arguments, log="earshot.log")
    bench.wait_for(lambda: process.poll() is not None or ready(), limit=30, what=what)
    bench.check(process.poll() is None, f"{what}; Earshot still runs")
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    code = process.wait(30)
    return code, stage.log("earshot.log"), time.monotonic() - began


def main():
    with bench.Stage() as stage:
        stage.environment["EARSHOT_OUTPUT"] = "silent"
        ringing = UasPeer(answers=["180 Ringing"])
        code, log, took = interrupted(stage, lambda: ringing.count("INVITE"), "call", ringing.uri("bob"),
                                      what="a call rings")
        bench.check(ringing.count("CANCEL") == 1, f"one CANCEL: {ringing.methods()}")
        bench.check(ringing.count("ACK") >= 1, "the 487 was acknowledged")
        bench.check(code == 5, f"exit 5, not answered (was {code})")
        bench.check("Interrupted" in log, "a sentence says why it ended")
        bench.check(took < LIMIT, f"it took {took:.1f} s")

        talking = UasPeer(answers=["180 Ringing", "200 OK"])
        code, log, took = interrupted(stage, lambda: talking.count("ACK"), "call", talking.uri("bob"),
                                      "--hangup-after", "60", what="a call is answered")
        bench.check(talking.count("BYE") == 1, f"one BYE: {talking.methods()}")
        bench.check(code == 0, f"exit 0, answered (was {code})")
        bench.check(took < LIMIT, f"it took {took:.1f} s")

        silent = UasPeer(answers=[])
        code, log, took = interrupted(stage, lambda: silent.count("INVITE"), "call", silent.uri("bob"),
                                      what="a call that nobody answers at all")
        bench.check(silent.count("CANCEL") == 0, "no CANCEL before any response (RFC 3261 section 9.1)")
        bench.check(code == 5 and "Interrupted" in log, f"exit 5 and a sentence (was {code})")
        bench.check(took < LIMIT, f"it took {took:.1f} s")

        registrar = RegistrarPeer()
        code, log, took = interrupted(stage, lambda: registrar.bound() and "PROVISIONAL" in stage.log("earshot.log"),
                                      "register", "--aor", "sip:bob@127.0.0.1", "--proxy", registrar.uri(),
                                      "--seconds", "60", what="an account is registered")
        bench.check(not registrar.bound(), f"un-registered: Expires were {registrar.expires}")
        bench.check(code == 0, f"exit 0, it was registered (was {code})")
        bench.check(took < LIMIT, f"it took {took:.1f} s")

        stage.environment["QT_QPA_PLATFORM"] = "offscreen"
        windowed = UasPeer(answers=["180 Ringing"])
        code, log, took = interrupted(stage, lambda: windowed.count("INVITE"), "--call", windowed.uri("bob"),
                                      what="a call of the window rings")
        bench.check(windowed.count("CANCEL") == 1, f"one CANCEL: {windowed.methods()}")
        bench.check(code == 0, f"the window closed (exit {code})")
        bench.check(took < LIMIT, f"it took {took:.1f} s")

        again = UasPeer(answers=[])
        process = stage.start(bench.EARSHOT, "call", again.uri("bob"), log="earshot.log")
        bench.wait_for(lambda: again.count("INVITE"), limit=30, what="the INVITE")
        process.send_signal(signal.SIGINT)
        bench.wait_for(lambda: process.poll() is not None or process.send_signal(signal.SIGINT) or False, limit=2,
                       what="the end at the second Ctrl+C")
        bench.check(process.returncode == -signal.SIGINT, f"the second Ctrl+C ends it at once ({process.returncode})")


if __name__ == "__main__":
    main()
