#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each kind of bad input gives one clear sentence on stderr and its exit code; nothing crashes."""
import os
import socket
import threading

import bench


def one_sentence(errors, *words):
    lines = [line for line in errors.splitlines() if line.startswith("earshot: ")]
    return any(all(word.lower() in line.lower() for word in words) for line in lines)


def garbage_peer():
    """Answers an INVITE with a 183 whose SDP is garbage, then 486."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def run():
        while True:
            data, peer = server.recvfrom(65536)
            text = data.decode("latin-1")
            if not text.startswith("INVITE"):
                continue
            wanted = ("via:", "from:", "call-id:", "cseq:")
            heads = [h for h in text.split("\r\n") if h.lower().startswith(wanted)]
            to = next(h for h in text.split("\r\n") if h.lower().startswith("to:")) + ";tag=x"
            body = "m=image 9 udptl ,\r\nm=audio\r\nc=\r\na=rtpmap:\x00\xff garbage\r\n"
            for status, content in (("183 Session Progress", body), ("486 Busy Here", "")):
                kind = "Content-Type: application/sdp\r\n" if content else ""
                server.sendto(("\r\n".join([f"SIP/2.0 {status}", *heads, to]) + "\r\n" + kind +
                               f"Content-Length: {len(content)}\r\n\r\n{content}").encode("latin-1"), peer)
    threading.Thread(target=run, daemon=True).start()
    return server.getsockname()[1]


def contradicts(stage, closed):
    """--transport beside a URI that names another one is no silent choice."""
    there = f"sip:x@127.0.0.1:{closed}"
    for words in (("call", f"{there};transport=udp", "--transport", "tcp"), ("call", f"sips:x@127.0.0.1:{closed}", "--transport", "udp"),
                  ("call", "sip:x@example.test", "--proxy", f"<{there};transport=tcp;lr>", "--transport", "tls"),
                  ("register", "--aor", "sip:b@e.test", "--proxy", f"{there};transport=tcp", "--transport", "udp")):
        code, _, errors = stage.earshot(*words)
        bench.check(code == 2 and one_sentence(errors, "contradicts"), f"{' '.join(words)}: exit {code}: {errors.strip()}")
    for words in ((f"{there};transport=TCP", "--transport", "tcp"),
                  (f"{there};transport=udp", "--proxy", f"sip:127.0.0.1:{closed}", "--transport", "tcp")):
        code, _, errors = stage.earshot("call", *words, "--output", "silent", "--json")
        bench.check(code == 5, f"{' '.join(words)} is no contradiction: exit {code}: {errors.strip()}")


def main():
    with bench.Stage() as stage:
        closed = bench.free_port()
        code, _, errors = stage.earshot("call", "not a uri at all <<<")
        bench.check(code == 2 and one_sentence(errors, "SIP URI"), f"unparsable target: exit {code}: {errors.strip()}")
        for words in (("--codecs", "PCMU,G999"), ("--output", "loud"), ("--transport", "sctp"), ("--100rel", "maybe"),
                      ("--from", "sip:a@b", "--from", "sip:c@d"), ("--hangup-after", "soon"), ("--port-range", "7")):
            code, _, errors = stage.earshot("call", f"sip:x@127.0.0.1:{closed}", *words)
            bench.check(code == 2 and one_sentence(errors), f"{' '.join(words)}: exit {code}: {errors.strip()}")
        code, _, errors = stage.earshot("call", f"sip:x@127.0.0.1:{closed}", "--record", "/proc/none")
        bench.check(code == 4 and one_sentence(errors, "/proc/none"), f"no folder to record to: exit {code}: {errors.strip()}")
        code, call, errors = stage.earshot("call", f"sip:x@127.0.0.1:{closed}", "--json")
        bench.check(code == 5 and call["final"]["local"] and one_sentence(errors, str(closed)), f"closed UDP port: exit {code}: {errors.strip()}")
        code, call, errors = stage.earshot("call", f"sip:x@127.0.0.1:{closed}", "--transport", "tcp", "--json")
        bench.check(code == 5 and call["final"]["local"] and one_sentence(errors, str(closed)), f"closed TCP port: exit {code}: {errors.strip()}")
        code, call, errors = stage.earshot("call", "sip:x@no-such-host.invalid", "--json", limit=90)
        bench.check(code == 5 and one_sentence(errors, "no-such-host.invalid"), f"unresolvable: exit {code}: {errors.strip()}")
        code, call, errors = stage.earshot("call", f"sip:x@127.0.0.1:{garbage_peer()}", "--json", "--100rel", "off")
        bench.check(code == 5 and call["final"]["code"] == 486, f"SDP garbage in the 183: exit {code}, final {call and call['final']}")
        bench.check("183 cannot be used" in errors and errors.count("cannot be used") == 1, f"and it is said, once: {errors.strip()[-200:]}")
        bench.check("neg-sdp-malformed" in [finding["rule"] for finding in call["findings"]], "and found")
        first = bench.free_port()
        blockers = []
        for port in (first, first + 1):
            blocker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            blocker.bind(("127.0.0.1", port))
            blockers.append(blocker)
        code, _, errors = stage.earshot("call", f"sip:x@127.0.0.1:{closed}", "--port-range", f"{first}-{first + 1}")
        bench.check(code == 4 and one_sentence(errors, "port"), f"port range in use: exit {code}: {errors.strip()}")
        code, _, errors = stage.earshot("check", stage.write("letter.txt", "Dear Sir or Madam\n"))
        bench.check(code == 3 and one_sentence(errors), f"no capture: exit {code}: {errors.strip()}")
        code, _, errors = stage.earshot("check", stage.path("nowhere.pcap"))
        bench.check(code == 3 and one_sentence(errors), f"no file: exit {code}: {errors.strip()}")
        cut = stage.write("cut.pcap", bytes.fromhex("d4c3b2a1020004000000000000000000ffff000065000000") + b"\1\2\3", "wb")
        code, _, errors = stage.earshot("check", cut)
        bench.check(code == 3 and one_sentence(errors), f"truncated capture: exit {code}: {errors.strip()}")
        code, _, errors = stage.earshot("check", stage.write("empty.pcap", ""))
        bench.check(code == 3 and one_sentence(errors), f"empty file: exit {code}: {errors.strip()}")
        code, _, errors = stage.earshot("call", f"sip:x@127.0.0.1:{closed}", "--password-file", stage.path("none"))
        bench.check(code == 3 and one_sentence(errors, "password"), f"no password file: exit {code}: {errors.strip()}")
        code, _, errors = stage.earshot("register", "--aor", "sip:b@127.0.0.1", "--proxy",
                                        f"sip:127.0.0.1:{closed};transport=tcp", "--seconds", "2", "--output", "silent")
        bench.check(code == 5 and one_sentence(errors, str(closed)), f"registrar refuses the connection: exit {code}: {errors.strip()}")
        contradicts(stage, closed)
        bench.check(not [f for f in os.listdir(stage.folder) if f.startswith("core")], "no core dump")


if __name__ == "__main__":
    main()
