import { $, count, dayOf, make, say } from "./dom.js";
import { heights } from "./heights.js";
import { log } from "./log.js";
import { article, daySeparator, gapNote, note, pendingArticle, unreadSeparator } from "./message.js";
import { outbox } from "./outbox.js";
import { session } from "./session.js";
import { unread } from "./unread.js";

/** So many pixels are rendered above and below the screen. */
const margin = 600;
/** New messages are shown at most every so many milliseconds. Nobody reads faster. */
const pause = 80;
const groupTime = 5 * 60_000;
const scroller = $("timeline");

/** The rows in the document by id, and those with a long message that somebody has opened, which are kept. */
let rows = new Map();
const opened = new Map();
/** This row stands so many pixels below the top of the screen. */
let anchor = { id: 1, top: 0 };
let scrollTop = 0;
let view = 0;
let width = 600;
/** Whether the end of the log stays on the screen. */
let follows = true;
/** While a backlog comes, what is on the screen stays there. */
let isHeld = true;
let shownTo = 0;
let found = 0;
let isLoading = false;
let lastFrame = 0;
let timer = 0;
let request = 0;
let pendingState = "";

/**
 * The list of messages. Only the rows near the screen are in the document. All changes are made once per frame: render,
 * measure, and scroll so that the anchor stays where it is.
 */
export const timeline = {
    /** Called after each frame. Set by the page. */
    onframe: () => {},

    /** Whether somebody sees the end of the log, and every message that comes. */
    isWatched: () => follows && !isHeld && document.visibilityState === "visible",

    /** Something has come that is to be shown soon. */
    changed() {
        const wait = lastFrame + pause - performance.now();
        if (wait <= 0) timeline.refresh();
        else timer ||= setTimeout(timeline.refresh, wait);
    },

    /** Shows changes in the next frame. */
    refresh() {
        clearTimeout(timer);
        timer = 0;
        request ||= requestAnimationFrame(frame);
    },

    hold() {
        isHeld = true;
    },

    /** The backlog has ended, or the page is visible again. Begins with the unread messages, if they need more than the screen. */
    release() {
        isHeld = false;
        heights.update();
        const rest = heights.total() - heights.offset(unread.divider);
        if (follows && unread.count && unread.divider > log.first && rest > view - 60) moveTo(unread.divider, 48);
        timeline.refresh();
    },

    toEnd() {
        log.include(log.newest);
        follows = true;
        timeline.refresh();
    },

    /** Moves to a message, and focuses it. */
    show(id) {
        log.include(id);
        found = id;
        moveTo(id, view / 3);
        timeline.refresh();
    },
};

function moveTo(id, top) {
    follows = false;
    anchor = { id, top };
}

heights.estimate = (id) => {
    const event = log.event(id);
    if (!log.isLoaded(id)) return 44;
    if (event.type === "gap") return id === Math.min(event.last, log.last) ? 48 : 0;
    const lines = Math.min(40, Math.ceil((event.payload.length * 7.5) / width) || 1);
    return lines * 22 + (log.event(id - 1)?.sender === event.sender ? 4 : 38);
};

function frame() {
    request = 0;
    lastFrame = performance.now();
    followUser();
    heights.update();
    drawPending();
    draw();
    place();
    see();
    load();
    if (session.isOnline() && rows.size && log.extend(...ends())) timeline.refresh();
    timeline.onframe();
}

const ends = () => {
    const ids = [...rows.keys()];
    return [ids[0], ids.at(-1)];
};

/** Moves the anchor by as much as somebody has scrolled since the last frame. */
function followUser() {
    const moved = scroller.scrollTop - scrollTop;
    if (Math.abs(moved) < 1) return;
    anchor.top -= moved;
    follows = log.isAtEnd() && scroller.scrollTop + view >= scroller.scrollHeight - 4;
}

/** Where the top of the screen belongs. */
function top() {
    const end = Math.max(0, heights.total() + $("pending").offsetHeight - view);
    return follows && !isHeld ? end : Math.max(0, Math.min(end, heights.offset(anchor.id) - anchor.top));
}

function draw() {
    const wanted = new Map();
    const begin = heights.at(top() - margin);
    const end = Math.min(log.last, heights.at(top() + view + margin));
    for (let id = begin; id <= end; id++) {
        // Only the last id of a gap has a row.
        if (log.event(id)?.type === "gap") id = Math.min(log.event(id).last, log.last);
        wanted.set(id, rowOf(id));
    }
    replaceRows(wanted);
    $("above").style.height = `${heights.offset(begin)}px`;
    for (const [id, row] of wanted) heights.set(id, row.getBoundingClientRect().height);
    $("below").style.height = `${Math.max(0, heights.total() - heights.offset(end + 1))}px`;
    $("empty").hidden = wanted.size > 0 || outbox.entries.length > 0 || !session.isOnline();
    say($("empty"), log.isNew ? "The server has begun a new log" : "No messages yet");
}

function replaceRows(wanted) {
    for (const [id, row] of rows) {
        if (wanted.get(id) === row) continue;
        // Focus must not leave the list together with a row.
        if (row.contains(document.activeElement)) scroller.focus({ preventScroll: true });
        row.remove();
    }
    let next = $("rows").firstChild;
    for (const row of wanted.values()) {
        if (row === next) next = next.nextSibling;
        else $("rows").insertBefore(row, next);
    }
    rows = wanted;
}

