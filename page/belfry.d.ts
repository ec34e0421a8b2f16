// The client library of Belfry for browsers and Node. The protocol is described in wire/PROTOCOL.md.

/** The answer of the server to a login. */
export interface Welcome {
    id: string;
    /** Names the log. Remembered ids are meaningless in another epoch. */
    epoch: string;
    /** The id of the last message that this client had acknowledged. */
    cursor: number;
    /** The id of the newest message at the login. */
    last: number;
    /** The highest seq of this client that was accepted. */
    seq: bigint;
    maxPayload: number;
    server: string;
}

/** A message of another client, or any message of the history. */
export interface Message {
    type: "message";
    id: number;
    sender: string;
    /** When the server appended it, as Unix time in milliseconds. */
    time: number;
    payload: Uint8Array;
    /** The payload as text. Bytes that are not UTF-8 become U+FFFD. */
    readonly text: string;
}

/** An own message has its place in the log. The seq may belong to an earlier run of the program. */
export interface Sent {
    type: "sent";
    id: number;
    seq: bigint;
}

/** Messages that this client had not seen and that no longer exist. */
export interface Gap {
    type: "gap";
    first: number;
    last: number;
}

/** The backlog has ended. */
export interface Live {
    type: "live";
    id: number;
}

/** What the iterator returns, in the order of the log. */
export type LogEvent = Message | Sent | Gap | Live;

export interface User {
    id: string;
    online: boolean;
    cursor: number;
}

/** `id` is missing if the server has said that the message had been accepted before (`DUP`). */
export interface Receipt {
    seq: bigint;
    id?: number;
}

export interface History {
    messages: Message[];
    /** The ids of the first and last message, or 0. */
    first: number;
    last: number;
}

/**
 * `connecting`: no login yet, or none since the last loss; `online`: logged in; `waiting`: offline, and tries again
 * later; `stopped`: does not try again.
 */
export type State = "connecting" | "online" | "waiting" | "stopped";

export interface Options {
    /** The client-id. */
    id: string;
    /** Where the server is: `wss:`, `ws:`, and in Node `tls:` and `tcp:`. Several are tried one after the other. */
    servers: string | string[];
    /** Never sent without TLS to another machine. */
    secret?: string;
    /**
     * `taken` (the default): an event is acknowledged when the iterator is asked for the next one. `manual`: by `ack()`
     * alone. Until then it comes again at the next login.
     */
    ack?: "taken" | "manual";
    /** Whether `presence` events are wanted. */
    presence?: boolean;
    /** In Node: options of node:tls, such as `ca`. */
    tls?: object;
    /** The first and the longest pause before another attempt, in milliseconds: 250 and 10,000. */
    backoff?: { first?: number; longest?: number };
    /**
     * After how long a silence the server is asked whether it is there, and how long its answer may take, in
     * milliseconds: 30,000 and 10,000.
     */
    ping?: { after?: number; within?: number };
}

/** Why something was refused. `code` is one of PROTOCOL.md's errors, `taken-over`, `closed` or `broken-server`. */
export class BelfryError extends Error {
    readonly code: string;
}

/** `state` events. */
export class StateEvent extends Event {
    readonly state: State;
    /** Why, if the client is waiting or stopped. */
    readonly error?: BelfryError;
    /** Present if the client is online. */
    readonly welcome?: Welcome;
    /** When the next attempt begins, as Unix time in milliseconds, if the client is waiting. */
    readonly retryAt?: number;
}

/** `presence` events. */
export class PresenceEvent extends Event {
    readonly id: string;
    readonly online: boolean;
}

/**
 * A client that stays logged in: it reconnects, sends again what was not confirmed, and delivers each event of the log
 * once. It stops by itself if the login is refused or another login takes over.
 *
 *     const client = new Client({ id: "ann", servers: "ws://127.0.0.1:8080/ws" });
 *     await client.send("hello");
 *     for await (const event of client) if (event.type === "message") console.log(event.sender, event.text);
 */
export class Client extends EventTarget implements AsyncIterable<LogEvent> {
    /** Starts to connect. */
    constructor(options: Options);
    readonly state: State;
    /** Of the last login. */
    readonly welcome?: Welcome;
    /** How many messages have been given to send() and are not settled. */
    readonly unsent: number;

    /**
     * Sends a message, and again after each loss until it is confirmed.
     * @param options.seq of a message that an earlier run of the program has sent without an answer. Without it a new
     *     seq is chosen when the message leaves for the first time.
     * @param options.onseq told the seq before the message leaves, so that the program can remember it
     * @returns settles at `SENT` or `DUP`; rejected with a BelfryError if the server will never accept it, or if the
     *     client is closed before the answer
     */
    send(payload: string | Uint8Array, options?: { seq?: bigint; onseq?: (seq: bigint) => void }): Promise<Receipt>;

    /**
     * Everything up to this id has been taken. Remembered over reconnections. Needed with `ack: "manual"`, and for the
     * last event before a loop is left. Events that the iterator has not returned yet are not acknowledged.
     */
    ack(id: number): void;

    /** Reads messages again, own ones too. One answer has at most 100,000. */
    history(first: number, count: number): Promise<History>;
    who(): Promise<User[]>;

    /** Ends a pause and connects at once, also after the client has stopped. */
    connect(): void;
    /** Acknowledges what was taken, and ends the connection. The iterator ends, and promises are rejected. */
    close(): Promise<void>;

    /** One event loop at a time may iterate. Ends after close(); throws the BelfryError that stopped the client. */
    [Symbol.asyncIterator](): AsyncIterator<LogEvent>;

    addEventListener(type: "state", listener: (event: StateEvent) => void, options?: AddEventListenerOptions): void;
    addEventListener(type: "presence", listener: (event: PresenceEvent) => void, options?: AddEventListenerOptions): void;
    addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

/** Splits the bytes of a server into frames, for test vectors and other tools. */
export class FrameReader {
    /** Why the bytes are not the protocol. Then nothing more is read. */
    readonly broken?: string;
    /** Returns the frames that these bytes complete. The bytes must not change afterwards. */
    push(bytes: Uint8Array): { verb: string; [field: string]: unknown }[];
}
