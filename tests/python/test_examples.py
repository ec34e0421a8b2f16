"""The programs in python/examples/ do what they say, even if they are killed in the middle."""

import collections
import contextlib
import sqlite3
import subprocess
import unittest

import belfry
from support import DEADLINE, ROOT, RawClient, Server, kill, python, until

EXAMPLES = ROOT / "python" / "examples"


@contextlib.contextmanager
def example(name, *arguments, **options):
    with python(EXAMPLES / f"{name}.py", *arguments, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def log_of(server):
    with RawClient(server.port) as oracle:
        return oracle.log()


class Examples(unittest.TestCase):
    def test_each_has_at_most_60_lines(self):
        lengths = {path.name: len(path.read_text().splitlines()) for path in EXAMPLES.glob("*.py")}
        self.assertEqual(len(lengths), 4)
        self.assertEqual({name: length for name, length in lengths.items() if length > 60}, {})

    def test_the_bot_answers_each_question_once(self):
        with Server("ann,bot,judge") as server, belfry.Client("ann", server.url) as ann:
            asked = 0
            for _ in range(4):  # it is killed each time
                ann.send("!dice")
                ann.send("no question")
                ann.send("!help")
                asked += 2
                with example("bot", server.url, "bot"):
                    until(lambda: self.answers(server) >= asked, "an answer")
            answers = [payload for _, sender, payload in log_of(server) if sender == "bot"]
            self.assertEqual(len(answers), asked)
            self.assertRegex(answers[0], b"^ann has thrown a [1-6]$")
            self.assertEqual(answers[1], b"I know !help, !time, !dice")

    @staticmethod
    def answers(server):
        return sum(sender == "bot" for _, sender, _ in log_of(server))

    def test_the_event_log_counts_each_event_once(self):
        with Server("ann,bob,counter,judge") as server:
            path = server.folder / "events.db"
            sent = collections.Counter()
            with belfry.Client("ann", server.url) as ann, belfry.Client("bob", server.url) as bob:
                for _ in range(4):
                    with example("event_log", server.url, "counter", path):
                        for client, name in [(ann, "ann"), (bob, "bob"), (ann, "ann")]:
                            answers = [client.send_soon(f"event {number}") for number in range(20)]
                            sent[name] += len(answers)
                            for answer in answers:
                                answer.result(DEADLINE)
                        before = self.position(path)
                        until(lambda: self.position(path) > before, "a transaction")
            with example("event_log", server.url, "counter", path):
                until(lambda: self.position(path) == sum(sent.values()), "the last event")
            with contextlib.closing(sqlite3.connect(path)) as db:
                self.assertEqual(dict(db.execute("SELECT * FROM totals")), sent)

    @staticmethod
    def position(path):
        with contextlib.closing(sqlite3.connect(path)) as db:
            try:
                return db.execute("SELECT id FROM position").fetchone()[0]
            except (sqlite3.OperationalError, TypeError):
                return -1  # it has not begun

    def test_one_of_several_workers_takes_each_job(self):
        names = ["worker1", "worker2", "worker3"]
        with Server(",".join(["boss", "judge", *names])) as server, contextlib.ExitStack() as stack:
            output = (server.folder / "output").open("w+")
            stack.callback(output.close)
            start = lambda name: stack.enter_context(example("worker", server.url, name, stdout=output))
            workers = [start(name) for name in names]
            boss = stack.enter_context(belfry.Client("boss", server.url))
            jobs = [f"job number {number}" for number in range(60)]
            for number, job in enumerate(jobs):
                boss.send(job)
                if number % 20 == 10:  # a worker is killed, and comes again
                    workers[0].kill()
                    workers[0].wait()
                    workers[0] = start(names[0])
            until(lambda: len(self.done(server)) == len(jobs), "the last job")
            winners = {}
            for id, sender, payload in log_of(server):
                if payload.startswith(b"claim"):
                    winners.setdefault(int(payload.split()[1]), sender)
            done = self.done(server)
            self.assertEqual({job: sender for sender, job in done}, winners)
            self.assertEqual(len(winners), len(jobs))
            output.seek(0)
            lines = [line.partition(": ")[2] for line in output.read().splitlines()]
            self.assertEqual(set(lines), {job[4:] for job in jobs})
            self.assertLessEqual(len(lines), len(jobs) + 3)  # a job during which a worker was killed is done again

    @staticmethod
    def done(server):
        return [(sender, int(payload.split()[1])) for _, sender, payload in log_of(server) if payload.startswith(b"done")]

    def test_the_journal_sends_each_line_over_a_restart_of_the_server(self):
        with Server("machine1,judge") as server:
            with example("journal", server.url, "machine1", stdin=subprocess.PIPE, stderr=subprocess.PIPE) as bridge:
                for number in range(300):
                    bridge.stdin.write(f"line {number}\n")
                    bridge.stdin.flush()
                    if number % 100 == 50:
                        server.kill_supervisor()
                        server.start()
                        kill(server.pid_of("machine1"))
                bridge.stdin.write("x" * 65537 + "\n")
                bridge.stdin.close()
                self.assertIn("a line was not accepted: too-large", bridge.stderr.read())
                self.assertEqual(bridge.wait(DEADLINE), 0)
            self.assertEqual([payload.decode() for _, _, payload in log_of(server)], [f"line {number}" for number in range(300)])


if __name__ == "__main__":
    unittest.main()
