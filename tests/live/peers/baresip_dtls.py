#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypted calls with keys by DTLS (RFC 5763, RFC 5764) to baresip and from it: its tone is heard at the sink, the
session file says what is encrypted and that its keys are not there, and a refusal says what would have been taken."""
import glob
import json
import os

import bench
from baresip_srtp import clear_in, start


def call(stage, target, name, *more):
    code, told, errors = stage.earshot("call", target, "--codecs", "PCMU", "--hangup-after", "8", "--record",
                                       f"recordings-{name}", "--session", f"{name}.pcapng", "--json", *more)
    print(errors)
    return code, told


def handshake_in(path):
    """Datagrams of DTLS in a file, by the first octets of their records."""
    with open(path, "rb") as file:
        data = file.read()
    return data.count(b"\x16\xfe\xff\x00\x00") + data.count(b"\x16\xfe\xfd\x00\x00")


def protected(stage, sink, modules, mux):
    target = start(stage, modules, f"dtls-{mux}", "dtls_srtp", "dtls_srtp", mux)
    code, told = call(stage, target, f"dtls-{mux}", "--srtp", "dtls")
    bench.check(code == 0, f"exit code 0 (was {code}): {told and told['final']}")
    media = told["media"]
    print(json.dumps(media, indent=1))
    bench.check(media["srtp"]["keys"] == "DTLS" and media["srtp"]["suite"] is not None and
                media["srtp"]["trouble"] is None, f"protected with {media['srtp']}")
    goodbyes, pings = clear_in(stage.path(f"dtls-{mux}.pcapng"))
    bench.check(media["srtp"]["not_authenticated"] == 0, f"every packet was authenticated: {media['srtp']}")
    bench.check(goodbyes <= media["srtp"]["rtcp_in_the_clear"] <= goodbyes + pings and goodbyes <= 1,
                f"{goodbyes} goodbye and {pings} APP in the clear, each counted: {media['srtp']}")
    rtcp = media["rtcp"]
    bench.check(rtcp["sent"] > 0 and rtcp["received"] > 0 and rtcp["cname"],
                f"RTCP goes both ways, without rtcp-mux under keys of its own port (RFC 5764 section 4.1.2): {rtcp}")
    answered = told["started_unix"] + next(r["seconds"] for r in told["responses"] if r["code"] == 200)
    samples = sink.heard(answered + 1.0, answered + 2.6)
    share = bench.tone_share(samples, 440)
    bench.check(share > 0.9, f"440 Hz of baresip heard: {share:.3f} of the energy, {bench.level(samples):.1f} dBFS")
    bench.check(handshake_in(stage.path(f"dtls-{mux}.pcapng")) > 0, "the handshake is in the session file")
    code, read, _ = stage.earshot("check", f"dtls-{mux}.pcapng", "--json")
    bench.check(read is not None, f"the session file is read back (exit code {code})")


def refused(stage, modules):
    target = start(stage, modules, "plain", "", "dtls_srtp")
    code, told = call(stage, target, "unprotected", "--srtp", "dtls")
    bench.check(code != 0, f"a call that must be protected is none without keys: {told['final']}")
    bench.check("DTLS" in told["final"]["text"], "and why is said")
    strict = start(stage, modules, "strict", "dtls_srtp", "dtls_srtp")
    code, told = call(stage, strict, "sdes", "--srtp", "off")
    print(told["final"])


def main():
    bench.need("baresip")
    modules = next(iter(glob.glob("/usr/lib/baresip/modules") + glob.glob("/usr/lib/*/baresip/modules")), "")
    for module in ("aufile.so", "dtls_srtp.so"):
        if not os.path.exists(os.path.join(modules, module)):
            bench.skip(f"baresip has no module {module} here")
    with bench.Stage() as stage:
        sink = bench.Sink(stage)
        for mux in ("yes", "no"):
            protected(stage, sink, modules, mux)
        refused(stage, modules)


if __name__ == "__main__":
    main()
