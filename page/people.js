import { $, count, make, paint, say } from "./dom.js";
import { session } from "./session.js";

const users = new Map();

/** Who there is, and who is online. */
export const people = {
    isKnown: (name) => name === session.me || users.has(name),

    async update() {
        if (!session.isOnline()) return [];
        const list = await session.client.who();
        for (const { id, online } of list) users.set(id, online);
        show();
        return list;
    },

    changed(id, online) {
        users.set(id, online);
        show();
    },
};

function show() {
    const sorted = [...users].sort(([a, isA], [b, isB]) => isB - isA || (a < b ? -1 : 1));
    say($("online-count"), `${count(sorted.filter(([, online]) => online).length)} online`);
    $("people-list").replaceChildren(...sorted.map(([id, online]) => make("li", { className: online ? "online" : "" },
        paint(make("span", { className: "avatar", "aria-hidden": true }, id.slice(0, 2)), id), make("span", { className: "name" }, id), " ",
        make("span", { className: "presence" }, online ? "online" : "offline"))));
}

const dialog = $("people-dialog");
$("open-people").onclick = () => {
    dialog.append($("people-panel"));
    dialog.showModal();
};
dialog.addEventListener("close", () => $("people").append($("people-panel")));
