import { count, dayName, hour, make, paint } from "./dom.js";
import { log } from "./log.js";
import { people } from "./people.js";
import { session } from "./session.js";

/** What is beyond this is shown only after "Show all". */
const previewBytes = 6000;
const previewLines = 40;
/** A long text is shown in pieces. The browser lays out only those that are on the screen. */
const pieceBytes = 8192;
const special = /https?:\/\/[^\s<>"]+|(?<![\w.@-])@[\w.-]+/g;

/** Splits a text into strings, links and mentions. */
function* parts(text) {
    let end = 0;
    for (const { 0: match, index } of text.matchAll(special)) {
        const found = match[0] === "@" ? mention(match.slice(1)) : link(match);
        if (!found) continue;
        yield text.slice(end, index);
        yield found;
        end = index + found.textContent.length;
    }
    yield text.slice(end);
}

/** Punctuation behind a link belongs to the sentence around it. */
function link(text) {
    let end = text.length;
    while ((text.includes("(") ? ".,;:!?'*" : ".,;:!?'*)]}").includes(text[end - 1])) end--;
    const href = text.slice(0, end);
    return make("a", { href, rel: "noopener", target: "_blank" }, href);
}

function mention(name) {
    while (/[.-]$/.test(name) && !people.isKnown(name)) name = name.slice(0, -1);
    return people.isKnown(name) && make(name === session.me ? "mark" : "b", {}, `@${name}`);
}

/** The elements that show a text. What looks like HTML in it is text. */
function body(bytes) {
    const isWhole = bytes.length <= previewBytes;
    const begin = new TextDecoder().decode(bytes.subarray(0, previewBytes), { stream: !isWhole });
    const lines = begin.split("\n");
    const isShort = isWhole && lines.length <= previewLines;
    const preview = isShort ? [...parts(begin)] : [...parts(lines.slice(0, previewLines).join("\n")), "…"];
    const text = make("div", { className: "text", dir: "auto" }, ...preview);
    if (isShort) return [text];
    const size = bytes.length < 1e5 ? `${Math.ceil(bytes.length / 1000)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
    const button = make("button", { className: "more", type: "button" }, `Show all (${size})`);
    button.onclick = () => {
        const opens = text.classList.toggle("whole");
        button.textContent = opens ? "Show less" : `Show all (${size})`;
        text.replaceChildren(...(opens ? [] : preview));
        if (opens) showPieces(text, pieces(bytes));
        button.dispatchEvent(new Event("opened", { bubbles: true }));
    };
    return [text, button];
}

/** Cuts where a line or a word ends, if there is such a place. */
function* pieces(bytes) {
    const decoder = new TextDecoder();
    let rest = "";
    for (let at = 0; at < bytes.length; at += pieceBytes) {
        rest += decoder.decode(bytes.subarray(at, at + pieceBytes), { stream: at + pieceBytes < bytes.length });
        const cut = rest.includes("\n") ? rest.lastIndexOf("\n") : rest.lastIndexOf(" ");
        yield cut < 0 ? rest : rest.slice(0, cut);
        rest = cut < 0 ? "" : rest.slice(cut + 1);
    }
    yield rest;
}

/** Adds pieces for some milliseconds of each frame. */
function showPieces(text, rest) {
    for (const begin = performance.now(); performance.now() - begin < 8; ) {
        const { value, done } = rest.next();
        if (done || !text.classList.contains("whole")) return;
        const piece = make("div", { className: "piece", dir: "auto" }, ...parts(value));
        const rows = value.split("\n").reduce((sum, line) => sum + Math.ceil((line.length * 7.5) / text.clientWidth || 1), 0);
        piece.style.containIntrinsicHeight = `auto ${rows * 22}px`;
        text.append(piece);
    }
    requestAnimationFrame(() => showPieces(text, rest));
}

const timeOf = (time) => make("time", { dateTime: new Date(time).toISOString(), title: new Date(time).toLocaleString() }, hour(time));

const heading = ({ sender, time }) => [
    paint(make("span", { className: "avatar", "aria-hidden": true }, sender.slice(0, 2)), sender),
    make("div", { className: "heading" }, paint(make("span", { className: "sender" }, sender), sender), timeOf(time)),
];

/** A message. The first one of a group names the sender. */
export function article(message, isFirst) {
    const { id, sender, time, payload } = message;
    const element = make("article", {
        role: "article", tabIndex: -1, className: "message", "aria-label": `${sender}, ${hour(time)}`,
        "aria-posinset": id, "aria-setsize": log.newest,
    }, ...(isFirst ? heading(message) : [timeOf(time)]), ...body(payload));
    if (sender === session.me) {
        element.append(make("span", { className: "tick", role: "img", "aria-label": "sent", title: "Sent" }, "✓"));
        element.classList.add("own");
    }
    if (element.querySelector("mark")) element.classList.add("mentioned");
    return element;
}

const reasons = {
    "too-large": "it is too long for this server",
    "bad-seq": "the server has refused its number",
    "store-failed": "the server cannot store messages at present",
};

/** An own message that has no place in the log yet. */
export function pendingArticle({ text, error }, retry, discard) {
    const waits = session.isOnline() ? "Sending…" : "Waiting for the connection";
    const status = error ? `Not sent: ${reasons[error] ?? error}` : waits;
    const button = (name, onclick) => make("button", { type: "button", onclick }, name);
    return make("article", {
        role: "article", tabIndex: -1, className: `message own pending${error ? " failed" : ""}`, "aria-label": `${session.me}, ${status}`,
    }, ...body(new TextEncoder().encode(text)), make("span", { className: "status" }, status),
    ...(error ? [button("Try again", retry), button("Discard", discard)] : []));
}

const separator = (className, text) => make("div", { role: "separator", className, "aria-label": text }, make("span", {}, text));
export const daySeparator = (time) => separator("day", dayName(time));
export const unreadSeparator = () => separator("divider", "New messages");
export const note = (text) => make("p", { role: "note", className: "note" }, text);
export const gapNote = ({ first, last }) => note(first === last ? "1 message is missing" : `${count(last - first + 1)} messages are missing`);
