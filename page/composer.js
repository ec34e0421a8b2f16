import { $, count, encode, say } from "./dom.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { session } from "./session.js";
import { timeline } from "./timeline.js";
import { unread } from "./unread.js";

const field = $("draft");
const key = () => `belfry/${session.me}/draft`;
/** The own message that Up has brought back, by its id. Without one the field holds the draft. */
let recalled;
let draft = "";

/** Brings back the draft that was left here. */
export function openComposer() {
    put(localStorage[key()] ?? "");
}

function put(text, id) {
    recalled = id;
    field.value = text;
    fit();
}

function fit() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
}

function keep() {
    try {
        localStorage[key()] = field.value;
    } catch {
        // The storage is full. The draft lives as long as the page.
    }
}

function send() {
    const limit = session.client.welcome?.maxPayload ?? Infinity;
    const isLong = encode(field.value).length > limit;
    say($("composer-error"), isLong ? `Too long: at most ${count(limit)} bytes` : "");
    if (isLong || !field.value.trim()) return;
    outbox.add(field.value);
    put("");
    keep();
    unread.divider = 0;
    timeline.toEnd();
}

/** Walks through the own messages that are loaded: one back, or one forward, and then to the draft. */
function recall(step) {
    if (!recalled) draft = field.value;
    let id = (recalled ?? log.last + 1) + step;
    while (id >= log.first && id <= log.last && log.event(id)?.sender !== session.me) id += step;
    if (id > log.last) put(draft);
    else if (id >= log.first) put(log.event(id).text, id);
}

field.oninput = () => {
    recalled = undefined;
    say($("composer-error"), "");
    fit();
    keep();
};

field.onkeydown = (event) => {
    const { key } = event;
    // This code says that the key belongs to an input method. Safari does not say so by isComposing.
    if (event.keyCode === 229 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (key === "Enter" && !event.shiftKey) send();
    else if (key === "ArrowUp" && (recalled || field.selectionEnd === 0)) recall(-1);
    else if (key === "ArrowDown" && recalled) recall(1);
    else if (key === "Escape" && recalled) put(draft);
    else if (key === "Escape") timeline.toEnd();
    else return;
    event.preventDefault();
};

$("composer").onsubmit = (event) => {
    event.preventDefault();
    send();
    field.focus();
};
