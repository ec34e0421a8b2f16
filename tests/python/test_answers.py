"""What send_soon() returns is a future of concurrent.futures, whenever a program first looks at it."""

import asyncio
import concurrent.futures
import itertools
import sys
import threading
import unittest

import belfry
from belfry import _Answer
from support import DEADLINE

RECEIPT = belfry.Receipt(1, 7)
ERROR = belfry.BelfryError("too-large")


class Real(concurrent.futures.Future):
    """The same steps with an ordinary future, for comparison."""

    def claim(self):
        return self.set_running_or_notify_cancel()

    def settle(self, result):
        if isinstance(result, Exception):
            self.set_exception(result)
        elif not self.cancelled():
            self.set_result(result)


def settle(answer, result):
    answer.settle([(answer, result)]) if isinstance(answer, _Answer) else answer.settle(result)


def seen(answer):
    """Returns everything that a program can find out about a future."""
    values = [answer.running(), answer.done(), answer.cancelled()]
    for look in (answer.result, answer.exception):
        try:
            values.append(look(0))
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError, belfry.BelfryError) as error:
            values.append(type(error))
    return values


STEPS = {
    "look": lambda answer, _: seen(answer),
    "result": lambda answer, _: answer.result(0) if answer.done() and not answer.cancelled() and not answer.exception() else None,
    "cancel": lambda answer, _: answer.cancel(),
    "watch": lambda answer, calls: answer.add_done_callback(calls.append),
}


class AnAnswer(unittest.TestCase):
    def test_behaves_as_a_future_whatever_happens_before_and_after_its_message_leaves(self):
        steps = ["look", "result", "cancel", "watch", None]
        for before, after, late, result in itertools.product(steps, steps, steps, (RECEIPT, ERROR)):
            with self.subTest(before=before, after=after, late=late, result=result):
                self.assertEqual(self.life(_Answer(), before, after, late, result), self.life(Real(), before, after, late, result))

    def life(self, answer, before, after, late, result):
        """Returns what is seen of an answer that is claimed and settled, with other steps in between."""
        calls = []
        values = [before and STEPS[before](answer, calls)]
        is_claimed = answer.claim()
        values += [is_claimed, after and STEPS[after](answer, calls)]
        if is_claimed:
            settle(answer, result)
        values += [late and STEPS[late](answer, calls), seen(answer), [call is answer for call in calls]]
        return values

    def test_can_be_waited_for_together_with_others(self):
        answers = [_Answer() for _ in range(3)]
        threading.Timer(0.01, _Answer.settle, [[(answer, RECEIPT) for answer in answers]]).start()
        self.assertEqual([future.result() for future in concurrent.futures.as_completed(answers, DEADLINE)], [RECEIPT] * 3)
        self.assertEqual(concurrent.futures.wait(answers, DEADLINE).done, set(answers))

    def test_can_be_awaited_by_asyncio(self):
        async def main():
            answer = _Answer()
            asyncio.get_running_loop().call_later(0.01, settle, answer, RECEIPT)
            return await asyncio.wrap_future(answer)

        self.assertEqual(asyncio.run(main()), RECEIPT)

    def test_wakes_a_thread_that_looks_at_the_moment_of_the_result(self):
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        self.addCleanup(sys.setswitchinterval, interval)
        answers = [_Answer() for _ in range(3000)]
        found = []
        thread = threading.Thread(target=lambda: found.extend(answer.result(DEADLINE) for answer in answers))
        thread.start()
        for answer in answers:
            if answer.claim():
                settle(answer, RECEIPT)
        thread.join(DEADLINE)
        self.assertEqual(found, [RECEIPT] * len(answers))

    def test_is_either_cancelled_or_sent(self):
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        self.addCleanup(sys.setswitchinterval, interval)
        answers = [_Answer() for _ in range(3000)]
        cancelled = []
        thread = threading.Thread(target=lambda: cancelled.extend(answer.cancel() for answer in answers))
        thread.start()
        claimed = [answer.claim() for answer in answers]
        thread.join(DEADLINE)
        self.assertEqual(claimed, [not was_cancelled for was_cancelled in cancelled])


if __name__ == "__main__":
    unittest.main()
