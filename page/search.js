import { $, copy, count, dayName, hour, say } from "./dom.js";
import { log } from "./log.js";
import { session } from "./session.js";
import { timeline } from "./timeline.js";

const dialog = $("search");
const query = $("query");
const pageSize = 1000;
const step = 200;
/** Each search has a number. One that is not the newest stops. */
let current = 0;
let found = 0;
/** The search goes on from this id towards the past. */
let from = 0;
let timer = 0;

async function run(number) {
    const limit = found + step;
    const words = query.value.toLowerCase();
    say($("search-state"), "Searching…");
    $("search-more").hidden = true;
    while (from > 0 && found < limit) {
        const { messages } = await session.client.history(Math.max(1, from - pageSize + 1), Math.min(from, pageSize));
        if (number !== current) return;
        if (!messages.length) from = 0;
        while (messages.length && found < limit) found += match(messages.pop(), words);
    }
    say($("search-state"), found ? `${count(found)} found` : "Nothing found");
    $("search-more").hidden = from === 0;
}

/** Shows a message if it contains the words. Returns whether it does. */
function match({ id, sender, time, text }, words) {
    from = id - 1;
    const at = text.toLowerCase().indexOf(words);
    if (at < 0) return false;
    const item = copy("result");
    const end = at + words.length;
    const pieces = [sender, `${dayName(time)} ${hour(time)}`, text.slice(Math.max(0, at - 40), at), text.slice(at, end), text.slice(end, end + 120)];
    item.querySelectorAll("strong, small, span span, mark").forEach((element, index) => say(element, pieces[index]));
    item.onclick = () => {
        dialog.close();
        $("close-inside").click();
        timeline.show(id);
    };
    $("results").append(item);
    return true;
}

query.oninput = () => {
    const number = ++current;
    found = 0;
    from = log.newest;
    $("results").replaceChildren();
    $("search-more").hidden = true;
    say($("search-state"), "");
    clearTimeout(timer);
    if (query.value.trim()) timer = setTimeout(run, 200, number);
};

function open() {
    if (dialog.open || $("chat").hidden) return;
    dialog.showModal();
    query.select();
}

$("open-search").onclick = open;
$("search-more").onclick = () => run(++current);
dialog.onclose = () => current++;
dialog.onkeydown = (event) => {
    const stops = [query, ...$("results").querySelectorAll("button")];
    const at = stops.indexOf(document.activeElement);
    const move = { ArrowDown: 1, ArrowUp: -1, Enter: at ? 0 : 1 }[event.key];
    // As in the composer: this code says that the key belongs to an input method.
    if (!move || event.keyCode === 229) return;
    event.preventDefault();
    stops[at + move]?.[event.key === "Enter" ? "click" : "focus"]();
};
window.onkeydown = (event) => {
    if (event.key?.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    open();
};
