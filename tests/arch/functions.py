# SPDX-License-Identifier: Apache-2.0
"""Finds the functions of a C++ text by counting braces: good enough to measure them, no parser."""
import re
from dataclasses import dataclass

TYPE = re.compile(r"\b(class|struct|union|enum)\b")
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\((?:.*?)\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
NAME = re.compile(r"([~\w:]+|operator\s*[^\s(]+)\s*\(")


@dataclass
class Function:
    name: str
    lines: int  # from the opening brace's line to the closing one's
    body: str
    constructor: bool = False


def plain(text):
    """The text without comments and literals, its lines where they were."""

    def blank(found):
        piece = found.group(0)
        if piece[0] == "'" and found.start() > 0 and text[found.start() - 1].isalnum():
            return piece  # a digit separator
        return ('""' if piece[0] in "\"R" else "") + "\n" * piece.count("\n")

    return TOKEN.sub(blank, text)


def kind_of(head, outer):
    """What the brace behind `head` opens: a scope of names, a type, a function, or something within one."""
    if outer in ("function", "block"):
        return "block"
    if re.search(r"\bnamespace\b", head) or re.fullmatch(r'\s*extern\s*""\s*', head):
        return "scope"
    before_call = head.split("(")[0]
    if TYPE.search(before_call) and "(" not in head:
        return "type"
    if TYPE.search(before_call) and not NAME.search(re.sub(r"alignas\([^)]*\)", "", head)):
        return "type"
    return "function" if "(" in head else "block"


def name_of(head):
    if re.match(r"\s*TEST\w*\s*\(", head):
        return re.sub(r"\s+", "", head.strip())
    found = NAME.search(re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head))
    return found.group(1) if found else "?"


def functions(text):
    text = "\n".join("" if line.lstrip().startswith("#") else line for line in plain(text).split("\n"))
    stack, head_start, out = [], 0, []
    for found in re.finditer(r"[{};]", text):
        at, mark = found.start(), found.group(0)
        outer = stack[-1][0] if stack else "scope"
        if mark == "{":
            head = text[head_start:at]
            kind = kind_of(head, outer)
            # "a{1}" in a member initialiser list or a default argument opens no body: the head goes on behind it.
            listed = re.search(r"\)\s*(noexcept)?\s*:[^:]", head) and re.search(r"\w\s*$", head)
            if kind in ("function", "block") and outer not in ("function", "block"):
                if listed or head.count("(") > head.count(")"):
                    kind = "initialiser"
            stack.append((kind, at, head))
        elif mark == "}":
            if not stack:
                continue
            kind, begin, head = stack.pop()
            if kind == "initialiser":
                continue
            if kind == "function":
                body = text[begin : at + 1]
                name = name_of(head)
                parts = name.split("::")
                types = [h for k, _, h in stack if k == "type"]
                within = re.search(r"(?:class|struct)\s+(\w+)", types[-1]).group(1) if types and re.search(
                    r"(?:class|struct)\s+(\w+)", types[-1]) else None
                made = len(parts) > 1 and parts[-1] == parts[-2] or (len(parts) == 1 and name == within)
                out.append(Function(name, body.count("\n") + 1, body, made))
        elif outer == "initialiser":
            continue
        if mark != "{" or stack[-1][0] != "initialiser":
            head_start = at + 1
    return out
