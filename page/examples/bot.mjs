#!/usr/bin/env node
// A bot that answers: `bot.mjs tcp://127.0.0.1:5000 bot`. Say `!help`, `!time` or `!dice` to it.
//
// Each question is answered once, even if the bot is killed between the answer and the acknowledgement: the answer to
// message N has the seq N, so the server drops a second one. In a new epoch ids begin again, and a bot that counts on this
// needs a new client-id. A server with `durability=commit` begins no new epoch.

import { Client } from "../belfry.js";

const answers = new Map([
    ["!help", () => `I know ${[...answers.keys()].join(", ")}`],
    ["!time", ({ time }) => `you asked at ${new Date(time).toISOString().slice(11, 19)} UTC`],
    ["!dice", ({ sender }) => `${sender} has thrown a ${1 + Math.floor(6 * Math.random())}`],
]);

const [servers, id] = process.argv.slice(2);
const client = new Client({ id, servers, secret: process.env.BELFRY_SECRET });

client.addEventListener("state", ({ state, error }) => {
    if (error) console.error(`bot: ${error.message}`);
    if (state === "stopped") process.exit(1);
});

for await (const event of client) {
    const answer = event.type === "message" && answers.get(event.text);
    if (answer) await client.send(answer(event), { seq: BigInt(event.id) });
}
