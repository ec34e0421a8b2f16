import { $, count, say } from "./dom.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { session } from "./session.js";
import { timeline } from "./timeline.js";
import { unread } from "./unread.js";

const field = $("draft");
const key = () => `belfry/${session.me}/draft`;
/** The own message that Up has brought back: its id, or Infinity for the draft. */
let recalled = Infinity;
let draft = "";
let timer = 0;

/** Shows the draft that was left here earlier. */
export function openComposer() {
    field.value = localStorage[key()] ?? "";
    fit();
}

function fit() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
}

function keep() {
    clearTimeout(timer);
    if (recalled !== Infinity) return;
    try {
        localStorage[key()] = field.value;
    } catch {
        // The storage is full. The draft lives as long as the page.
    }
}

function put(text) {
    field.value = text;
    fit();
}

function send() {
    const limit = session.client.welcome?.maxPayload ?? Infinity;
    const isLong = new TextEncoder().encode(field.value).length > limit;
    say($("composer-error"), isLong ? `Too long: at most ${count(limit)} bytes` : "");
    if (isLong || !field.value.trim()) return;
    outbox.add(field.value);
    recalled = Infinity;
    put("");
    keep();
    unread.divider = 0;
    timeline.toEnd();
}

/** Walks through the own messages that are loaded: one back, or one forward. */
function recall(step) {
    if (recalled === Infinity) draft = field.value;
    for (let id = Math.min(recalled, log.last + 1) + step; id >= log.first; id += step) {
        if (id > log.last) {
            recalled = Infinity;
            return put(draft);
        }
        if (log.event(id)?.sender !== session.me) continue;
        recalled = id;
        return put(log.event(id).text);
    }
}

field.addEventListener("input", () => {
    recalled = Infinity;
    say($("composer-error"), "");
    fit();
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
});

field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const isBegin = field.selectionEnd === 0 || recalled !== Infinity;
    if (event.key === "Enter" && !event.shiftKey) send();
    else if (event.key === "ArrowUp" && isBegin) recall(-1);
    else if (event.key === "ArrowDown" && recalled !== Infinity) recall(1);
    else if (event.key === "Escape" && recalled !== Infinity) put(draft, (recalled = Infinity));
    else if (event.key === "Escape") timeline.toEnd();
    else return;
    event.preventDefault();
});

$("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    field.focus();
});
addEventListener("pagehide", keep);
