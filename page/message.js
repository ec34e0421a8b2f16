import { $, copy, encode, hour, make, say, sign } from "./dom.js";
import { outbox } from "./outbox.js";
import { people } from "./people.js";
import { session } from "./session.js";

/** What is beyond this is shown only after "Show all". */
const previewBytes = 6000;
const previewLines = 40;
/** A long text is shown in pieces, of which the browser lays out only those on the screen. */
const pieceBytes = 8192;
const special = /https?:\/\/[^\s<>"]+|(?<![\w.@-])@[\w.-]{1,40}/g;

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

/** Punctuation at the end belongs to the sentence around the link. */
function link(text) {
    let end = text.length;
    const marks = text.includes("(") ? ".,;:!?'*" : ".,;:!?'*)]}";
    while (marks.includes(text[end - 1])) end--;
    const href = text.slice(0, end);
    return make("a", { href, rel: "noopener", target: "_blank" }, href);
}

function mention(name) {
    while (/[.-]$/.test(name) && !people.isKnown(name)) name = name.slice(0, -1);
    return people.isKnown(name) && make(name === session.me ? "mark" : "b", {}, `@${name}`);
}

/** Shows a text. What looks like HTML in it is text. */
function showText(text, button, bytes) {
    const isCut = bytes.length > previewBytes;
    const lines = new TextDecoder().decode(bytes.subarray(0, previewBytes), { stream: isCut }).split("\n");
    const preview = [...parts(lines.slice(0, previewLines).join("\n"))];
    text.append(...preview);
    if (!isCut && lines.length <= previewLines) return button.remove();
    const size = bytes.length < 1e5 ? `${Math.ceil(bytes.length / 1e3)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
    say(button, `Show all (${size})`);
    button.onclick = () => {
        const opens = text.classList.toggle("whole");
        say(button, opens ? "Show less" : `Show all (${size})`);
        text.replaceChildren(...(opens ? [] : preview));
        text.rest = opens && pieces(bytes);
        if (opens) showPieces(text, text.rest);
        button.dispatchEvent(new Event("opened", { bubbles: true }));
    };
}

/** Cuts where a line or a word ends, if there is such a place. */
function* pieces(bytes) {
    const decoder = new TextDecoder();
    let rest = "";
    for (let at = 0; at < bytes.length; at += pieceBytes) {
        rest += decoder.decode(bytes.subarray(at, at + pieceBytes), { stream: at + pieceBytes < bytes.length });
        const cut = rest.lastIndexOf(rest.includes("\n") ? "\n" : " ");
        yield cut < 0 ? rest : rest.slice(0, cut);
        rest = cut < 0 ? "" : rest.slice(cut + 1);
    }
    yield rest;
}

/** Adds pieces for some milliseconds of each frame. */
function showPieces(text, rest) {
    for (const begin = performance.now(); performance.now() - begin < 8; ) {
        const { value, done } = rest.next();
        if (done || text.rest !== rest) return;
        const piece = make("div", { className: "piece", dir: "auto" }, ...parts(value));
        const lines = value.split("\n").length + (value.length * 7.5) / text.clientWidth;
        piece.style.containIntrinsicHeight = `auto ${lines * 22}px`;
        text.append(piece);
    }
    requestAnimationFrame(() => showPieces(text, rest));
}

/** Fills a copy of the template with a message. */
export function fillRow(row, { sender, time, payload }) {
    const article = row.querySelector("article");
    const clock = row.querySelector("time");
    sign(article, sender);
    say(clock, hour(time));
    clock.dateTime = new Date(time).toISOString();
    article.ariaLabel = `${sender}, ${hour(time)}`;
    showText(row.querySelector(".text"), row.querySelector(".more"), payload);
    article.classList.toggle("own", sender === session.me);
    article.classList.toggle("mentioned", !!row.querySelector("mark"));
    return article;
}

/** A row for an own message that has no place in the log yet. */
export function pendingRow(entry, isFirst) {
    const { text, time, error } = entry;
    const row = copy("row", { ".begin, .day, .divider, .gap, .tick": false, ".avatar, .sender": isFirst, ".failed": error });
    fillRow(row, { sender: session.me, time, payload: encode(text) }).classList.add("pending");
    const waits = session.isOnline() ? "Sending…" : "Waiting for the connection";
    say(row.querySelector(".status"), error ? `Not sent: ${$(error)?.textContent ?? error}` : waits);
    for (const name of error ? ["retry", "discard"] : []) row.querySelector(`.${name}`).onclick = () => outbox[name](entry);
    return row;
}
