# SPDX-License-Identifier: Apache-2.0
"""What the tests against Kamailio share: its settings, its start, a relay that can be cut, a caller, a capture."""
import contextlib
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import threading
import time

import bench
import peer

HEAD = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
disable_tcp=no
auto_aliases=no
tcp_connection_lifetime=60
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "outbound.so"
loadmodule "stun.so"
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
"""

TLS = """enable_tls=yes
loadmodule "tls.so"
modparam("tls", "certificate", "{pem}")
modparam("tls", "private_key", "{pem}")
modparam("tls", "tls_method", "TLSv1.2+")
listen=tls:127.0.0.1:{tls}
"""

REGISTRAR = """loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "outbound_mode", 1)
modparam("registrar", "flow_timer", {timer})
modparam("registrar", "gruu_enabled", 0)
"""


def modules(*needed):
    """Kamailio's module folder; the test is skipped when one of them is not there."""
    bench.need("kamailio")
    folders = subprocess.run(["dpkg", "-L", "kamailio"], capture_output=True, text=True).stdout.split()
    folder = next((f for f in folders if f.endswith("/kamailio/modules")), "/usr/lib/x86_64-linux-gnu/kamailio/modules")
    for module in ("outbound.so", "stun.so", *needed):
        if not os.path.exists(os.path.join(folder, module)):
            bench.skip(f"Kamailio has no {module} here")
    return folder


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


def start(stage, name, text, *ports):
    """A Kamailio with these settings, listening on the TCP ports; `name` tells its files apart."""
    config = stage.write(f"{name}.cfg", text)
    os.makedirs(stage.path(name), exist_ok=True)
    process = stage.start("kamailio", "-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", stage.path(name),
                          "-w", stage.path(name), log=f"{name}.log")
    bench.wait_for(lambda: all(listens(p) for p in ports), what=f"Kamailio ({name})", process=process)
    return process


class Relay:
    """A TCP relay that can be cut: what stands between a user agent and its edge."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        self.accepted = 0
        self.refusing = False
        self.ponged = False  # a pong of RFC 5626 section 3.5.1 went back to the user agent
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # the edge is away
                near.close()
                continue
            self.accepted += 1
            self.pairs.append((near, far))
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    def _pump(self, near, far):
        try:
            while True:
                for ready in select.select([near, far], [], [], 60)[0]:
                    data = ready.recv(65536)
                    if not data:
                        raise OSError
                    self.ponged |= ready is far and data == b"\r\n"
                    (far if ready is near else near).sendall(data)
        except OSError:
            for end in (near, far):
                end.close()

    def cut(self, refuse=False):
        """Ends every connection; with `refuse`, no new one lives either. Returns when the edge has closed them too: a
        request that meets a connection the edge still takes for good gets 477 of Kamailio, not the next flow."""
        self.refusing = refuse
        ports = set()
        # What comes back while these are cut is not cut again.
        cut, self.pairs = self.pairs, []
        for near, far in cut:
            with contextlib.suppress(OSError):  # closed by the pump already
                ports.add(far.getsockname()[1])
            for end in (near, far):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        bench.wait_for(lambda: not ports & self._open_at_edge(), what="the edge to close what was cut")

    def _open_at_edge(self):
        """The far ports of the connections that the edge holds."""
        with open("/proc/net/tcp") as table:
            rows = [line.split()[1:4] for line in table.readlines()[1:]]
        return {int(remote.split(":")[1], 16) for local, remote, state in rows
                if int(local.split(":")[1], 16) == self.target and state != "06"}  # 06: TIME_WAIT, nobody's any more


class Caller:
    """Sends one INVITE over UDP, acknowledges the answer and hangs up; returns the final status."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(30)
        self.own = self.socket.getsockname()[1]

    def request(self, method, call_id, to, cseq, body="", branch="", route=(), uri=None):
        lines = [f"{method} {uri or f'sip:bob@127.0.0.1:{self.port}'} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.own};branch=z9hG4bK{branch or method}{call_id}",
                 "Max-Forwards: 70", "From: <sip:alice@127.0.0.1>;tag=a", f"To: {to}", f"Call-ID: {call_id}",
                 f"CSeq: {cseq} {method}", f"Contact: <sip:alice@127.0.0.1:{self.own}>", *route]
        if body:
            lines.append("Content-Type: application/sdp")
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self.socket.sendto(text.encode(), ("127.0.0.1", self.port))

    def call(self, call_id):
        to = f"<sip:bob@127.0.0.1:{self.port}>"
        self.request("INVITE", call_id, to, 1, peer.SDP)
        while True:
            text = self.socket.recv(65536).decode("latin-1")
            if f"Call-ID: {call_id}" not in text or "INVITE" not in peer.header(text, "CSeq"):
                continue
            status = int(text.split(" ")[1])
            if status < 200:
                continue
            to = peer.header(text, "To")
            if status >= 300:
                self.request("ACK", call_id, to, 1, branch="INVITE")
                return status
            routes = [f"Route: {line.split(':', 1)[1].strip()}" for line in text.split("\r\n")
                      if line.lower().startswith("record-route")][::-1]
            target = peer.header(text, "Contact").split("<")[1].split(">")[0]
            self.request("ACK", call_id, to, 1, branch="ackfor", route=routes, uri=target)
            self.request("BYE", call_id, to, 2, route=routes, uri=target)
            self.hung_up(call_id)
            return status

    def hung_up(self, call_id):
        """Waits for the answer to the BYE: a flow that is cut before would make this another case."""
        while True:
            text = self.socket.recv(65536).decode("latin-1")
            if f"Call-ID: {call_id}" in text and text.startswith("SIP/2.0 ") and "BYE" in peer.header(text, "CSeq"):
                return


