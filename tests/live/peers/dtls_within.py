#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A call begun in the clear, whose peer offers keys by DTLS in a re-INVITE (RFC 5763), and later keys in SDP (RFC 4568).
The handshake is openssl's; what is sent afterwards is no plain G.711 any more."""
import base64
import re
import socket
import subprocess
import threading

import bench
from peer import UasPeer, header, response

KEY = base64.b64encode(bytes(range(30))).decode()


def sdp(port, profile, lines="", version=1):
    return (f"v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} {profile} 0\r\n{lines}")


class Phone(UasPeer):
    """Answers in the clear; within the call it offers what it is told to."""

    def __init__(self, media):
        self.media = media
        self.answers_to = {}
        super().__init__([])

    def _run(self):
        while True:
            data, self.caller = self.socket.recvfrom(65536)
            text = data.decode("latin-1")
            if text.startswith("SIP/2.0 "):
                if " INVITE" in header(text, "CSeq") and text.startswith("SIP/2.0 2"):
                    number = int(header(text, "CSeq").split()[0])
                    self.socket.sendto(self.within("ACK", number, ""), self.caller)
                    self.answers_to[number] = text
                continue
            self.seen.append(text)
            for answer in self._answers(text.split(" ")[0], text):
                self.socket.sendto(answer, self.caller)

    def _answers(self, method, text):
        if method != "INVITE":
            return super()._answers(method, text)
        self.invite = text
        return [response(text, "200 OK", more=[f"Contact: <sip:127.0.0.1:{self.port}>"], body=sdp(self.media, "RTP/AVP"))]

    def within(self, method, number, body):
        lines = [f"{method} sip:x@127.0.0.1 SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{method}{number}", "Max-Forwards: 70",
                 f"From: {header(self.invite, 'To')};tag=peer", f"To: {header(self.invite, 'From')}",
                 f"Call-ID: {header(self.invite, 'Call-ID')}", f"CSeq: {number} {method}",
                 f"Contact: <sip:127.0.0.1:{self.port}>"]
        lines += ["Content-Type: application/sdp"] if body else []
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()

    def offer(self, number, body):
        self.socket.sendto(self.within("INVITE", number, body), self.caller)
        return bench.wait_for(lambda: self.answers_to.get(number), what=f"the answer to re-INVITE {number}")


def certificate(stage):
    key, pem = stage.path("phone.key"), stage.path("phone.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                    "-subj", "/CN=phone", "-keyout", key, "-out", pem], check=True, capture_output=True)
    told = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-fingerprint", "-sha256"], check=True,
                          capture_output=True, text=True).stdout
    return key, pem, told.strip().split("=", 1)[1]


def by_dtls(stage):
    key, pem, fingerprint = certificate(stage)
    media, other = bench.free_port(), bench.free_port()
    phone = Phone(media)
    with open(stage.path("openssl.log"), "wb") as log:  # it ends with its input, which therefore stays open
        server = subprocess.Popen(["openssl", "s_server", "-dtls1_2", "-accept", f"127.0.0.1:{other}", "-cert", pem, "-key", key,
                                   "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-verify", "1"], stdin=subprocess.PIPE, stdout=log,
                                  stderr=log, cwd=stage.folder)
    stage.processes.append(server)
    result = {}

    def run():
        result["call"] = stage.earshot("call", phone.uri("bob"), "--output", "silent", "--send", "tone", "--codecs", "PCMU",
                                       "--hangup-after", "6", "--json")

    caller = threading.Thread(target=run)
    caller.start()
    bench.wait_for(lambda: "ACK" in phone.methods(), what="the ACK")
    bench.check("fingerprint" not in phone.invite and " RTP/AVP " in phone.invite, "begun in the clear")
    answer = phone.offer(50, sdp(other, "UDP/TLS/RTP/SAVP",
                                 f"a=fingerprint:sha-256 {fingerprint}\r\na=setup:passive\r\na=rtcp-mux\r\n", 2))
    bench.check(" UDP/TLS/RTP/SAVP " in answer and "a=setup:active" in answer and "a=fingerprint:sha-256 " in answer,
                f"taken: {answer}")
    caller.join()
    code, told, errors = result["call"]
    srtp = told["media"]["srtp"]
    bench.check(server.poll() is None or server.returncode == 0, "openssl went on")
    bench.check(srtp and srtp["keys"] == "DTLS" and srtp["suite"] == "AES_CM_128_HMAC_SHA1_80" and srtp["trouble"] is None,
                f"keys by DTLS: {srtp} {errors}")
    bench.check(code == 0, f"exit code 0 (was {code})")


def by_sdes(stage):
    media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    media.bind(("127.0.0.1", 0))
    port = media.getsockname()[1]
    phone = Phone(port)
    result = {}

    def run():
        result["call"] = stage.earshot("call", phone.uri("bob"), "--output", "silent", "--send", "tone", "--codecs", "PCMU",
                                       "--hangup-after", "4", "--json")

    caller = threading.Thread(target=run)
    caller.start()
    media.settimeout(20)
    first = media.recv(4096)
    bench.check(len(first) == 172, f"in the clear at first: {len(first)} octets a packet")
    answer = phone.offer(50, sdp(port, "RTP/SAVP", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n", 2))
    bench.check(" RTP/SAVP " in answer and re.search(r"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:", answer), "keys in SDP: taken")
    bench.wait_for(lambda: len(media.recv(4096)) == 182, what="a packet with its authentication tag")
    caller.join()
    code, told, _ = result["call"]
    bench.check(told["media"]["srtp"]["suite"] == "AES_CM_128_HMAC_SHA1_80" and code == 0, f"{told['media']['srtp']}")


def main():
    bench.need("openssl")
    with bench.Stage() as stage:
        by_dtls(stage)
        by_sdes(stage)


if __name__ == "__main__":
    main()
