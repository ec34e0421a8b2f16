// A program for the type checker. It uses everything that belfry.d.ts declares.

import { BelfryError, Client, FrameReader, History, LogEvent, Message, Receipt, State, User, Welcome } from "belfry";

const client = new Client({
    id: "ann",
    servers: ["tls://localhost:5001", "ws://127.0.0.1/ws"],
    secret: "s",
    ack: "manual",
    presence: true,
    tls: { ca: "" },
    backoff: { first: 1, longest: 2 },
    ping: { after: 1, within: 1 },
});

client.addEventListener("state", ({ state, error, welcome, retryAt }) => {
    const now: State = state;
    const code: string | undefined = error?.code;
    const told: Welcome | undefined = welcome;
    console.log(now, code, told?.seq === 1n, retryAt?.toFixed());
});
client.addEventListener("presence", ({ id, online }) => console.log(id, online === true));

function show(event: LogEvent): number {
    if (event.type === "message") return event.text.length + event.payload.length;
    if (event.type === "gap") return event.last - event.first;
    return event.id;
}

async function main(): Promise<void> {
    try {
        const receipt: Receipt = await client.send("text", { seq: 1n, onseq: (seq: bigint) => console.log(seq) });
        console.log(receipt.id?.toFixed(), receipt.seq + 1n, client.unsent + 1);
        const { messages, first, last }: History = await client.history(1, 10);
        const texts: string[] = messages.map((message: Message) => message.sender + message.text);
        const users: User[] = await client.who();
        console.log(texts, first + last, users[0]?.cursor);
        for await (const event of client) client.ack(show(event));
        client.connect();
    } catch (error) {
        if (error instanceof BelfryError) console.log(error.code, error.message);
    }
    await client.close();
    const reader = new FrameReader();
    console.log(reader.push(new Uint8Array(1)).map(({ verb }) => verb), reader.broken);
    // @ts-expect-error: a message is a text or bytes
    await client.send(5);
}

main();
