#!/usr/bin/env node
// One of several workers that share jobs: `worker.mjs tcp://127.0.0.1:5000 worker1`. Others say `job TEXT`.
//
// A free worker says `claim ID` for the oldest open job, and the first claim in the log wins. A worker acknowledges
// nothing, so at each start it learns from the log which jobs are open, and which one it has not finished. Seqs tell its
// claim of job N (2 N) and its `done` (2 N + 1).

import { Client } from "../belfry.js";

const [servers, id] = process.argv.slice(2);
const client = new Client({ id, servers, secret: process.env.BELFRY_SECRET, ack: "manual" });
const jobs = new Map(); // that nobody has claimed, the oldest first
const mine = new Map(); // that were won and are not done
let claim = 0; // the job whose claim has no place in the log yet
let isLive = false;

function hear({ id, text }) {
    const [word] = text.split(" ", 1);
    const rest = text.slice(word.length + 1);
    if (word === "job") jobs.set(id, rest);
    if (word === "claim") jobs.delete(Number(rest));
}

function settle({ seq }) {
    const job = Number(seq / 2n);
    if (job === claim) claim = 0;
    if (jobs.has(job)) mine.set(job, jobs.get(job));
    else if (seq % 2n === 1n) mine.delete(job);
    jobs.delete(job);
}

async function work() {
    for (const [job, text] of mine) {
        console.log(`${id}: ${text}`); // the work
        mine.delete(job);
        await client.send(`done ${job}`, { seq: BigInt(2 * job + 1) });
    }
    if (jobs.size === 0 || claim) return;
    [claim] = jobs.keys();
    client.send(`claim ${claim}`, { seq: BigInt(2 * claim) });
}

client.addEventListener("state", ({ state, error }) => {
    if (error) console.error(`worker: ${error.message}`);
    if (state === "stopped") process.exit(1);
});

for await (const event of client) {
    if (event.type === "live") isLive = true;
    if (event.type === "message") hear(event);
    if (event.type === "sent") settle(event);
    if (isLive) await work();
}
