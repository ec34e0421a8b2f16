#!/usr/bin/python3
"""Counts the events of machines in SQLite, each exactly once: `event_log.py tcp://127.0.0.1:5000 counter events.db`.

The effect of an event and its id are stored in one transaction, and the event is acknowledged afterwards. If the program
is killed between the two, the event comes again, and its id tells that it has been counted.
"""

import os
import sqlite3
import sys

import belfry

TABLES = """
CREATE TABLE IF NOT EXISTS totals (machine TEXT PRIMARY KEY, events INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS gaps (first INTEGER, last INTEGER);
CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT, id INTEGER);
INSERT OR IGNORE INTO position VALUES (1, '', 0);
"""


def process(db: sqlite3.Connection, event: belfry.LogEvent) -> None:
    """The effect. Anything may stand here that belongs to the same transaction."""
    if isinstance(event, belfry.Message):
        db.execute("INSERT INTO totals VALUES (?, 1) ON CONFLICT DO UPDATE SET events = events + 1", [event.sender])
    elif isinstance(event, belfry.Gap):
        db.execute("INSERT INTO gaps VALUES (?, ?)", event)


def process_once(db: sqlite3.Connection, epoch: str, last: int, event: belfry.LogEvent) -> None:
    with db:  # one transaction
        known_epoch, known = db.execute("SELECT epoch, id FROM position").fetchone()
        if epoch == known_epoch and last <= known:
            return
        process(db, event)
        db.execute("UPDATE position SET epoch = ?, id = ?", [epoch, last])


def main() -> None:
    url, name, path = sys.argv[1:]
    db = sqlite3.connect(path)
    db.executescript(TABLES)
    with belfry.Client(name, url, os.environ.get("BELFRY_SECRET"), ack="manual") as client:
        for event in client:
            if isinstance(event, belfry.Live):
                continue
            last = event.last if isinstance(event, belfry.Gap) else event.id
            process_once(db, client.epoch, last, event)
            client.ack(last)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except belfry.BelfryError as error:
        sys.exit(f"event_log: {error}")
