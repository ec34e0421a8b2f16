#!/usr/bin/env node
// Counts the events of machines in SQLite, each exactly once: `event_log.mjs tcp://127.0.0.1:5000 counter events.db`.
//
// The effect of an event and its id are stored in one transaction, and the event is acknowledged afterwards. If the
// program is killed between the two, the event comes again, and its id tells that it has been counted. The program
// sqlite3 (Debian package sqlite3) runs the transactions. It is told each of them in one piece, and ends at an error.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Client } from "../belfry.js";

const tables = `
    CREATE TABLE IF NOT EXISTS totals (machine TEXT PRIMARY KEY, events INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS gaps (first INTEGER, last INTEGER);
    CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT, id INTEGER);
    INSERT OR IGNORE INTO position VALUES (1, '', 0);`;

const [servers, id, path] = process.argv.slice(2);
const sqlite = spawn("sqlite3", ["-batch", "-bail", path], { stdio: ["pipe", "pipe", "inherit"] });
const committed = createInterface(sqlite.stdout)[Symbol.asyncIterator]();

function fail(message) {
    console.error(`event_log: ${message}`);
    process.exit(1);
}

async function transaction(sql) {
    sqlite.stdin.write(`BEGIN IMMEDIATE; ${sql} COMMIT; SELECT 'committed';\n`);
    await committed.next();
}

// The effect, unless the event is known: then the UPDATE before it has changed nothing. Anything may stand here that
// belongs to the same transaction. Names of clients need no quoting.
function effect({ type, sender, first, last }) {
    if (type === "message") return `INSERT INTO totals SELECT '${sender}', 1 WHERE changes() > 0
        ON CONFLICT DO UPDATE SET events = events + 1;`;
    return type === "gap" ? `INSERT INTO gaps SELECT ${first}, ${last} WHERE changes() > 0;` : "";
}

sqlite.on("error", ({ message }) => fail(message)).on("exit", () => fail("sqlite3 has ended"));
sqlite.stdin.on("error", () => {}).write(".timeout 60000\n");
await transaction(tables);

const client = new Client({ id, servers, secret: process.env.BELFRY_SECRET, ack: "manual" });
client.addEventListener("state", ({ state, error }) => {
    if (error) console.error(`event_log: ${error.message}`);
    if (state === "stopped") process.exit(1);
});
for await (const event of client) {
    if (event.type === "live") continue;
    const { epoch } = client.welcome;
    const last = event.last ?? event.id;
    await transaction(`UPDATE position SET epoch = '${epoch}', id = ${last} WHERE epoch <> '${epoch}' OR id < ${last};
        ${effect(event)}`);
    client.ack(last);
}
