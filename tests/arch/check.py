#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of the house that a compiler does not: sizes, includes, layers, licence lines, tests.

check.py ROOT NAME    runs one check; exceptions stand in allow.txt, each with a reason.
"""
import re
import sys
from pathlib import Path

from functions import functions, plain

FOLDERS = ("src", "ui", "app", "tests", "installer")
CODE = (".h", ".cpp")
SCRIPTS = (".py", ".sh", ".cmake")
MOST_LINES, MOST_FUNCTION, MOST_CONSTRUCTOR, MOST_PAINT, MOST_MAIN = 400, 60, 40, 40, 60


class House:
    def __init__(self, root):
        self.root = Path(root)
        self.files = sorted(p for folder in FOLDERS for p in (self.root / folder).rglob("*") if p.is_file())

    def name(self, path):
        return path.relative_to(self.root).as_posix()

    def code(self, *folders):
        for path in self.files:
            name = self.name(path)
            if path.suffix in CODE and (not folders or name.startswith(tuple(f + "/" for f in folders))):
                yield name, path.read_text(encoding="utf-8", errors="replace")


def includes(text):
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1), found.group(2)


def check_spdx(house):
    for path in house.files:
        if path.suffix not in CODE + SCRIPTS and path.name != "CMakeLists.txt":
            continue
        first = path.read_text(encoding="utf-8", errors="replace").split("\n")[:2]
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in first):
            yield house.name(path), "has no SPDX line at its top"


def check_file_sizes(house):
    for path in house.files:
        if path.suffix in CODE + (".py",):
            lines = path.read_text(encoding="utf-8", errors="replace").count("\n")
            name = house.name(path)
            most = MOST_MAIN if name == "app/main.cpp" else MOST_LINES
            if lines > most:
                yield name, f"has {lines} lines, {most} are allowed"


def check_function_sizes(house):
    for name, text in house.code():
        for function in functions(text):
            most = MOST_FUNCTION
            if function.constructor:
                most = MOST_CONSTRUCTOR
            elif function.name.endswith("paintEvent"):
                most = MOST_PAINT
            elif function.name == "main":
                most = MOST_MAIN
            if function.lines > most:
                yield f"{name}:{function.name}", f"has {function.lines} lines, {most} are allowed"


def check_includes(house):
    foreign = {
        "sofia-sip/": ("src/engine/",),
        "gst/": ("src/media/",),
        "glib": ("src/media/",),
        "pcap.h": ("installer/",),
        "pcap/": ("installer/",),
    }
    for name, text in house.code():
        for number, _, header in includes(text):
            where = f"{name}:{number}"
            if header.startswith("../") or "/../" in header:
                yield where, f"includes {header}: name the layer instead"
            if name.startswith("src/") and re.match(r"Q[A-Z]|Qt", header):
                yield where, f"includes {header}: nothing in src sees Qt"
            for prefix, homes in foreign.items():
                if header.startswith(prefix) and not name.startswith(homes):
                    yield where, f"includes {header}, which belongs to {', '.join(homes)} alone"


def layers(house):
    """What each layer may see, as CMakeLists.txt says, with what its neighbours build on."""
    text = (house.root / "CMakeLists.txt").read_text()
    uses = {}
    for found in re.finditer(r"add_layer\((\w+)(?:\s+USES\s+([\w\s]*?))?(?:\s+PRIVATE[^)]*)?\)", text):
        uses[found.group(1)] = set((found.group(2) or "").split())
    changed = True
    while changed:
        changed = False
        for seen in uses.values():
            more = set().union(*(uses[n] for n in seen)) - seen if seen else set()
            changed = changed or bool(more)
            seen |= more
    return uses


def check_layers(house):
    uses = layers(house)
    if len(uses) < 10 or uses["base"]:
        yield "CMakeLists.txt", f"the table of layers was not understood: {uses}"
    for name, text in house.code("src"):
        own = name.split("/")[1]
        for number, _, header in includes(text):
            layer = header.split("/")[0]
            if "/" in header and layer in uses and layer != own and layer not in uses[own]:
                yield f"{name}:{number}", f"{own} may not see {header}"
    for name, text in house.code("src"):
        if name not in ("src/engine/engine.h", "src/media/media.h", "src/desk/desk.h"):
            continue
        for number, _, header in includes(text):
            if header.split("/")[0] in ("sofia-sip", "gst", "openssl"):
                yield f"{name}:{number}", f"a public header includes {header}"


def check_own_header_first(house):
    for name, text in house.code("src", "ui", "app"):
        if not name.endswith(".cpp"):
            continue
        own = Path(name).with_suffix(".h")
        if not (house.root / own).exists():
            continue
        found = list(includes(text))
        wanted = {own.as_posix().removeprefix("src/"), own.name, own.as_posix()}
        if found and found[0][2] not in wanted:
            yield f"{name}:{found[0][0]}", f"includes {found[0][2]} before its own header"


def check_headers(house):
    for name, text in house.code("src", "ui", "app"):
        if not name.endswith(".h"):
            continue
        lines = text.split("\n")
        comments = 0
        for line in lines[1:]:
            if not line.startswith("//"):
                break
            comments += 1
        if not 1 <= comments <= 5:
            yield name, f"opens with {comments} comment lines, one to five say what it is"
        if "#pragma once" not in lines[: comments + 3]:
            yield name, "has no #pragma once behind its opening comment"


def check_tests(house):
    waiting = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|qWait|qSleep|msleep)\s*\(|\bsleep\s*\(\s*\d")
    asserting = re.compile(r"\b(EXPECT_|ASSERT_|ADD_FAILURE|FAIL\(|QVERIFY|QCOMPARE|QTRY_|expect\w*\(|check\w*\(|"
                           r"require\w*\(|static_assert)", re.IGNORECASE)
    for name, text in house.code("tests"):
        bare = plain(text)
        if not name.startswith("tests/support/"):
            for number, line in enumerate(bare.split("\n"), 1):
                if waiting.search(line):
                    yield f"{name}:{number}", "sleeps: step until a condition (support/step_until.h)"
        for function in functions(text):
            if function.name.startswith(("TEST", "TEST_F", "TEST_P")) and not asserting.search(function.body):
                yield f"{name}:{function.name}", "is a test that asserts nothing"


def check_marks(house):
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    for name, text in house.code():
        for number, line in enumerate(text.split("\n"), 1):
            comment = line.partition("//")[2]
            if marks.search(comment):
                yield f"{name}:{number}", "leaves a mark instead of finishing"


def check_catalogues(house):
    """An entry's object is named as its file; the linker says so too, but later and with more words."""
    for folder, kind in (("src/ingest/sources", "Source"), ("src/diagnosis/rules", "Rule"), ("src/report/formats", "Format")):
        for name, text in house.code(folder):
            stem = Path(name).stem
            if name.endswith(".cpp") and not re.search(rf"extern const (\w+::)?{kind} {stem};", text):
                yield name, f"does not define extern const {kind} {stem}"


