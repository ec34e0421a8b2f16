"""Runs test cases as the test programs of `tests/run` do: a shard of them, with a report at the end."""
import argparse
import os
import pathlib
import signal
import sys
import time
import unittest


class Result(unittest.TextTestResult):
    """Prints failures at once, with what the browser showed."""

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if os.environ.get("BELFRY_TEST_BRIEF") == "0":
            print(f"{time.monotonic() - self.started:6.1f} s  {test.id()}", flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self.show(test, self.errors)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.show(test, self.failures)

    def show(self, test, kind):
        print(f"FAILED {test.id()}\n{kind[-1][1]}", flush=True)
        if hasattr(test, "evidence"):
            print(test.evidence(), flush=True)

    def printErrors(self):
        pass  # they have been shown


def all_tests(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from all_tests(test)
        else:
            yield test


def main(folder):
    parser = argparse.ArgumentParser(description="Runs the tests whose names contain one of the patterns; by default all.")
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--gtest_output", default="", help="xml:FILE")
    parser.add_argument("--gtest_brief", default="1", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    # A test that is interrupted still cleans up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    tests = list(all_tests(unittest.defaultTestLoader.discover(folder, "test_*.py", folder)))
    tests = [test for test in tests if any(pattern in test.id() for pattern in arguments.patterns or [""])]
    part, parts = int(os.environ.get("GTEST_SHARD_INDEX", "0")), int(os.environ.get("GTEST_TOTAL_SHARDS", "1"))
    result = unittest.TextTestRunner(stream=open(os.devnull, "w"), resultclass=Result).run(
        unittest.TestSuite(tests[part::parts]))
    broken = len(result.failures) + len(result.errors)
    if arguments.gtest_output:
        pathlib.Path(arguments.gtest_output.removeprefix("xml:")).write_text(
            f'<testsuites tests="{result.testsRun}" failures="{broken}"></testsuites>\n')
    else:
        print(f"{result.testsRun - broken} passed, {broken} failed")
    return broken > 0
