import { $, copy, count, say, sign } from "./dom.js";
import { session } from "./session.js";

const users = new Map();
let timer = 0;

/** Who there is, and who is online. */
export const people = {
    isKnown: (name) => name === session.me || users.has(name),

    async update() {
        const list = session.isOnline() ? await session.client.who().catch(() => []) : [];
        for (const { id, online } of list) users.set(id, online);
        show();
        return list;
    },

    /** Many may come at once. */
    changed({ id, online }) {
        users.set(id, online);
        timer ||= setTimeout(show, 100);
    },
};

function show() {
    timer = 0;
    const sorted = [...users].sort(([a, isA], [b, isB]) => isB - isA || (a < b ? -1 : 1));
    say($("online-count"), `${count(sorted.filter(([, online]) => online).length)} online`);
    $("people-list").replaceChildren(...sorted.map(([id, online]) => {
        const item = copy("person");
        sign(item, id);
        item.classList.toggle("online", online);
        say(item.querySelector(".presence"), online ? "online" : "offline");
        return item;
    }));
}
