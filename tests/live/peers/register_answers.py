#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sipp as a registrar that answers 423, 439, 503 and more: each is handled as written, told once, and never in a loop."""
import re
import socket
import subprocess
import time

import bench
import kamailio

HEAD = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="registrar">
"""
RECEIVE = """  <recv request="REGISTER" crlf="true"/>
"""
SEND = """  <send><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]reg[call_number]
[last_Call-ID:]
[last_CSeq:]
{headers}Content-Length: 0

]]></send>
"""


def registrar(stage, name, *answers):
    """A sipp that gives these answers (status line, header lines) to the REGISTERs of one flow; returns its port."""
    text = HEAD
    for status, *headers in answers:
        text += RECEIVE + SEND.format(status=status, headers="".join(h + "\n" for h in headers))
    stage.write(f"{name}.xml", text + "</scenario>\n")
    port = bench.free_port()
    sipp = stage.start("sipp", "-sf", stage.path(f"{name}.xml"), "-i", "127.0.0.1", "-p", str(port), "-t", "t1", "-nostdin",
                       "-trace_msg", "-message_file", stage.path(f"{name}.msg"), log=f"{name}.log")
    bench.wait_for(lambda: listens(port), what=f"sipp for {name}", process=sipp)
    return port


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


def register(stage, port, *more, seconds="3", found):
    """What it came to; the pcapng file that it leaves tells `found`, and no error beside it."""
    session = stage.path(f"{port}.pcapng")
    code, document, errors = stage.earshot(
        "register", "--aor", "sip:bob@example.test", "--proxy", f"sip:127.0.0.1:{port};transport=tcp", "--seconds",
        seconds, "--ping-after", "60", "--output", "silent", "--json", "--session", session, *more)
    print(errors.strip())
    kamailio.compare(stage, session, found)
    return code, document, document["flows"][0]


def asked(stage, name):
    """Each REGISTER that reached sipp: (Expires, Call-ID)."""
    seen = []
    for message in stage.log(f"{name}.msg").split("TCP message received"):
        if "\nREGISTER " in message:
            seen.append((int(re.search(r"Expires: (\d+)", message).group(1)),
                         re.search(r"Call-ID: (\S+)", message).group(1)))
    return [s for s in seen if s[0] > 0]


def main():
    bench.need("sipp")
    with bench.Stage() as stage:
        ok = ("200 OK", "[last_Contact:]")
        port = registrar(stage, "brief", ("423 Interval Too Brief", "Min-Expires: 1800"), ok)
        code, document, flow = register(stage, port, found={"flow-not-granted"})
        requests = asked(stage, "brief")
        bench.check(code == 0 and document["registered"], f"423: registered in the end (exit {code})")
        bench.check([r[0] for r in requests] == [600, 1800], f"423: asked for Min-Expires, once: {requests}")
        bench.check(len({r[1] for r in requests}) == 1, "423: one Call-ID")
        bench.check(any("1800 s (423)" in e["reason"] for e in document["events"]), "423: told to the user")

        port = registrar(stage, "loop", *[("423 Interval Too Brief", "Min-Expires: 1800")] * 8)
        code, document, flow = register(stage, port, found={"reg-loop-423"})
        bench.check(len(asked(stage, "loop")) == 2 and flow["state"] == "REJECTED", "423 for ever: given up after one raise")
        bench.check(code != 0, f"423 for ever: exit {code}")

        port = registrar(stage, "lacks", *[("439 First Hop Lacks Outbound Support",)] * 8)
        code, document, flow = register(stage, port, found={"flow-439"})
        bench.check(len(asked(stage, "lacks")) == 1 and flow["state"] == "REJECTED", "439: asked once, then REJECTED")
        bench.check("439" in flow["reason"] and "without outbound" in flow["reason"], f"439: {flow['reason']}")
        port = registrar(stage, "plain", ("439 First Hop Lacks Outbound Support",),
                         ("200 OK", "[last_Contact:]"))
        code, document, flow = register(stage, port, "--plain-after-439", found={"flow-439"})
        bench.check(code == 0 and flow["state"] == "UP (no outbound)", f"439, as chosen: plain ({flow['state']})")

        port = registrar(stage, "busy", *[("503 Service Unavailable", "Retry-After: 75")] * 8)
        code, document, flow = register(stage, port, found=set())
        bench.check(len(asked(stage, "busy")) == 1 and flow["state"] == "BACKING OFF", "503: asked once, then waits")
        bench.check(flow["next_attempt_in"] > 70 and "75 s" in flow["reason"], f"503: Retry-After obeyed: {flow['reason']}")
        port = registrar(stage, "down", *[("500 Server Error",)] * 8)
        code, document, flow = register(stage, port, found=set())
        bench.check(25 < flow["next_attempt_in"] < 60 and flow["back_off_most"] == 60 and flow["failures"] == 1,
                    f"500: the next attempt is in [W/2, W] ({flow['next_attempt_in']:.1f} s of {flow['back_off_most']} s)")

        for name, status, headers, words, found in (
                ("ext", "420 Bad Extension", ["Unsupported: path"], "path", set()),
                ("need", "421 Extension Required", ["Require: sec-agree"], "sec-agree", set()),
                ("no", "403 Forbidden", [], "403", {"reg-403-404"})):
            port = registrar(stage, name, *[(status, *headers)] * 8)
            code, document, flow = register(stage, port, seconds="2", found=found)
            bench.check(len(asked(stage, name)) == 1 and flow["state"] == "REJECTED" and words in flow["reason"],
                        f"{status}: {flow['reason']}")
        began = time.monotonic()
        port = registrar(stage, "forbids", *[("403 Forbidden",)] * 8)
        code, document, flow = register(stage, port, seconds="500", found={"reg-403-404"})
        bench.check(code == 5 and flow["state"] == "REJECTED" and time.monotonic() - began < 250,
                    "every flow refused for good: nothing is waited for")
        bench.check(flow["flow_timer"] is None and flow["pong_ms"] is None and flow["last_pong"] is None,
                    "what is not known is null")
        text = subprocess.run([bench.EARSHOT, "register", "--aor", "sip:bob@example.test", "--proxy",
                               f"sip:127.0.0.1:{registrar(stage, 'forbids2', *[('403 Forbidden',)] * 8)};transport=tcp",
                               "--seconds", "500", "--output", "silent"], capture_output=True, text=True, timeout=250,
                              env=stage.environment, cwd=stage.folder)
        bench.check("nothing more is tried" in text.stderr and text.returncode == 5, f"and it is said: {text.stderr}")
        port = registrar(stage, "unknown", *[("404 Not Found",)] * 8)
        code, document, flow = register(stage, port, seconds="2", found={"reg-403-404"})
        bench.check(len(asked(stage, "unknown")) == 1 and flow["state"] == "BACKING OFF" and flow["next_attempt_in"] > 800 and
                    "404" in flow["reason"], f"404: asked again after a long while: {flow['reason']}")
        port = registrar(stage, "behind", *[("477 Send failed",)] * 8)
        code, document, flow = register(stage, port, seconds="2", found=set())
        bench.check(len(asked(stage, "behind")) == 1 and flow["state"] == "BACKING OFF" and "behind" in flow["reason"],
                    f"477: {flow['reason']}")
        port = registrar(stage, "flow", *[("430 Flow Failed",)] * 8)
        code, document, flow = register(stage, port, seconds="2", found={"flow-430-register"})
        bench.check(len(asked(stage, "flow")) == 1 and flow["state"] == "BACKING OFF", f"430: {flow['reason']}")


if __name__ == "__main__":
    main()
