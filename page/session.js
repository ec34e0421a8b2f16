import { Client } from "./belfry.js";

const key = "belfry/login";

/** Who is logged in, and the connection. A page has one. */
export const session = {
    me: "",
    client: undefined,
    isOnline: () => session.client?.state === "online",
};

/** The last login of this tab or, if it was to stay, of this browser: {id, secret, stays}. */
export const remembered = () => JSON.parse(sessionStorage[key] ?? localStorage[key] ?? null);

export function forget() {
    sessionStorage.removeItem(key);
    localStorage.removeItem(key);
}

export function remember(login) {
    forget();
    (login.stays ? localStorage : sessionStorage)[key] = JSON.stringify(login);
}

export function connect({ id, secret }) {
    session.client?.close();
    session.me = id;
    const servers = `${location.protocol.replace("http", "ws")}//${location.host}/ws`;
    return (session.client = new Client({ id, secret, servers, ack: "manual", presence: true }));
}
