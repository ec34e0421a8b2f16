// The programs in page/examples/ do what they say, even if they are killed in the middle. The log is read with belfryctl.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "../../page/belfry.js";
import { belfryctl, kill, Server } from "./support/server.mjs";
import { inTime, until } from "./support/waiting.mjs";

const folder = fileURLToPath(new URL("../../page/examples", import.meta.url));
const programs = new Set();
const clients = [];

after(() => programs.forEach((program) => program.kill("SIGKILL")));

/** Starts an example. `output` is what it has printed, on standard output and standard error. */
function start(name, ...args) {
    const program = spawn(process.execPath, [join(folder, `${name}.mjs`), ...args]);
    program.output = "";
    for (const stream of [program.stdout, program.stderr]) stream.setEncoding("utf8").on("data", (text) => (program.output += text));
    program.ended = once(program, "close");
    programs.add(program);
    return program;
}

async function end(program) {
    program.kill("SIGKILL");
    await inTime(program.ended, "end of the program");
    programs.delete(program);
}

/** Runs a test with a server that has these clients. */
async function withServer(names, run) {
    const server = await Server.start("-client_ids", names.join());
    try {
        await run(server);
    } finally {
        await Promise.all([...programs].map(end));
        await Promise.all(clients.splice(0).map((client) => client.close()));
        await server.remove();
    }
}

function connect(server, id) {
    const client = new Client({ id, servers: server.url });
    clients.push(client);
    return client;
}

const json = (server, command) => belfryctl("--data-dir", join(server.folder, "data"), "--json", command);
const statusOf = (server) => JSON.parse(json(server, "status"));
const logOf = (server) => json(server, "log").split("\n").slice(0, -1).map((line) => JSON.parse(line));

test("Each example has at most 60 lines", () => {
    const names = readdirSync(folder);
    assert.deepEqual(names.sort(), ["bot.mjs", "event_log.mjs", "journal.mjs", "worker.mjs"]);
    for (const name of names) assert.ok(readFileSync(join(folder, name), "utf8").split("\n").length <= 61, name);
});

test("The bot answers each question once", () => withServer(["ann", "bot"], async (server) => {
    const ann = connect(server, "ann");
    const answers = () => logOf(server).filter(({ from }) => from === "bot").map(({ text }) => text);
    for (let asked = 2; asked <= 8; asked += 2) { // it is killed each time
        for (const text of ["!dice", "no question", "constructor", "!help"]) await inTime(ann.send(text));
        const bot = start("bot", server.url, "bot");
        await until(() => answers().length >= asked, "an answer");
        await end(bot);
    }
    assert.equal(answers().length, 8);
    assert.match(answers()[0], /^ann has thrown a [1-6]$/);
    assert.equal(answers()[1], "I know !help, !time, !dice");
}));

/** Returns the rows of a table; none if it does not exist yet. */
function rows(path, table) {
    const args = ["-readonly", "-json", "-cmd", ".timeout 60000", path, `SELECT * FROM ${table}`];
    return JSON.parse(spawnSync("sqlite3", args, { encoding: "utf8" }).stdout || "[]");
}
const position = (path) => rows(path, "position")[0]?.id ?? -1;

test("The event log counts each event once", () => withServer(["ann", "bob", "counter"], async (server) => {
    const path = join(server.folder, "events.db");
    const [ann, bob] = ["ann", "bob"].map((id) => connect(server, id));
    const burst = (client) => Promise.all(Array.from({ length: 20 }, (_, i) => client.send(`event ${i}`)));
    for (let run = 0; run < 4; run++) {
        const program = start("event_log", server.url, "counter", path);
        for (const client of [ann, bob, ann]) await inTime(burst(client));
        const before = position(path);
        await until(() => position(path) > before, "a transaction");
        await end(program);
    }
    start("event_log", server.url, "counter", path);
    await until(() => position(path) === 240, "the last event");
    assert.deepEqual(rows(path, "totals"), [{ machine: "ann", events: 160 }, { machine: "bob", events: 80 }]);
}));

