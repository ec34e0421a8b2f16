import { Client } from "./belfry.js";

const key = "belfry/login";

/** Who is logged in, and the connection. There is one of it per page. */
export const session = {
    me: "",
    client: undefined,
    isOnline: () => session.client?.state === "online",
};

/** What was entered at the last login in this tab or, after "stay logged in", in this browser: {id, secret}. */
export const remembered = () => JSON.parse(sessionStorage[key] ?? localStorage[key] ?? "null");

export function remember(login, stays) {
    forget();
    (stays ? localStorage : sessionStorage)[key] = JSON.stringify(login);
}

export function forget() {
    sessionStorage.removeItem(key);
    localStorage.removeItem(key);
}

export function connect({ id, secret }) {
    session.me = id;
    const servers = `${location.protocol.replace("http", "ws")}//${location.host}/ws`;
    session.client = new Client({ id, secret: secret || undefined, servers, ack: "manual", presence: true });
    return session.client;
}

const words = {
    "login-refused": "Name or secret is wrong.",
    "unknown-client": "The server does not know this name.",
    "tls-required": "The server accepts this secret over https only.",
    "too-many-clients": "The server is full. Try again later.",
    "login-timeout": "The server waited too long for the login.",
};

/** Why the login failed, for people. */
export const word = ({ code }) => words[code] ?? `The server ended the connection: ${code}.`;
