#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registrars that answer in odd ways: absurd times, contradictions, bindings of others, pongs late or never. Each is told
as it is, none is asked in a loop, and what is granted is used."""
import re
import socket
import threading

import bench
import peer


class Odd:
    """A TCP registrar; `answer(request, number)` gives the response, `pong(number)` the wait for a pong (None: never)."""

    def __init__(self, answer, pong=lambda number: 0):
        self.answer, self.pong = answer, pong
        self.seen, self.pings = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def uri(self):
        return f"sip:127.0.0.1:{self.port};transport=tcp"

    def asked(self):
        return [text for text in self.seen if "expires=0" not in text]

    def _run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        pending = ""
        try:
            while data := connection.recv(65536):
                pending += data.decode("latin-1")
                while pending:
                    if pending.startswith("\r\n\r\n"):
                        pending = pending[4:]
                        self.pings += 1
                        wait = self.pong(self.pings)
                        if wait is not None:
                            threading.Timer(wait, self._send, (connection, b"\r\n")).start()
                    elif "\r\n\r\n" in pending:
                        text, pending = pending.split("\r\n\r\n", 1)
                        self.seen.append(text + "\r\n\r\n")
                        self._send(connection, self.answer(text + "\r\n\r\n", len(self.seen)))
                    else:
                        break
        except OSError:
            pass

    @staticmethod
    def _send(connection, data):
        try:
            connection.sendall(data)
        except OSError:
            pass


def accept(text, *more, contact=None):
    """200 with outbound; `contact`: what is listed in the place of ours."""
    listed = f"Contact: {peer.header(text, 'Contact')}" if contact is None else contact
    return peer.response(text, "200 OK", more=[*([listed] if listed else []), "Require: outbound", *more])


def refuse(status, *headers):
    return lambda text, number: peer.response(text, status, more=headers)


def register(stage, *registrars, more=(), seconds="1.5"):
    """(exit code, document, the first flow)"""
    proxies = [word for each in registrars for word in ("--proxy", each.uri())]
    code, document, errors = stage.earshot("register", "--aor", "sip:bob@example.test", *proxies, "--seconds", seconds,
                                           "--ping-after", "0.2", "--output", "silent", "--json", *more, limit=120)
    assert document, errors
    return code, document, document["flows"][0]


def refusals(stage):
    for name, status, headers, state, words in (
            ("423 with a day too much", "423 Interval Too Brief", ["Min-Expires: 4294967295"], "REJECTED", "4294967295 s"),
            ("423 with what was asked for", "423 Interval Too Brief", ["Min-Expires: 1"], "REJECTED", "this REGISTER asked for 600 s"),
            ("423 with nothing", "423 Interval Too Brief", [], "REJECTED", "names no Min-Expires"),
            ("503 with a comment", "503 Service Unavailable", ["Retry-After: 75 (in a meeting);duration=3600"], "BACKING OFF", "75 s"),
            ("503 for years", "503 Service Unavailable", ["Retry-After: 99999999"], "BACKING OFF", "86400 s"),
            ("420 without Unsupported", "420 Bad Extension", [], "REJECTED", "no Unsupported"),
            ("421 for what was offered", "421 Extension Required", ["Require: path"], "REJECTED", "which this REGISTER offered"),
            ("439", "439 First Hop Lacks Outbound Support", [], "REJECTED", "without outbound"),
            ("302", "302 Moved", ["Contact: <sip:127.0.0.1:9>"], "REJECTED", "127.0.0.1:9"),
            ("699", "699 What", [], "REJECTED", "699 What")):
        registrar = Odd(refuse(status, *headers))
        code, _, flow = register(stage, registrar)
        bench.check(code == 5 and flow["state"] == state and words in flow["reason"] and len(registrar.asked()) == 1,
                    f"{name}: asked once, {flow['state']}: {flow['reason']}")
    twice = Odd(refuse("439 First Hop Lacks Outbound Support"))
    code, _, flow = register(stage, twice, more=["--plain-after-439"])
    bench.check(len(twice.asked()) == 2 and "asked for no outbound" in flow["reason"], f"439 twice: {flow['reason']}")


def bindings(stage):
    def changed(pattern, by):
        return lambda text, number: accept(text, contact="Contact: " + re.sub(pattern, by, peer.header(text, "Contact")))

    others = (', <sip:x@192.0.2.77>;reg-id=2;+sip.instance="<urn:uuid:aaaaaaaa-0000-4000-8000-000000000000>";expires=30,'
              " <sip:old@192.0.2.78:9;transport=tcp>;expires=5")
    for name, answer, reachable, words in (
            ("ours among others", changed("$", others), True, ""),
            ("another reg-id", changed(r"reg-id=\d+", "reg-id=7"), False, "not ours"),
            ("no time left", changed(r"expires=\d+", "expires=0"), False, "no time left"),
            ("136 years", changed(r"expires=\d+", "expires=4294967295"), True, ""),
            ("no Contact", lambda text, number: accept(text, contact=""), False, "lists no Contact"),
            ("a star", lambda text, number: accept(text, contact="Contact: *"), False, "not ours")):
        registrar = Odd(answer)
        code, document, flow = register(stage, registrar)
        bench.check(code == (0 if reachable else 5) and (flow["state"] == "UP") == reachable and
                    document["reachable"] == reachable and words in flow["reason"] and len(registrar.asked()) == 1,
                    f"200 with {name}: reachable {document['reachable']}, {flow['reason']}")
        bench.check(document["reachable_until"] is None, "and nothing ended")


def timers(stage):
    for value, granted in (("4294967295", 4294967295), ("0", None), ("abc", None), ("33", 33)):
        registrar = Odd(lambda text, number, v=value: accept(text, f"Flow-Timer: {v}"))
        code, _, flow = register(stage, registrar)
        bench.check(code == 0 and flow["state"] == "UP" and flow["flow_timer"] == granted and
                    not isinstance(flow["flow_timer"], float), f"Flow-Timer {value}: {flow['flow_timer']}, {flow['state']}")
    often = Odd(lambda text, number: accept(text, "Flow-Timer: 1"))
    code, document, flow = register(stage, often, seconds="6")
    call = next(c for c in document["report"]["calls"] if c["kind"] == "registration")
    rows = sum(1 for _ in call["messages"]) if "messages" in call else 0
    bench.check(often.pings >= 4 and rows < 12, f"{often.pings} pongs are no rows of the REGISTER's ladder ({rows} rows)")
    bench.check(all(len(str(ms)) < 12 for ms in flow["pongs_ms"]), f"and are timed without stray digits: {flow['pongs_ms']}")


def pongs(stage):
    late = Odd(lambda text, number: accept(text), pong=lambda number: 3.0)
    _, document, flow = register(stage, late, seconds="5")
    states = [event["state"] for event in document["events"]]
    bench.check(flow["state"] == "UP" and states.index("SUSPECT") < states.index("UP") and flow["failures"] == 0,
                f"a first pong that is late makes the flow suspect, then UP: {states}")
    never = Odd(lambda text, number: accept(text), pong=lambda number: None)
    code, document, flow = register(stage, never, seconds="12.5")
    states = [event["state"] for event in document["events"]]
    bench.check(code == 5 and flow["state"] == "BACKING OFF" and "SUSPECT" in states and len(never.asked()) == 1,
                f"no pong at all: {states}: {flow['reason']}")


def many(stage):
    eight = [Odd(lambda text, number: accept(text)) for _ in range(8)]
    code, document, _ = register(stage, *eight, seconds="4")
    bench.check(code == 0 and [f["state"] for f in document["flows"]] == ["UP"] * 8, "eight proxies, eight flows")
    first = [each.seen[0] for each in eight]
    ids = [(re.search(r"reg-id=(\d+)", text).group(1), re.search(r"urn:uuid:[0-9a-f-]+", text).group(0)) for text in first]
    bench.check([regid for regid, _ in ids] == [str(n) for n in range(1, 9)] and len({urn for _, urn in ids}) == 1 and
                len({peer.header(text, "Call-ID") for text in first}) == 8, f"one instance, a reg-id and a Call-ID each: {ids[0]}")
    again = [Odd(lambda text, number: accept(text)) for _ in range(8)]
    register(stage, *again, seconds="2")
    bench.check([(re.search(r"reg-id=(\d+)", each.seen[0]).group(1),
                  re.search(r"urn:uuid:[0-9a-f-]+", each.seen[0]).group(0)) for each in again] == ids,
                "reg-ids and instance-id are the same after a restart")


def usage(stage):
    for words in (["register", "--aor", "sip:b@e.test", "--proxy", "sip:127.0.0.1;transport=ws"],
                  ["register", "--aor", "sip:b@e.test", "--proxy", "sip:127.0.0.1;transport=sctp", "--transport", "tcp"],
                  ["call", "sip:a@127.0.0.1;transport=sctp"], ["probe", "options", "sip:127.0.0.1;transport=WS"],
                  ["register", "--aor", "sip:b@e.test", *["--proxy", "sip:127.0.0.1"] * 9]):
        code, _, errors = stage.earshot(*words)
        bench.check(code == 2 and errors.strip(), f"usage error: {errors.strip().splitlines()[0] if errors.strip() else ''}")


def main():
    with bench.Stage() as stage:
        usage(stage)
        refusals(stage)
        bindings(stage)
        timers(stage)
        pongs(stage)
        many(stage)


if __name__ == "__main__":
    main()
