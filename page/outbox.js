import { session } from "./session.js";

const prefix = () => `belfry/${session.me}/out/`;
let written = 0;
let lastSeq = 0n;

/** If the storage is full, the message is lost at a reload. */
function store(entry) {
    const { key, isSending, ...kept } = entry;
    try {
        localStorage[key] = JSON.stringify(kept);
    } catch {
        entry.isHomeless = true;
        localStorage.removeItem(key);
    }
    outbox.onchange();
}

/** Chooses a seq by the time, so that no other device of the same person has used it. */
function newSeq({ welcome: { seq } }) {
    for (const used of [seq, BigInt(Date.now() * 1000)]) if (used > lastSeq) lastSeq = used;
    return ++lastSeq;
}

/** After a duplicate: another device may have used a higher seq, and then the server has never accepted this message. */
async function isInLog(client, { text }) {
    const { messages } = await client.history(Math.max(1, client.welcome.last - 5000), 100_000);
    return messages.some((message) => message.sender === session.me && message.text === text);
}

async function send(entry) {
    const { client } = session;
    if (entry.isSending || entry.error || client.state !== "online") return;
    entry.isSending = true;
    try {
        const { id } = await client.send(entry.text, {
            seq: BigInt(entry.seq ?? newSeq(client)),
            onseq: (seq) => store(Object.assign(entry, { seq: `${seq}` })),
        });
        // Its `sent` event takes it out. A duplicate may have had that in an earlier run.
        if (id) localStorage.removeItem(entry.key);
        else if (await isInLog(client, entry)) outbox.discard(entry);
        else if (outbox.entries.includes(entry)) throw { code: "bad-seq" };
    } catch ({ code = "unknown" }) {
        entry.isSending = false;
        if (client.state !== "stopped") store(Object.assign(entry, { error: code }));
    }
}

/**
 * Own messages that the server has not confirmed. Each one is an item of localStorage, with its seq as soon as it has
 * one. So it is sent again with the same seq after a reload, and the server accepts it once.
 */
export const outbox = {
    /** In the order in which they were written: {key, text, time, seq?, error?, isSending?, isHomeless?}. */
    entries: [],
    /** Set by the page. */
    onchange: () => {},

    unsent: () => outbox.entries.filter((entry) => !entry.error).length,

    /** Reads the storage. What this page has not sent yet may have been sent by another one that was open before. */
    open() {
        const own = outbox.entries.filter((entry) => entry.isSending || entry.isHomeless);
        const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix()) && !own.some((entry) => entry.key === key));
        outbox.entries = [...own, ...keys.sort().map((key) => ({ ...JSON.parse(localStorage[key]), key }))];
    },

    add(text) {
        const time = Date.now();
        const entry = { key: `${prefix()}${time}-${`${written++}`.padStart(6, 0)}`, text, time };
        outbox.entries.push(entry);
        store(entry);
        send(entry);
    },

    /** Sends what waits. Also a log with another epoch may contain a message already, so it keeps its seq. */
    resume() {
        outbox.open();
        outbox.entries.forEach(send);
    },

    /** Takes out the message that has got its place in the log. */
    confirm(seq) {
        const entry = outbox.entries.find((one) => one.seq === `${seq}`);
        if (entry) outbox.discard(entry);
        return entry;
    },

    /** Sends a failed message as a new one: the server has never accepted it under its seq. */
    retry(entry) {
        outbox.discard(entry);
        outbox.add(entry.text);
    },

    discard(entry) {
        outbox.entries = outbox.entries.filter((one) => one !== entry);
        localStorage.removeItem(entry.key);
        outbox.onchange();
    },
};
