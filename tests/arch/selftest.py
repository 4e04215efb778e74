#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks check something: made-up houses with one fault each."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check
from functions import functions

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


class Functions(unittest.TestCase):
    def test_measures_bodies(self):
        text = "namespace a {\nint f(int x)\n{\n    if (x) {\n    }\n    return 1;\n}\nstruct S {\n    S() : m{1}\n    {\n    }\n    int m;\n};\n}\n"
        found = {f.name: (f.lines, f.constructor) for f in functions(text)}
        self.assertEqual(found, {"f": (5, False), "S": (2, True)})

    def test_is_not_fooled_by_literals(self):
        text = 'void f()\n{\n    g("}{", \'{\', R"(\n}}}\n)"); // }\n    h(1\'000);\n}\nX::X()\n{\n}\n'
        self.assertEqual([(f.name, f.lines, f.constructor) for f in functions(text)], [("f", 6, False), ("X::X", 2, True)])

    def test_default_arguments_and_member_initialisers_belong_to_the_head(self):
        text = "X::X(A a = {}) : m_a(a), m_b{1}, m_c(C{2})\n{\n    f();\n}\n"
        self.assertEqual([(f.name, f.lines, f.constructor) for f in functions(text)], [("X::X", 3, True)])

    def test_initialisers_are_no_functions(self):
        self.assertEqual(functions("const int a[]{1, 2};\nenum class E { A };\nstruct P { int x = 0; };\n"), [])


class Checks(unittest.TestCase):
    def faults(self, name, files):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                target = Path(folder) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
            return [fault for fault in check.CHECKS[name](check.House(folder))]

    def test_each_finds_its_fault(self):
        table = "add_layer(base)\n" + "".join(f"add_layer(l{i} USES base)\n" for i in range(10))
        cases = {
            "spdx": {"src/a/a.cpp": "int a;\n"},
            "file_sizes": {"src/a/a.cpp": LICENCE + "\n" * 400},
            "function_sizes": {"src/a/a.cpp": LICENCE + "void f()\n{\n" + "    g();\n" * 59 + "}\n"},
            "includes": {"src/a/a.cpp": LICENCE + "#include <QString>\n"},
            "layers": {"CMakeLists.txt": table, "src/l1/a.cpp": LICENCE + "#include <l2/b.h>\n"},
            "own_header_first": {"src/a/a.h": "", "src/a/a.cpp": "#include <vector>\n#include <a/a.h>\n"},
            "headers": {"src/a/a.h": LICENCE + "#pragma once\n"},
            "tests": {"tests/unit/a.cpp": "TEST(A, b)\n{\n    std::this_thread::sleep_for(1s);\n    EXPECT_TRUE(x);\n}\n"},
            "marks": {"src/a/a.cpp": "// TO" + "DO later\n"},
            "catalogues": {"src/ingest/sources/a.cpp": "extern const Source b;\n"},
        }
        self.assertEqual(set(cases), set(check.CHECKS))
        for name, files in cases.items():
            self.assertEqual(len(self.faults(name, files)), 1, name)

    def test_constructors_and_empty_tests(self):
        self.assertEqual(len(self.faults("function_sizes", {"src/a.cpp": "A::A()\n{\n" + "f();\n" * 40 + "}\n"})), 1)
        self.assertEqual(len(self.faults("tests", {"tests/a.cpp": "TEST(A, b)\n{\n    f();\n}\n"})), 1)


if __name__ == "__main__":
    unittest.main()
