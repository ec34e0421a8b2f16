#!/usr/bin/python3
"""One of several workers that share jobs: `worker.py tcp://127.0.0.1:5000 worker1`. Others say `job TEXT`.

A free worker says `claim ID` for the oldest open job, and the first claim in the log wins. A worker acknowledges nothing,
so at each start it learns from the log which jobs are open, and which one it has not finished. Seqs tell its claim of job
N (2 N) and its `done` (2 N + 1).
"""

import asyncio
import os
import sys

import belfry


class Worker:
    def __init__(self) -> None:
        self.jobs: dict[int, str] = {}  # that nobody has claimed
        self.mine: dict[int, str] = {}  # that were won and are not done
        self.claim = 0  # the job whose claim has no place in the log yet
        self.is_live = False

    def learn(self, event: belfry.LogEvent) -> None:
        if isinstance(event, belfry.Live):
            self.is_live = True
        elif isinstance(event, belfry.Message):
            word, _, rest = event.text.partition(" ")
            if word == "job":
                self.jobs[event.id] = rest
            elif word == "claim" and rest.isdecimal():
                self.jobs.pop(int(rest), None)
        elif isinstance(event, belfry.Sent):
            job, is_done = divmod(event.seq, 2)
            self.claim = 0 if job == self.claim else self.claim
            if job in self.jobs:
                self.mine[job] = self.jobs.pop(job)
            elif is_done:
                self.mine.pop(job, None)

    async def work(self, client: belfry.AsyncClient, name: str) -> None:
        while self.mine:
            job, text = self.mine.popitem()
            print(f"{name}: {text}", flush=True)  # the work
            await client.send(f"done {job}", seq=2 * job + 1)
        if self.jobs and not self.claim:
            self.claim = min(self.jobs)
            await client.send_soon(f"claim {self.claim}", seq=2 * self.claim)


async def main(url: str, name: str) -> None:
    async with belfry.AsyncClient(name, url, os.environ.get("BELFRY_SECRET"), ack="manual") as client:
        worker = Worker()
        async for event in client:
            worker.learn(event)
            if worker.is_live:
                await worker.work(client, name)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
