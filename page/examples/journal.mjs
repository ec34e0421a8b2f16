#!/usr/bin/env node
// Sends each line of its standard input: `journalctl -f -o cat | journal.mjs tcp://127.0.0.1:5000 machine1`.
//
// If the server is away, lines wait in memory, then in the pipe. Ctrl-C, or the end of the input, ends the program after
// all lines have been accepted. A second Ctrl-C gives them up.

import { Client } from "../belfry.js";

const [servers, id] = process.argv.slice(2);
const client = new Client({ id, servers, secret: process.env.BELFRY_SECRET });
const unanswered = new Set();
let isInterrupted = false;

async function* lines(input) {
    let rest = Buffer.alloc(0);
    for await (const bytes of input) {
        rest = Buffer.concat([rest, bytes]);
        for (let end; (end = rest.indexOf("\n")) >= 0; rest = rest.subarray(end + 1)) yield rest.subarray(0, end);
    }
    if (rest.length > 0) yield rest;
}

function send(line) {
    const complain = ({ code }) => console.error(`journal: a line was not accepted: ${code}`);
    const answer = client.send(line).catch(complain).finally(() => unanswered.delete(answer));
    unanswered.add(answer);
}

async function sendLines() {
    try {
        for await (const line of lines(process.stdin)) {
            send(line);
            if (unanswered.size >= 10000) await Promise.all(unanswered);
        }
    } catch (error) {
        if (!isInterrupted) throw error;
    }
    await Promise.all(unanswered);
}

// Takes what others say. Otherwise the server would send all of it again at each login.
async function takeAll() {
    for await (const _ of client);
}

function onState({ state, error }) {
    if (error) console.error(`journal: ${error.message}`);
    if (state === "stopped") process.exit(1);
}

client.addEventListener("state", onState);
process.once("SIGINT", () => {
    isInterrupted = true;
    process.stdin.destroy();
});
takeAll();
await sendLines();
client.removeEventListener("state", onState);
await client.close();
