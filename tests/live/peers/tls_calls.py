#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls over TLS to a peer with certificates of every kind: accepted, or refused with the exact reason."""
import os
import socket
import ssl
import subprocess
import threading

import bench
import peer

HOST = "edge.example.test"


def openssl(stage, *arguments):
    subprocess.run(["openssl", *arguments], cwd=stage.folder, check=True, capture_output=True)


def authority(stage, name):
    openssl(stage, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-days", "30", "-subj", f"/CN={name}")
    stage.write(f"{name}.srl", "01\n")
    return stage.path(f"{name}.pem")


def certificate(stage, name, ca, san, begin="240101000000Z", end="400101000000Z"):
    """A key and a certificate signed by `ca`; returns the file with both."""
    openssl(stage, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}")
    folder = stage.path(f"{name}-db")
    os.makedirs(folder)
    stage.write(f"{name}-db/index.txt", "")
    stage.write(f"{name}-db/serial", "01\n")
    stage.write(f"{name}.cnf", f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
                               f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
                               f"[e]\nsubjectAltName={san}\n")
    openssl(stage, "ca", "-batch", "-config", f"{name}.cnf", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key",
            "-in", f"{name}.csr", "-out", f"{name}.pem", "-startdate", begin, "-enddate", end, "-extensions", "e",
            "-notext")
    return stage.write(f"{name}-all.pem", stage.log(f"{name}.key") + stage.log(f"{name}.pem"))


class TlsPeer:
    """Answers an INVITE with 183 and 200, everything else with 200."""

    def __init__(self, pem, client_ca=None, newest=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        if newest:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.maximum_version = newest
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self.context = context
        self.names, self.seen, self.clients = [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            raw, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as connection:
                self.clients.append(connection.getpeercert())
                pending = ""
                while data := connection.recv(65536):
                    pending += data.decode("latin-1")
                    while "\r\n\r\n" in pending:
                        head, rest = pending.split("\r\n\r\n", 1)
                        length = int(peer.header(head + "\r\n", "Content-Length") or 0)
                        if len(rest) < length:
                            break
                        pending = rest[length:]
                        self.seen.append(head)
                        for answer in self._answers(head + "\r\n\r\n"):
                            connection.sendall(answer)
        except OSError:
            pass

    def _answers(self, text):
        method = text.split(" ")[0]
        if method in ("ACK", "") or method.startswith("SIP/"):
            return []
        contact = [f"Contact: <sip:127.0.0.1:{self.port};transport=tls>"]
        if method == "INVITE":
            return [peer.response(text, "180 Ringing", more=contact),
                    peer.response(text, "200 OK", more=contact, body=peer.SDP)]
        return [peer.response(text, "200 OK")]


def call(stage, server, ca, *more, target=None):
    target = target or f"sips:bob@{HOST}"
    return stage.earshot("call", target, "--route", f"sip:{HOST}:{server.port};transport=tls", "--dns",
                         f"127.0.0.1:{stage.dns.port}", "--tls-ca", ca, "--hangup-after", "0.2", "--output", "silent",
                         "--json", *more)


def main():
    bench.need("openssl")
    import dns_peer
    with bench.Stage() as stage:
        stage.dns = dns_peer.DnsPeer({(HOST, "A"): [dns_peer.a("127.0.0.1")]})
        ca = authority(stage, "test-ca")
        other = authority(stage, "other-ca")
        good = certificate(stage, "good", "test-ca", f"DNS:{HOST}")
        server = TlsPeer(good)
        code, document, errors = call(stage, server, ca)
        print(errors)
        bench.check(code == 0 and document["final"]["code"] == 200, f"a good certificate: answered (exit {code})")
        bench.check(document["tls"]["verified"] and document["tls"]["protocol"] in ("TLSv1.2", "TLSv1.3"),
                    f"verified, {document['tls']['protocol']}")
        bench.check(server.names == [HOST], f"our SNI came: {server.names}")
        bench.check([m.split(" ")[0] for m in server.seen] == ["INVITE", "ACK", "BYE"],
                    "INVITE, ACK and BYE came over the one connection")
        bench.check("SIP/2.0/TLS" in server.seen[0] and "Contact: <sip" in server.seen[0], "Via says TLS")
        bench.check(document["invites_sent"] == 1 and len(document["ladder"]) >= 5, "the ladder shows what was inside")

        cases = {
            "expired": (certificate(stage, "old", "test-ca", f"DNS:{HOST}", "200101000000Z", "210101000000Z"), ca),
            "not-yet-valid": (certificate(stage, "young", "test-ca", f"DNS:{HOST}", "390101000000Z"), ca),
            "wrong-name": (certificate(stage, "wrong", "test-ca", "DNS:other.example.test,DNS:*.example.test"), ca),
            "unknown-ca": (good, other),
        }
        openssl(stage, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "self.key", "-out", "self.pem",
                "-days", "30", "-subj", "/CN=self", "-addext", f"subjectAltName=DNS:{HOST}")
        cases["self-signed"] = (stage.write("self-all.pem", stage.log("self.key") + stage.log("self.pem")), ca)
        for reason, (pem, trusted) in cases.items():
            refused = TlsPeer(pem)
            code, document, errors = call(stage, refused, trusted)
            found = document.get("tls", {}).get("reason")
            bench.check(code == 5 and found == reason and not refused.seen,
                        f"{reason}: refused as {found} (exit {code}): {document['final'].get('text')}")
            bench.check(document["final"]["local"] and document["final"].get("text"), "with a sentence")
            code, document, errors = call(stage, TlsPeer(pem), trusted, "--tls-insecure")
            bench.check(code == 0 and document["tls"]["override"] and document["tls"]["reason"] == reason,
                        f"{reason}: accepted by order, and that is recorded (exit {code})")
            bench.check("NOT checked" in errors, "loudly")

        exceptions(stage, cases, good, ca)
        by_uri = TlsPeer(certificate(stage, "uri", "test-ca", f"URI:sip:{HOST}"))
        code, document, _ = call(stage, by_uri, ca)
        bench.check(code == 0 and document["tls"]["verified"], "a name given as SIP URI counts (RFC 5922 section 7.1)")
        by_ip = TlsPeer(certificate(stage, "ip", "test-ca", "IP:127.0.0.1"))
        code, document, _ = stage.earshot("call", f"sip:bob@127.0.0.1:{by_ip.port};transport=tls", "--tls-ca", ca,
                                          "--hangup-after", "0.2", "--output", "silent", "--json")
        bench.check(code == 0 and document["tls"]["verified"], "an address in the certificate counts for an address")

        client = certificate(stage, "client", "test-ca", "DNS:client.example.test")
        asking = TlsPeer(good, client_ca=ca)
        code, document, _ = call(stage, asking, ca, "--tls-cert", client)
        bench.check(code == 0 and asking.clients[0], f"our client certificate came: {asking.clients[:1]}")
        # TLS 1.3 lets a client believe that all is well until the server's alert comes.
        code, document, _ = call(stage, TlsPeer(good, client_ca=ca), ca)
        bench.check(code == 5 and document["final"]["local"], f"without it there is no call: {document['final']}")

        plain = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=_no_tls, args=(plain,), daemon=True).start()
        code, document, _ = stage.earshot("call", f"sip:bob@127.0.0.1:{plain.getsockname()[1]};transport=tls",
                                          "--tls-ca", ca, "--output", "silent", "--json")
        bench.check(code == 5 and document["tls"]["reason"] == "no-tls",
                    f"a peer without TLS: {document.get('tls', {}).get('reason')}")
        code, _, errors = stage.earshot("call", "sips:bob@127.0.0.1:5061", "--tls-ca", "/nonexistent.pem")
        bench.check(code == 3 and "nonexistent" in errors, f"a CA file that cannot be read (exit {code})")


def fingerprint(stage, pem):
    shown = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-fingerprint", "-sha256"], cwd=stage.folder,
                           check=True, capture_output=True, text=True).stdout
    return shown.strip().split("=", 1)[1]


def exceptions(stage, cases, good, ca):
    """One server's certificate accepted by hand: that one, there, and nothing else."""
    for reason, (pem, trusted) in cases.items():
        server, mark = TlsPeer(pem), fingerprint(stage, pem)
        code, document, errors = call(stage, server, trusted, "--tls-accept", f"{HOST}:{server.port}={mark}")
        tls = document["tls"]
        bench.check(code == 0 and tls["by_exception"] and tls["override"] and not tls["verified"],
                    f"{reason}: accepted by its fingerprint (exit {code}) {errors}")
        bench.check(tls["reason"] == reason and tls["fingerprint"] == mark, "what is wrong with it is still said")
        bench.check("WITHOUT verification" in errors, "loudly")
    expired, trusted = cases["expired"]
    mark = fingerprint(stage, expired)
    server = TlsPeer(expired)
    code, document, _ = call(stage, server, trusted, "--tls-accept", f"{HOST}:{server.port + 1}={mark}")
    bench.check(code == 5 and document["tls"]["reason"] == "expired" and not server.seen,
                f"another port is another server (exit {code})")
    code, document, _ = call(stage, server, trusted, "--tls-accept", f"other.example.test={mark}")
    bench.check(code == 5 and not server.seen, f"another name is another server (exit {code})")
    code, document, _ = call(stage, server, trusted, "--tls-accept", f"{HOST}={mark.replace(':', '').lower()}")
    bench.check(code == 0, f"any port, and another spelling of the fingerprint (exit {code})")
    changed = TlsPeer(cases["wrong-name"][0])
    code, document, _ = call(stage, changed, trusted, "--tls-accept", f"{HOST}={mark}")
    tls = document["tls"]
    bench.check(code == 5 and tls["reason"] == "changed" and tls["accepted_before"] == mark and not changed.seen,
                f"a certificate that changed is refused as {tls['reason']} (exit {code})")
    bench.check("another certificate than the one that was accepted" in document["final"].get("text", ""),
                f"and that is said: {document['final'].get('text')}")
    code, document, _ = call(stage, TlsPeer(good), ca, "--tls-accept", f"{HOST}={mark}")
    bench.check(code == 0 and document["tls"]["verified"] and not document["tls"]["by_exception"],
                f"one that can be verified needs no exception (exit {code})")
    code, _, errors = stage.earshot("call", "sip:bob@127.0.0.1", "--tls-accept", "edge=beef")
    bench.check(code == 2 and "HOST=SHA256" in errors, f"no fingerprint: a sentence (exit {code}) {errors}")


def _no_tls(listener):
    while True:
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


if __name__ == "__main__":
    main()
