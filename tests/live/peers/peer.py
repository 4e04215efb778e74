# SPDX-License-Identifier: Apache-2.0
"""Small SIP peers on raw sockets for the live tests: each sees what Earshot sends and answers from a short list."""
import re
import socket
import threading

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"


def header(message, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r$", message, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else ""


def response(request, status, tag="peer", more=(), body=""):
    """A response to the request, with the headers that RFC 3261 section 8.2.6 wants back."""
    lines = [f"SIP/2.0 {status}"]
    for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]:
        name = line.split(":")[0].strip().lower()
        if name in ("via", "from", "call-id", "cseq", "record-route"):
            lines.append(line)
        elif name == "to":
            lines.append(line if "tag=" in line else f"{line};tag={tag}")
    lines += more
    if body:
        lines.append("Content-Type: application/sdp")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()


class UasPeer:
    """A UDP user agent: answers an INVITE with each of `answers`, a CANCEL with 487, all else with 200."""

    FAMILY = socket.AF_INET
    HOST = "127.0.0.1"

    def __init__(self, answers, challenge=None):
        self.answers = answers
        self.challenge = challenge  # (status, header line): the answer to every INVITE
        self.seen = []
        self.socket = socket.socket(self.FAMILY, socket.SOCK_DGRAM)
        self.socket.bind((self.HOST, 0))
        self.port = self.socket.getsockname()[1]
        self.invite = None
        threading.Thread(target=self._run, daemon=True).start()

    def uri(self, user):
        return f"sip:{user}@127.0.0.1:{self.port}"

    def methods(self):
        """The requests that came, retransmissions left out."""
        unique = dict.fromkeys((m.split(" ")[0], header(m, "CSeq"), header(m, "Via")) for m in self.seen)
        return [method for method, _, _ in unique]

    def count(self, method):
        return self.methods().count(method)

    def _run(self):
        while True:
            data, peer = self.socket.recvfrom(65536)
            text = data.decode("latin-1")
            method = text.split(" ")[0]
            if method.startswith("SIP/") or not method.isalpha():
                continue
            self.seen.append(text)
            for answer in self._answers(method, text):
                self.socket.sendto(answer, peer)

    def _answers(self, method, text):
        if method == "INVITE":
            self.invite = text
            if self.challenge:
                return [response(text, self.challenge[0], more=[self.challenge[1]])]
            host = f"[{self.HOST}]" if ":" in self.HOST else self.HOST
            contact = f"Contact: <sip:{host}:{self.port}>"
            return [response(text, a, more=[contact], body=SDP if a.startswith("200") else "") for a in self.answers]
        if method == "ACK":
            return []
        if method == "CANCEL" and self.invite:
            return [response(text, "200 OK"), response(self.invite, "487 Request Terminated")]
        return [response(text, "200 OK")]


class RegistrarPeer:
    """A TCP registrar that accepts everything, or challenges everything."""

    def __init__(self, challenge=None, flow_timer=None):
        self.challenge = challenge
        self.flow_timer = flow_timer
        self.expires = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def uri(self):
        return f"sip:127.0.0.1:{self.port};transport=tcp"

    def bound(self):
        return bool(self.expires) and self.expires[-1] > 0

    def _run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        pending = ""
        while True:
            try:
                data = connection.recv(65536)
                if not data:
                    return
                pending += data.decode("latin-1")
                while pending.startswith("\r\n"):
                    if pending.startswith("\r\n\r\n"):  # RFC 5626 section 3.5.1: a ping
                        connection.sendall(b"\r\n")
                    pending = pending[4 if pending.startswith("\r\n\r\n") else 2:]
                while "\r\n\r\n" in pending:  # a REGISTER has no body
                    text, pending = pending.split("\r\n\r\n", 1)
                    connection.sendall(self._answer(text + "\r\n\r\n"))
            except OSError:
                return

    def _answer(self, text):
        if self.challenge:
            return response(text, self.challenge[0], more=[self.challenge[1]])
        self.expires.append(int(header(text, "Expires") or 0))
        timer = [f"Flow-Timer: {self.flow_timer}"] if self.flow_timer else []
        return response(text, "200 OK", more=[f"Contact: {header(text, 'Contact')}", "Require: outbound",
                                              "Supported: outbound, path", *timer])