class Capture:
    """What passes between these UDP ports of loopback, as a pcap file; None where that is not allowed."""

    @staticmethod
    def open(*ports):
        try:
            return Capture(ports)
        except PermissionError:
            return None

    def __init__(self, ports):
        self.ports, self.packets = set(ports), []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.socket.bind(("lo", 0))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            data, address = self.socket.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING or data[23] != socket.IPPROTO_UDP:
                continue  # loopback shows everything twice
            if self.ports & set(struct.unpack(">HH", data[34:38])):
                self.packets.append((time.time(), data))

    def write(self, path):
        """A pcapng file: one section, one Ethernet interface with times in microseconds."""
        def block(kind, body):
            body += b"\0" * (-len(body) % 4)
            size = struct.pack("<I", len(body) + 12)
            return struct.pack("<I", kind) + size + body + size

        with open(path, "wb") as out:
            out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
            out.write(block(1, struct.pack("<HHI", 1, 0, 262144)))
            for when, data in list(self.packets):
                time_high, time_low = divmod(int(when * 1e6), 1 << 32)
                out.write(block(6, struct.pack("<IIIII", 0, time_high, time_low, len(data), len(data)) + data))
        return path


def findings(stage, path):
    """Rule -> severity of what `earshot check` finds in a file, over all its calls and registrations."""
    code, document, errors = stage.earshot("check", "--json", path)
    assert document is not None, f"check ended with {code}: {errors}"
    return {f["rule"]: f["severity"] for c in document["calls"] for f in c["findings"]}


def seconds(text):
    """Of a time as Earshot writes it, within its day."""
    hours, minutes, rest = text.split(" ")[1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def compare(stage, path, must):
    """What was found is what must be found: all of `must`, and no error beside it."""
    found = findings(stage, path)
    missing = set(must) - set(found)
    more = {rule for rule, severity in found.items() if severity == "error"} - set(must)
    if keep := os.environ.get("EARSHOT_TRACES"):
        shutil.copy(path, keep)
    bench.check(not missing and not more, f"{os.path.basename(path)}: found {sorted(found)}"
                + (f", missing {sorted(missing)}" if missing else "") + (f", too much {sorted(more)}" if more else ""))


class Bob:
    """`earshot register` with a thread that reads what it tells; `session` names the pcapng file that it leaves."""

    def __init__(self, stage, *arguments, session):
        self.seen = []
        self.session = stage.path(f"{session}.pcapng")
        self.process = subprocess.Popen([bench.EARSHOT, "register", "--session", self.session, *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=stage.environment, cwd=stage.folder)
        stage.processes.append(self.process)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.seen.append(line.rstrip("\n"))

    def has(self, *words, after=0):
        return any(all(w in line for w in words) for line in self.seen[after:])

    def wait(self, *words, after=0, limit=45):
        bench.wait_for(lambda: self.has(*words, after=after), limit, what=" ".join(words))
        bench.check(True, " ".join(words))

    def end(self):
        self.process.terminate()
        self.process.wait(15)
        print("\n".join(line[:200] for line in self.seen[:80]))
