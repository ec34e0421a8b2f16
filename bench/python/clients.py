#!/usr/bin/python3
"""Measures the Python clients of Belfry, and redis-py for comparison: publishing with 1,000 in flight, and receiving.

Each measurement is a process of its own. The clients are measured in turn, and the ratios are those of the same round.
"""

import argparse
import asyncio
import collections
import contextlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
sys.dont_write_bytecode = True  # no folders of bytecode beside the sources

import belfry  # noqa: E402
from servers import PAYLOAD, belfry_server, blast_belfry, blast_redis, redis_server, run_client  # noqa: E402

IN_FLIGHT = 1000
WANTED = {"belfry": 1.0, "belfry asyncio": 0.7}


# --- one measurement: returns messages a second ---


def publish_belfry(url, secret, count):
    with belfry.Client("ann", url, secret) as client:
        client.send(b"first")
        return rate(count, lambda: publish_in_window(client, count))


def publish_in_window(client, count):
    window = collections.deque()
    for _ in range(count):
        if len(window) == IN_FLIGHT:
            window.popleft().result()
        window.append(client.send_soon(PAYLOAD))
    for answer in window:
        answer.result()


def publish_belfry_asyncio(url, secret, count):
    async def main():
        async with belfry.AsyncClient("ann", url, secret) as client:
            await client.send(b"first")
            began = time.perf_counter()
            window = collections.deque()
            for _ in range(count):
                if len(window) == IN_FLIGHT:
                    await window.popleft()
                window.append(await client.send_soon(PAYLOAD))
            for answer in window:
                await answer
            return count / (time.perf_counter() - began)

    return asyncio.run(main())


def publish_redis(port, _, count):
    with redis_client(port) as client:

        def work():
            for _ in range(count // IN_FLIGHT):
                pipeline = client.pipeline(transaction=False)
                for _ in range(IN_FLIGHT):
                    pipeline.publish("log", PAYLOAD)
                pipeline.execute()

        return rate(count, work)


def receive_belfry(url, secret, count):
    with belfry.Client("bob", url, secret) as client:
        ready(client.receive(10))

        def work():
            left = count
            for event in client:
                if isinstance(event, belfry.Message):
                    left -= 1
                    if left == 0:
                        return

        return rate(count, work)


def receive_belfry_asyncio(url, secret, count):
    async def main():
        async with belfry.AsyncClient("bob", url, secret) as client:
            ready(await client.receive(10))
            began = time.perf_counter()
            left = count
            async for event in client:
                if isinstance(event, belfry.Message):
                    left -= 1
                    if left == 0:
                        break
            return count / (time.perf_counter() - began)

    return asyncio.run(main())


def receive_redis(port, _, count):
    with redis_client(port) as client, client.pubsub() as subscription:
        subscription.subscribe("log")
        while subscription.get_message(timeout=1) is None:
            pass  # until it is confirmed
        ready("subscribed")

        def work():
            for left, _ in zip(range(count - 1, -1, -1), subscription.listen()):
                if left == 0:
                    return

        return rate(count, work)


def redis_client(port):
    import redis

    return redis.Redis(port=int(port))


def rate(count, work):
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def ready(_):
    """Tells the parent that messages may come, and waits until they do."""
    print("ready", flush=True)
    sys.stdin.readline()


ROLES = {
    ("publish", "belfry"): publish_belfry,
    ("publish", "belfry asyncio"): publish_belfry_asyncio,
    ("publish", "redis-py"): publish_redis,
    ("receive", "belfry"): receive_belfry,
    ("receive", "belfry asyncio"): receive_belfry_asyncio,
    ("receive", "redis-py"): receive_redis,
}


# --- a whole run ---


def measure(part, name, count):
    """Starts a server and a client, and returns messages a second."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-", dir=ARGUMENTS.dir))
    try:
        if name == "redis-py":
            with redis_server(folder) as port:
                return run_role(part, name, str(port), "-", count, lambda: blast_redis(port, count))
        with belfry_server(folder) as (port, secrets):
            secret = secrets["ann" if part == "publish" else "bob"]
            url = f"tcp://127.0.0.1:{port}"
            return run_role(part, name, url, secret, count, lambda: blast_belfry(port, secrets["raw"], count))
    finally:
        shutil.rmtree(folder)


def run_role(part, name, where, secret, count, blast):
    command = [sys.executable, __file__, "--role", part, name, where, secret, str(count)]
    return run_client(command, name, blast if part == "receive" else None)


def run(part, count, rounds):
    names = [name for other, name in ROLES if other == part]
    with contextlib.suppress(ImportError):
        import redis  # noqa: F401
    if "redis" not in sys.modules or not shutil.which("redis-server"):
        print("python3-redis or redis-server is not installed: redis-py is left out", file=sys.stderr)
        names.remove("redis-py")
    figures = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            figures[name].append(measure(part, name, count))
    return figures


def row(part, name, figures):
    ours, theirs = figures[name], figures.get("redis-py", [])
    ratios = sorted(a / b for a, b in zip(ours, theirs))
    cells = [f"{part}, {name}", f"{statistics.median(ours):,.0f}/s", "", ""]
    if ratios:
        cells[2] = f"{statistics.median(theirs):,.0f}/s"
        cells[3] = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), wanted at least {WANTED[name]}"
    return "| " + " | ".join(cells) + " |"


def report(results):
    model = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), ": ").partition(": ")[2].strip()
    machine = f"{os.cpu_count()} processors {model}, Linux {platform.release()}, Python {platform.python_version()}"
    lines = ["# python", "", f"{machine}; durability memory, 64 bytes, medians.", ""]
    lines += ["| what | Belfry | redis-py | ratio: median (least to greatest) |", "|---|---|---|---|"]
    lines += [row(part, name, figures) for part, figures in results.items() for name in WANTED]
    return "\n".join(lines) + "\n"


def main():
    rounds = 1 if ARGUMENTS.quick else ARGUMENTS.rounds
    count = 5000 if ARGUMENTS.quick else 100_000
    parts = [ARGUMENTS.only] if ARGUMENTS.only else ["publish", "receive"]
    results = {part: run(part, count, rounds) for part in parts}
    text = report(results)
    print(text, end="")
    if ARGUMENTS.results:
        (ARGUMENTS.results / "python.md").write_text(text)
        (ARGUMENTS.results / "python.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures the Python clients. See bench/README.md.")
    parser.add_argument("--only", choices=["publish", "receive"], help="run only one part")
    parser.add_argument("--quick", action="store_true", help="one short round, which shows that it works, not how fast")
    parser.add_argument("--rounds", type=int, default=5, help="number of measurements of each client, in turn (5)")
    parser.add_argument("--dir", type=pathlib.Path, help="servers write below it; everything is removed at the end")
    parser.add_argument("--results", type=pathlib.Path, help="write table and JSON to this directory")
    parser.add_argument("--role", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    ARGUMENTS = parser.parse_args()
    if ARGUMENTS.role:
        part, name, where, secret, count = ARGUMENTS.role
        print(ROLES[part, name](where, secret, int(count)), flush=True)
    else:
        main()