test("The event log does not count an event again that another process has counted", () => withServer(["ann", "counter"], async (server) => {
    const path = join(server.folder, "events.db");
    const ann = connect(server, "ann");
    await inTime(ann.send("first"));
    const program = start("event_log", server.url, "counter", path);
    await until(() => rows(path, "totals").length === 1, "the event");
    await end(program);
    execFileSync("sqlite3", [path, "UPDATE position SET id = 2"]);
    await inTime(ann.send("counted by another process"));
    await inTime(ann.send("new"));
    start("event_log", server.url, "counter", path);
    await until(() => position(path) === 3, "the last event");
    assert.deepEqual(rows(path, "totals"), [{ machine: "ann", events: 2 }]);
}));

test("One of several workers takes each job", () => withServer(["boss", "worker1", "worker2", "worker3"], async (server) => {
    const all = ["worker1", "worker2", "worker3"].map((name) => start("worker", server.url, name));
    const jobs = Array.from({ length: 60 }, (_, i) => `number ${i}`);
    const boss = connect(server, "boss");
    for (const [i, job] of jobs.entries()) {
        await inTime(boss.send(`job ${job}`));
        if (i % 20 !== 10) continue;
        const worker = Math.floor(i / 20); // it is killed, and comes again
        all[worker].kill("SIGKILL");
        await inTime(all[worker].ended);
        all.push(start("worker", server.url, `worker${worker + 1}`));
    }
    const said = (word) => logOf(server).filter(({ text }) => text.startsWith(`${word} `)).map(({ from, text }) => [Number(text.slice(word.length + 1)), from]);
    await until(() => said("done").length >= jobs.length, "the last job");
    const winners = new Map(said("claim").reverse()); // the first claim counts
    assert.equal(winners.size, jobs.length);
    assert.equal(said("done").length, jobs.length);
    assert.deepEqual(new Map(said("done").sort(([a], [b]) => a - b)), new Map([...winners].sort(([a], [b]) => a - b)));
    await Promise.all(all.map(end));
    const lines = all.flatMap(({ output }) => output.split("\n").slice(0, -1)).map((line) => line.replace(/^worker\d: /, ""));
    assert.deepEqual(new Set(lines), new Set(jobs));
    assert.ok(lines.length <= jobs.length + 3); // a job during which a worker was killed is done again
}));

test("The journal sends each line over a restart of the server", () => withServer(["machine1"], async (server) => {
    const journal = start("journal", server.url, "machine1");
    for (let i = 0; i < 300; i++) {
        journal.stdin.write(`line ${i}\n`);
        if (i % 100 !== 50) continue;
        server.signal("SIGKILL");
        await inTime(server.ended);
        await server.start(server.port);
        kill(await until(() => statusOf(server).clients[0].pid, "a session"));
    }
    journal.stdin.end(`${"x".repeat(65537)}\nthe last line`);
    assert.deepEqual(await inTime(journal.ended, "end of the program"), [0, null]);
    assert.match(journal.output, /a line was not accepted: too-large/);
    assert.deepEqual(logOf(server).map(({ text }) => text), [...Array.from({ length: 300 }, (_, i) => `line ${i}`), "the last line"]);
}));

test("The journal sends what it has read before Ctrl-C", () => withServer(["machine1"], async (server) => {
    const journal = start("journal", server.url, "machine1");
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    journal.stdin.write(`${lines.join("\n")}\nnot complete`); // it is read in one piece
    await until(() => logOf(server).length > 0, "the first line");
    journal.kill("SIGINT");
    assert.deepEqual(await inTime(journal.ended, "end of the program"), [0, null]);
    assert.deepEqual(logOf(server).map(({ text }) => text), lines);
}));

test("An example that the server refuses says so and ends", () => withServer(["ann"], async (server) => {
    const bot = start("bot", server.url, "nobody");
    assert.deepEqual(await inTime(bot.ended, "end of the program"), [1, null]);
    assert.match(bot.output, /^bot: .*client-id\n$/);
}));
