#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A story recorded with --session: tshark sees the SIP that the ladder shows, Earshot reads back the same calls."""
import collections
import json
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))
import bench  # noqa: E402


def fields(path, display, *names):
    """Rows of tshark's fields of the packets that match."""
    command = ["tshark", "-n", "-r", path, "-Y", display, "-T", "fields"]
    for name in names:
        command += ["-e", name]
    out = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def told(call):
    """What has to be the same after reading it back."""
    ladder = [(s["seconds"], s["label"], s["news"]) for s in call["ladder"]]
    responses = [(r["code"], r["method"], r["to_tag"], r["seconds"]) for r in call["responses"]]
    findings = sorted((f["rule"], f["text"]) for f in call["findings"])
    return (call["state"], call["retransmissions"], ladder, responses, findings, len(call["rtp"]))


def main():
    bench.need("tshark")
    with bench.Stage() as stage:
        stage.environment["EARSHOT_OUTPUT"] = "silent"
        for story in ("early-media", "flow-failover"):
            path = stage.path(f"{story}.pcapng")
            code, live, errors = stage.earshot("lab", story, "--folder", story, "--session", path, "--json", limit=120)
            bench.check(code == 0, f"{story}: recorded ({errors.strip()[-200:]})")
            bench.check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, f"{story}: the file is its owner's only")
            code, read, errors = stage.earshot("check", path, "--json")
            bench.check(code == 0 and not errors, f"{story}: read back without a complaint ({errors})")
            back = {c["call_id"]: c for c in read["calls"]}
            for call in live["calls"]:
                same = call["call_id"] in back and told(back[call["call_id"]]) == told(call)
                if not same:
                    print(json.dumps(told(call), indent=1), json.dumps(told(back.get(call["call_id"], call)), indent=1))
                bench.check(same, f"{story}: {call['call_id']} reads back as the same call")
            ours = [(f["aor"], f["reg_id"], f["state"]) for f in live["flows"] if f["ours"]]
            again = [(f["aor"], f["reg_id"], f["state"]) for f in read["flows"] if f["ours"]]
            bench.check(set(ours) <= set(again) or [a[:2] for a in ours] == [a[:2] for a in again],
                        f"{story}: the flows are there: {again}")
            seen = collections.Counter(row[0] or row[1] for row in fields(path, "sip.Method or sip.Status-Code",
                                                                          "sip.Method", "sip.Status-Code"))
            bench.check(seen["INVITE"] > 0 and seen["200"] > 0, f"{story}: tshark sees {dict(seen)}")
            code, document, _ = stage.earshot("check", path, "--json")
            shown = collections.Counter()
            for call in document["calls"]:
                shown.update(str(r["code"]) for r in call["responses"])
            copies = {code: seen[code] for code in shown if seen[code] < shown[code]}
            bench.check(not copies, f"{story}: tshark sees every response of the ladders ({dict(shown)})")
            strange = fields(path, "_ws.malformed or data.len > 4", "frame.number", "frame.protocols")
            bench.check(not strange, f"{story}: nothing that tshark cannot read: {strange[:3]}")
            events = fields(path, "frame.comment", "frame.comment")
            bench.check(events, f"{story}: {len(events)} events are commented packets")
            if story == "early-media":
                rtp = fields(path, "rtp", "rtp.ssrc", "frame.interface_name")
                bench.check(len(rtp) > 20, f"{story}: {len(rtp)} RTP packets, on {set(r[1] for r in rtp)}")
        code, _, errors = stage.earshot("lab", "early-media", "--folder", "x", "--session", path)
        bench.check(code == 2 and "not overwritten" in errors, f"an existing file is not overwritten: {errors.strip()}")
        code, _, errors = stage.earshot("lab", "early-media", "--folder", "x", "--session", stage.path("no/such/f"))
        bench.check(code != 0 and "no folder" in errors, f"a missing folder is told: {errors.strip()}")


if __name__ == "__main__":
    main()
