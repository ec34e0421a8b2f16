#!/usr/bin/python3
"""Measures the JavaScript client of Belfry in Node, and the packages nats and ioredis for comparison: publishing with 1,000
in flight, and receiving.

Each measurement is a process of its own (role.mjs). The clients are measured in turn, and the ratios are those of the
same round. npm installs the packages into a temporary folder.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
sys.dont_write_bytecode = True  # no folders of bytecode beside the sources

from servers import (  # noqa: E402
    belfry_server, blast_belfry, blast_nats, blast_redis, nats_server, redis_server, run_client)

PEERS = {"nats": (nats_server, blast_nats), "ioredis": (redis_server, blast_redis)}
PARTS = ["publish", "receive"]


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-", dir=ARGUMENTS.dir)).resolve()
    try:
        yield path
    finally:
        shutil.rmtree(path)


def install(modules):
    """Installs the packages, and returns those that can be compared."""
    (modules / "package.json").write_text("{}\n")
    programs = {"nats": "nats-server", "ioredis": "redis-server"}
    peers = [name for name in PEERS if shutil.which(programs[name]) or remark(f"{programs[name]} is not installed", name)]
    if not shutil.which("npm"):
        return [name for name in peers if remark("npm is not installed", name)]
    return [name for name in peers if npm_install(modules, name) or remark("npm cannot install it", name)]


def npm_install(modules, name):
    command = ["npm", "install", "--prefix", modules, "--no-audit", "--no-fund", "--ignore-scripts", name]
    return subprocess.run(command, capture_output=True).returncode == 0


def remark(reason, name):
    print(f"{reason}: {name} is left out", file=sys.stderr)


def measure(part, name, count, modules):
    """Starts a server and a client, and returns messages a second."""
    with folder() as path:
        if name != "belfry":
            server, blast = PEERS[name]
            with server(path) as port:
                return run_role([part, name, str(port), "-", str(count), modules], lambda: blast(port, count))
        with belfry_server(path) as (port, secrets):
            secret = secrets["ann" if part == "publish" else "bob"]
            arguments = [part, name, f"tcp://127.0.0.1:{port}", secret, str(count)]
            return run_role(arguments, lambda: blast_belfry(port, secrets["raw"], count))


def run_role(arguments, blast):
    part, name = arguments[:2]
    return run_client(["node", HERE / "role.mjs", *arguments], name, blast if part == "receive" else None)


def run(part, count, rounds, peers, modules):
    figures = {name: [] for name in ["belfry", *peers]}
    for _ in range(rounds):
        for name, values in figures.items():
            values.append(measure(part, name, count, modules))
    return figures


def row(part, peer, figures):
    ours, theirs = figures["belfry"], figures[peer]
    ratios = sorted(a / b for a, b in zip(ours, theirs))
    ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), wanted at least 1.0"
    return f"| {part}, {peer} | {statistics.median(ours):,.0f}/s | {statistics.median(theirs):,.0f}/s | {ratio} |"


def report(results):
    model = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), ": ").partition(": ")[2].strip()
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    machine = f"{os.cpu_count()} processors {model}, Linux {platform.release()}, Node {node}"
    lines = ["# javascript", "", f"{machine}; durability memory, 64 bytes, medians.", ""]
    lines += ["| what | Belfry | the other | ratio: median (least to greatest) |", "|---|---|---|---|"]
    for part, figures in results.items():
        lines += [row(part, peer, figures) for peer in PEERS if peer in figures]
        if len(figures) == 1:
            lines.append(f"| {part} | {statistics.median(figures['belfry']):,.0f}/s | | |")
    return "\n".join(lines) + "\n"


def main():
    rounds = 1 if ARGUMENTS.quick else ARGUMENTS.rounds
    count = 5000 if ARGUMENTS.quick else 200_000
    parts = [ARGUMENTS.only] if ARGUMENTS.only else PARTS
    with folder() as modules:
        peers = install(modules)
        results = {part: run(part, count, rounds, peers, modules) for part in parts}
    text = report(results)
    print(text, end="")
    if ARGUMENTS.results:
        (ARGUMENTS.results / "javascript.md").write_text(text)
        (ARGUMENTS.results / "javascript.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures the JavaScript client. See bench/README.md.")
    parser.add_argument("--only", choices=PARTS, help="run only one part")
    parser.add_argument("--quick", action="store_true", help="one short round, which shows that it works, not how fast")
    parser.add_argument("--rounds", type=int, default=5, help="number of measurements of each client, in turn (5)")
    parser.add_argument("--dir", type=pathlib.Path, help="servers write below it; everything is removed at the end")
    parser.add_argument("--results", type=pathlib.Path, help="write table and JSON to this directory")
    ARGUMENTS = parser.parse_args()
    if shutil.which("node"):
        main()
    else:
        print("nodejs is not installed: the JavaScript client is not measured", file=sys.stderr)
