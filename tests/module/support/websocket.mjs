// The global WebSocket, where Node lacks one: as much of it as belfry.js uses. Browsers' own is tested in tests/web/.

import { randomBytes } from "node:crypto";
import http from "node:http";

class WebSocketOverNode {
    #socket;
    #unread = Buffer.alloc(0);
    #message = [];
    #code = 1006;

    constructor(url, protocol) {
        const { hostname, port, pathname } = new URL(url);
        const headers = {
            Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": randomBytes(16).toString("base64"), "Sec-WebSocket-Protocol": protocol,
        };
        http.get({ hostname, port, path: pathname, headers })
            .on("upgrade", (response, socket, head) => this.#begin(socket, head))
            .on("response", (response) => response.destroy() && this.onclose({ code: 1006 }))
            .on("error", () => this.onclose({ code: 1006 }));
    }

    #begin(socket, head) {
        this.#socket = socket.setNoDelay(true);
        this.onopen();
        socket.on("data", (bytes) => this.#receive(bytes)).on("error", () => {}).on("close", () => this.onclose?.({ code: this.#code }));
        this.#receive(head);
    }

    get bufferedAmount() {
        return this.#socket.writableLength;
    }

    #receive(bytes) {
        this.#unread = Buffer.concat([this.#unread, bytes]);
        while (this.#readFrame());
    }

    #readFrame() {
        const unread = this.#unread;
        if (unread.length < 2) return false;
        const short = unread[1];
        const start = short === 127 ? 10 : short === 126 ? 4 : 2;
        if (unread.length < start) return false;
        const size = short === 127 ? Number(unread.readBigUInt64BE(2)) : short === 126 ? unread.readUInt16BE(2) : short;
        if (unread.length < start + size) return false;
        this.#unread = unread.subarray(start + size);
        this.#take(unread[0] & 15, unread[0] >> 7 === 1, unread.subarray(start, start + size));
        return true;
    }

    #take(opcode, isFinal, data) {
        if (opcode === 8) {
            this.#code = data.length ? data.readUInt16BE(0) : 1005;
            this.#write(8, data);
            this.#socket.end();
        } else if (opcode === 9) {
            this.#write(10, data);
        } else if (opcode < 3) {
            this.#message.push(data);
            if (isFinal) this.onmessage?.({ data: Uint8Array.from(Buffer.concat(this.#message.splice(0))).buffer });
        }
    }

    #write(opcode, data) {
        const head = Buffer.alloc(14);
        head[0] = 0x80 | opcode;
        head[1] = 0x80 | 127;
        head.writeBigUInt64BE(BigInt(data.length), 2);
        const size = data.length < 126 ? 2 : data.length < 65536 ? 4 : 10;
        if (size < 10) head[1] = 0x80 | (size === 2 ? data.length : 126);
        if (size === 4) head.writeUInt16BE(data.length, 2);
        const mask = randomBytes(4);
        this.#socket.write(Buffer.concat([head.subarray(0, size), mask, Uint8Array.from(data, (byte, i) => byte ^ mask[i & 3])]));
    }

    send(bytes) {
        this.#write(2, bytes);
    }

    close() {
        if (this.#socket?.writable) this.#write(8, Buffer.of(3, 232));
        this.#socket?.end();
    }
}

globalThis.WebSocket ??= WebSocketOverNode;
