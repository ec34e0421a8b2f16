"""Waiting for what a test expects, with a deadline that only a fault reaches."""
import os
import time

DEADLINE_S = 30 * float(os.environ.get("BELFRY_TEST_SLOW", "1"))
PAUSE_S = 0.02


class Expired(AssertionError):
    """Something did not happen before the deadline."""


def wait_for(what, condition, within=DEADLINE_S, evidence=lambda: ""):
    """Calls `condition` until it returns something true, and returns that. The failure names `what`, and shows `evidence`."""
    end = time.monotonic() + within
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Expired(f"not within {within:.0f} s: {what}\n{evidence()}")
        time.sleep(PAUSE_S)