/** The row of an id: the one that exists, if it still shows what it should. */
function rowOf(id) {
    const event = log.event(id);
    const begins = log.isNew && id === log.first;
    const state = [startsDay(id), startsGroup(id), id === unread.divider, begins].join();
    const old = rows.get(id) ?? opened.get(id);
    if (old?.event === event && old.state === state) return old;
    const row = Object.assign(make("div", { className: "row" }), { event, state });
    if (begins) row.append(note("The server has begun a new log"));
    if (startsDay(id)) row.append(daySeparator(event.time));
    if (id === unread.divider) row.append(unreadSeparator());
    if (!log.isLoaded(id)) row.setAttribute("aria-busy", "true");
    else row.append(event.type === "gap" ? gapNote(event) : article(event, startsGroup(id)));
    return row;
}

function startsDay(id) {
    const { type, time } = log.event(id) ?? {};
    const before = log.event(id - 1);
    return type === "message" && (id === log.first || (before?.type === "message" && dayOf(before.time) !== dayOf(time)));
}

function startsGroup(id) {
    const { sender, time } = log.event(id) ?? {};
    const before = log.event(id - 1);
    return id === log.first || id === unread.divider || before?.sender !== sender || time - before?.time > groupTime || startsDay(id);
}

/** Scrolls to where the rows belong, and makes the first row on the screen the next anchor. */
function place() {
    if (Math.abs(scroller.scrollTop - top()) >= 1) scroller.scrollTop = top();
    if (follows && !isHeld) scroller.scrollTop = scroller.scrollHeight;
    ({ scrollTop } = scroller);
    const id = heights.at(scrollTop);
    anchor = { id, top: heights.offset(id) - scrollTop };
    const [, last] = ends();
    if (last < log.last && heights.offset(last + 1) < scrollTop + view) timeline.refresh();
    const target = rows.get(found)?.querySelector("article");
    if (!target) return;
    found = 0;
    target.classList.add("found");
    target.focus({ preventScroll: true });
}

/** Finds out which messages are wholly on the screen. Of one that is larger than the screen, the begin counts. */
function see() {
    const fits = (id) => heights.of(id) <= view;
    let begin = heights.at(scrollTop);
    if (fits(begin) && heights.offset(begin) < scrollTop - 4) begin++;
    let end = heights.at(scrollTop + view - 4);
    const shown = scrollTop + view + 4 - heights.offset(end);
    if (shown < (fits(end) ? heights.of(end) : view / 2)) end--;
    if (!isHeld && document.visibilityState === "visible") {
        // Whoever follows the end has seen what has run through since the last frame.
        unread.saw(follows && shownTo ? Math.min(begin, shownTo + 1) : begin, Math.min(end, log.last));
        shownTo = follows ? end : 0;
    } else shownTo = 0;
    $("newest").hidden = follows;
    say($("newest"), unread.count ? `Newest (${count(unread.count)})` : "Newest");
    $("unread-bar").hidden = isHeld || !unread.count || unread.upTo + 1 >= begin;
    say($("unread-count"), `${count(unread.count)} unread`);
}

/** Loads what is missing near the screen, one request at a time. */
async function load() {
    const [first, last] = ends();
    const range = session.isOnline() && !isLoading && log.missing(Math.max(log.first, first - 50), Math.min(log.last, last + 50));
    if (!range) return;
    isLoading = true;
    try {
        log.fill(range.first, range.size, await session.client.history(range.first, range.size));
        heights.forget(range.first, range.size);
        timeline.refresh();
    } catch {
        // The connection has ended. The next frame of a new one asks again.
    } finally {
        isLoading = false;
    }
}

function drawPending() {
    const state = outbox.entries.map(({ key, error }) => key + error).join() + session.isOnline();
    if (state === pendingState) return;
    pendingState = state;
    $("pending").replaceChildren(...outbox.entries.map((entry) => pendingArticle(entry, () => outbox.retry(entry), () => outbox.discard(entry))));
}

const resized = new ResizeObserver(() => {
    if (width !== scroller.clientWidth) heights.reset();
    width = scroller.clientWidth;
    view = scroller.clientHeight;
    timeline.refresh();
});
resized.observe(scroller);
resized.observe($("pending"));

scroller.addEventListener("scroll", () => Math.abs(scroller.scrollTop - scrollTop) >= 1 && timeline.refresh());
scroller.addEventListener("opened", ({ target }) => {
    const row = target.closest(".row");
    const id = [...rows].find(([, one]) => one === row)?.[0];
    const isOpen = row?.querySelector(".whole");
    if (id && isOpen) opened.set(id, row);
    else opened.delete(id);
    if (row) resized[isOpen ? "observe" : "unobserve"](row);
    timeline.refresh();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !isHeld && timeline.release());
$("newest").onclick = timeline.toEnd;
$("first-unread").onclick = () => timeline.show(unread.upTo + 1);
$("mark-read").onclick = () => {
    unread.begin(log.newest);
    timeline.toEnd();
};
