"""The module is typed, its examples run, and it needs nothing newer than Python 3.9."""

import ast
import doctest
import importlib.util
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import unittest

import belfry
from support import ROOT, python

MODULE = ROOT / "python" / "belfry.py"
SOURCES = [MODULE, *sorted((ROOT / "python" / "examples").glob("*.py"))]


def is_standard(name):
    """Tells whether the standard library has this module. Python 3.9 has no list of them."""
    origin = importlib.util.find_spec(name).origin
    if origin in ("built-in", "frozen"):
        return True
    folder = pathlib.Path(sysconfig.get_path("stdlib"))
    return folder in pathlib.Path(origin).parents and "site-packages" not in origin


class TheModule(unittest.TestCase):
    def test_mypy_finds_nothing_with_the_standard_library_of_python_3_9(self):
        with tempfile.TemporaryDirectory() as cache:
            command = ["mypy", "--strict", "--python-version", "3.9", "--no-error-summary", "--cache-dir", cache, *SOURCES]
            found = subprocess.run(command, capture_output=True, text=True, cwd=cache, env={"MYPYPATH": str(MODULE.parent), "PATH": "/usr/bin:/bin"})
        self.assertEqual((found.stdout, found.returncode), ("", 0))

    def test_the_examples_of_its_docstrings_run(self):
        result = doctest.testmod(belfry)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 5)

    def test_the_syntax_is_that_of_python_3_9(self):
        for source in SOURCES:
            ast.parse(source.read_text(), str(source), feature_version=(3, 9))

    def test_no_annotation_that_is_evaluated_uses_the_new_unions(self):
        """Annotations are not evaluated, but the arguments of cast() and the bodies of aliases are."""
        tree = ast.parse(MODULE.read_text())
        unions = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
        lines = MODULE.read_text().splitlines()
        self.assertEqual([lines[number - 1] for number in unions if "EVENT_" not in lines[number - 1]], [])

    def test_the_programs_in_its_documentation_compile(self):
        text = (ROOT / "docs" / "python.md").read_text()
        programs = re.findall(r"(?:^    .*\n|^\n)+", text, re.M)
        programs = [program for program in programs if "import belfry" in program]
        self.assertEqual(len(programs), 2)
        for program in programs:
            compile(textwrap.dedent(program), "docs/python.md", "exec")

    def test_it_imports_only_the_standard_library(self):
        names = set()
        for node in ast.walk(ast.parse(MODULE.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.partition(".")[0])
        self.assertEqual([name for name in names if not is_standard(name)], [])

    def test_its_version_is_that_of_the_programs(self):
        version = re.search(r'version = "(.*)"', (ROOT / "wire" / "version.hpp").read_text())[1]
        self.assertEqual(belfry.__version__, version)
        self.assertIn(f'\nversion = "{version}"\n', (ROOT / "python" / "pyproject.toml").read_text())

    def test_everything_public_has_a_docstring(self):
        for name in belfry.__all__:
            thing = getattr(belfry, name)
            if isinstance(thing, type):
                missing = [key for key, value in vars(thing).items() if key[0] != "_" and callable(value) and not value.__doc__]
                self.assertTrue(thing.__doc__)
                self.assertEqual(missing, [], name)

    def test_a_program_that_does_not_close_its_client_ends_all_the_same(self):
        program = "import belfry; client = belfry.Client('ann', 'tcp://127.0.0.1:1'); client.send_soon('x')"
        with python("-W", "ignore", "-c", program, stderr=subprocess.DEVNULL) as process:
            self.assertEqual(process.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
