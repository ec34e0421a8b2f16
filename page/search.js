import { $, count, dayName, hour, make, say } from "./dom.js";
import { log } from "./log.js";
import { session } from "./session.js";
import { timeline } from "./timeline.js";

const dialog = $("search");
const pageSize = 5000;
const step = 200;
/** Each search has a number. One that is not the newest stops. */
let current = 0;
let found = 0;
let limit = step;
let from = 0;
let timer = 0;

/** The messages of a range, from memory if all of them are there. */
async function read(first, last) {
    if (log.missing(first, last)) return (await session.client.history(first, last - first + 1)).messages;
    const messages = [];
    for (let id = first; id <= last; id++) messages.push(log.event(id));
    return messages;
}

async function run(number) {
    const words = $("query").value.toLowerCase();
    say($("search-state"), "Searching…");
    $("search-more").hidden = true;
    try {
        while (from > 0 && found < limit) {
            const first = Math.max(1, from - pageSize + 1);
            const messages = await read(first, from);
            if (number !== current) return;
            for (const message of messages.reverse()) {
                const text = message.payload ? message.text : "";
                const at = text.toLowerCase().indexOf(words);
                from = message.id - 1;
                if (at >= 0) $("results").append(result(message, text, at, words.length));
                if (at >= 0 && ++found === limit) break;
            }
            if (found < limit) from = messages.length && first > log.oldest ? first - 1 : 0;
        }
        say($("search-state"), found ? `${count(found)} found` : "Nothing found");
        $("search-more").hidden = from <= 0;
    } catch {
        if (number === current) say($("search-state"), "Offline: only a server can search");
    }
}

function result({ id, sender, time }, text, at, length) {
    const begin = Math.max(0, at - 40);
    const onclick = () => {
        dialog.close();
        timeline.show(id);
    };
    return make("li", {}, make("button", { type: "button", onclick }, make("strong", {}, sender), ` ${dayName(time)} ${hour(time)} `,
        make("span", { dir: "auto" }, text.slice(begin, at), make("mark", {}, text.slice(at, at + length)), text.slice(at + length, at + length + 120))));
}

function restart() {
    found = 0;
    limit = step;
    from = log.newest;
    const number = ++current;
    $("results").replaceChildren();
    $("search-more").hidden = true;
    say($("search-state"), "");
    clearTimeout(timer);
    if ($("query").value.trim()) timer = setTimeout(() => run(number), 200);
}

function open() {
    if (dialog.open || $("chat").hidden) return;
    dialog.showModal();
    $("query").select();
}

$("open-search").onclick = open;
$("query").oninput = restart;
$("search-more").onclick = () => {
    limit += step;
    run(++current);
};
dialog.addEventListener("close", () => current++);
dialog.addEventListener("keydown", (event) => {
    const stops = [$("query"), ...$("results").querySelectorAll("button")];
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) stops[stops.indexOf(document.activeElement) + move]?.focus();
    if (event.key === "Enter" && event.target === stops[0]) stops[1]?.click();
    if (move || (event.key === "Enter" && event.target === stops[0])) event.preventDefault();
});
addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    open();
});
