#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A labelled set of conversations, half of them right and half with one thing wrong, each in several notations, through
`earshot check`. Every finding of severity error or warning has to be one of the labels, and every label has to be found
with evidence. Names of cases as arguments: only these; --keep FOLDER: leave the captures there."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import cases
import right_calls  # noqa: F401
import right_field  # noqa: F401
import right_more  # noqa: F401
import right_odd  # noqa: F401
import right_registering  # noqa: F401
import right_rules  # noqa: F401
import right_second  # noqa: F401
import wrong_early  # noqa: F401
import wrong_flows  # noqa: F401
import wrong_media  # noqa: F401
import wrong_more  # noqa: F401
import wrong_odd  # noqa: F401
import wrong_registering  # noqa: F401
import wrong_rules  # noqa: F401
import wrong_second  # noqa: F401
import wrong_streams  # noqa: F401
from talk import STYLES, Talk

EARSHOT = os.environ.get("EARSHOT", "earshot")
PER_CASE = 3  # notations of each conversation, other ones for the next


def traces(names):
    for i, (name, tell, labels, may) in enumerate(cases.CASES):
        if names and name not in names:
            continue
        for k in range(PER_CASE):
            style = STYLES[(i * PER_CASE + k) % len(STYLES)]
            talk = Talk(type(style)(**vars(style)))
            tell(talk)
            yield f"{name}-{style.name}", talk.wire.bytes(), labels, may


def findings(path):
    done = subprocess.run([EARSHOT, "check", "--json", path], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        return [{"rule": f"exit code {done.returncode}", "severity": "error", "text": done.stderr, "rows": []}]
    document = json.loads(done.stdout)
    return document["findings"] + document.get("loose_findings", [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--keep")
    parser.add_argument("--show", action="store_true", help="every finding's text")
    arguments = parser.parse_args()
    wanted = found = false = wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or temporary
        os.makedirs(folder, exist_ok=True)
        jobs = []
        for name, data, labels, may in traces(arguments.names):
            path = os.path.join(folder, name + ".pcap")
            with open(path, "wb") as out:
                out.write(data)
            jobs.append((name, path, labels, may))
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda job: findings(job[1]), jobs))
        for (name, _, labels, may), result in zip(jobs, results):
            loud = [f for f in result if f["severity"] in ("error", "warning")]
            rules = {f["rule"] for f in loud}
            missed, extra = labels - rules, [f for f in loud if f["rule"] not in labels | may]
            bare = [f["rule"] for f in loud if not (f.get("rows") or f.get("evidence"))]
            wanted, found, false = wanted + len(labels), found + len(labels & rules), false + len(extra)
            if missed or extra or bare:
                wrong += 1
                print(f"{name}: " + "; ".join([f"missed {r}" for r in sorted(missed)] +
                                              [f"without evidence {r}" for r in bare] +
                                              [f"false {f['rule']} ({f['severity']}): {f['text']}" for f in extra]))
            if arguments.show:
                for f in result:
                    print(f"  {name}: {f['severity']} {f['rule']}: {f['text']}")
    print(f"{len(jobs)} traces, {wrong} of them judged otherwise than labelled; recall {found}/{wanted} "
          f"= {found / max(1, wanted):.3f}, precision {found}/{found + false} = {found / max(1, found + false):.3f}")
    return 1 if wrong or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
