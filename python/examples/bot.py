#!/usr/bin/python3
"""A bot that answers: `bot.py tcp://127.0.0.1:5000 bot`. Say `!help`, `!time` or `!dice` to it.

Each question is answered once, even if the bot is killed between the answer and the acknowledgement: the answer to
message N has the seq N, so the server drops a second one. In a new epoch ids begin again, and a bot that counts on this
needs a new client-id. A server with `durability=commit` begins no new epoch.
"""

import os
import random
import sys
import time
from typing import Callable, Dict

import belfry

ANSWERS: Dict[str, Callable[[belfry.Message], str]] = {
    "!help": lambda question: "I know " + ", ".join(ANSWERS),
    "!time": lambda question: "you asked at " + time.strftime("%H:%M:%S", time.gmtime(question.time / 1000)) + " UTC",
    "!dice": lambda question: f"{question.sender} has thrown a {random.randint(1, 6)}",
}


def main() -> None:
    url, name = sys.argv[1:]
    with belfry.Client(name, url, os.environ.get("BELFRY_SECRET")) as client:
        for event in client:
            if isinstance(event, belfry.Message) and event.text in ANSWERS:
                client.send(ANSWERS[event.text](event), seq=event.id)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except belfry.BelfryError as error:
        sys.exit(f"bot: {error}")
