#!/usr/bin/python3
"""Sends each line of its standard input: `journalctl -f -o cat | journal.py tcp://127.0.0.1:5000 machine1`.

If the server is away, lines wait in memory, then in the pipe. Ctrl-C, or the end of the input, ends the program after all
lines have been accepted. A second Ctrl-C gives them up.
"""

import collections
import concurrent.futures
import os
import sys
import threading

import belfry


def complain(future: "concurrent.futures.Future[belfry.Receipt]") -> None:
    error = future.exception()
    if error:
        print(f"journal: a line was not accepted: {error}", file=sys.stderr)


def send_lines(client: belfry.Client) -> None:
    try:
        for line in sys.stdin.buffer:
            client.send_soon(line.rstrip(b"\n")).add_done_callback(complain)
    except KeyboardInterrupt:
        pass
    client.flush()


def take_all(client: belfry.Client) -> None:
    """Takes what others say. Otherwise the server would send all of it again at each login."""
    try:
        collections.deque(client, maxlen=0)
    except belfry.BelfryError:
        pass  # send_lines() says it


def main() -> None:
    url, name = sys.argv[1:]
    with belfry.Client(name, url, os.environ.get("BELFRY_SECRET")) as client:
        threading.Thread(target=take_all, args=[client]).start()
        send_lines(client)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except belfry.BelfryError as error:
        sys.exit(f"journal: {error}")