def allowed(house, check):
    """(place, line number) of the entries for `check`; an entry without a reason is itself a fault."""
    entries, faults = {}, []
    for number, line in enumerate((house.root / "tests/arch/allow.txt").read_text().split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) < 3 or len(words[2]) < 20:
            faults.append((f"tests/arch/allow.txt:{number}", "gives no reason"))
        elif words[0] == check:
            entries[words[1]] = number
    return entries, faults


CHECKS = {name.removeprefix("check_"): f for name, f in list(globals().items()) if name.startswith("check_")}


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in CHECKS:
        print(f"usage: check.py ROOT {{{','.join(CHECKS)}}}")
        return 2
    house, check = House(sys.argv[1]), sys.argv[2]
    entries, faults = allowed(house, check)
    used = set()
    for place, fault in CHECKS[check](house):
        without_line = re.sub(r":\d+$", "", place)
        if place in entries or without_line in entries:
            used.add(place if place in entries else without_line)
        else:
            faults.append((place, fault))
    for stale in sorted(set(entries) - used):
        faults.append((f"tests/arch/allow.txt:{entries[stale]}", f"{stale} needs no exception any more"))
    for place, fault in faults:
        print(f"{place}: {fault}")
    print(f"{check}: {len(faults)} faults in {len(house.files)} files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
