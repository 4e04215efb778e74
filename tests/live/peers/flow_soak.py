#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many flows, cut at random (FIN and RST): all are UP in the end, nobody storms, memory stays flat.

Short by default; EARSHOT_SOAK=600 runs it for ten minutes with 200 flows."""
import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time

import bench
import peer

SECONDS = float(os.environ.get("EARSHOT_SOAK", "12"))
FLOWS = 8  # of one program
PROGRAMS = 25 if SECONDS > 60 else 2
MOST_CUTS = 4  # of one flow in a minute: a fifth loss has to back off, and is not this test's subject


class Edge:
    """Edge and registrar in one: grants outbound, answers pings, and can cut what it has."""

    def __init__(self):
        self.flows = {}      # Call-ID -> writer of its connection
        self.registers = {}  # Call-ID -> times
        self.cuts = {}       # Call-ID -> times
        self.loop = asyncio.new_event_loop()
        self.port = None
        threading.Thread(target=self._run, daemon=True).start()
        bench.wait_for(lambda: self.port, what="the edge")

    def _run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        pending = b""
        try:
            while data := await reader.read(65536):
                pending += data
                while pending:
                    if pending.startswith(b"\r\n\r\n"):
                        writer.write(b"\r\n")
                        pending = pending[4:]
                    elif pending.startswith(b"\r\n") and len(pending) > 3:
                        pending = pending[2:]
                    elif b"\r\n\r\n" in pending and not pending.startswith(b"\r"):
                        head, pending = pending.split(b"\r\n\r\n", 1)
                        self._message(head.decode("latin-1") + "\r\n\r\n", writer)
                    else:
                        break
        except (ConnectionError, OSError):
            pass
        writer.close()

    def _message(self, text, writer):
        if not text.startswith("REGISTER "):
            return
        call = peer.header(text, "Call-ID")
        if "expires=0" not in peer.header(text, "Contact"):
            self.flows[call] = writer
            self.registers.setdefault(call, []).append(time.monotonic())
        writer.write(peer.response(text, "200 OK", more=[f"Contact: {peer.header(text, 'Contact')}",
                                                         "Require: outbound", "Flow-Timer: 4"]))

    def cut(self):
        now = time.monotonic()
        # One that dies before its first pong was never good (RFC 5626 section 4.5): it has to back off.
        able = [c for c in self.flows if now - self.registers[c][-1] > 1.5
                and len([t for t in self.cuts.get(c, []) if now - t < 61]) < MOST_CUTS]
        if not able:
            return
        call = random.choice(able)
        self.cuts.setdefault(call, []).append(now)
        writer = self.flows.pop(call)  # until it registers again
        self.loop.call_soon_threadsafe(random.choice((writer.close, writer.transport.abort)))


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def main():
    random.seed(5626)
    with bench.Stage() as stage:
        edge = Edge()
        wanted = FLOWS * PROGRAMS
        programs = []
        for number in range(PROGRAMS):
            command = [bench.EARSHOT, "register", "--aor", f"sip:user{number}@example.test", "--seconds",
                       str(SECONDS + 20), "--ping-after", "0.5", "--output", "silent", "--json"]
            for _ in range(FLOWS):
                command += ["--proxy", f"sip:127.0.0.1:{edge.port};transport=tcp"]
            programs.append(stage.start(*command, stdout=open(stage.path(f"{number}.json"), "wb")))
        bench.wait_for(lambda: len(edge.flows) == wanted, 60, f"{wanted} flows")
        time.sleep(2)
        before = [resident(p) for p in programs]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            edge.cut()
            time.sleep(SECONDS / wanted / 3 if SECONDS < 60 else 0.2)
        ended = time.monotonic()
        bench.wait_for(lambda: len(edge.flows) == wanted, 15, "every flow to register again")
        print(f"figure  all {wanted} flows back {(time.monotonic() - ended) * 1000:.0f} ms after the last cut")
        time.sleep(2)
        growth = max(resident(p) - b for p, b in zip(programs, before))
        print(f"figure  memory of one program: {before[0]:.0f} MB, grew by at most {growth:.1f} MB")
        cuts = sum(len(t) for t in edge.cuts.values())
        registers = sum(len(t) for t in edge.registers.values())
        print(f"figure  {cuts} cuts, {registers} REGISTERs for {wanted} flows")
        bench.check(cuts >= wanted / 2, "there were cuts")
        bench.check(growth < 24, "memory stays flat")
        bench.check(registers <= wanted + cuts + 2, "one REGISTER for each loss, no storm")
        for process in programs:
            process.wait(60)
        for number, process in enumerate(programs):
            document = json.loads(stage.log(f"{number}.json"))
            states = [f["state"] for f in document["flows"]]
            bench.check(states == ["UP"] * FLOWS, f"program {number}: {states}")
            losses = sum(f["losses"] for f in document["flows"])
            bench.check(process.returncode == 0 and document["reachable"], f"program {number}: {losses} losses, reachable")


if __name__ == "__main__":
    sys.exit(main())
