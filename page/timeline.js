import { $, copy, count, dayName, dayOf, say } from "./dom.js";
import { heights } from "./heights.js";
import { log } from "./log.js";
import { fillRow, pendingRow } from "./message.js";
import { outbox } from "./outbox.js";
import { session } from "./session.js";
import { unread } from "./unread.js";

/** So many pixels are rendered above and below the screen. */
const margin = 600;
/** New messages are shown at most every so many milliseconds. */
const pause = 80;
const groupTime = 300_000;
const scroller = $("timeline");

/** The rows in the document, and those with a long message that somebody has opened, by id. */
let rows = new Map();
const opened = new Map();
/** The ids that are rendered. */
let begin = 1;
let end = 0;
/** This row stands so many pixels below the top of the screen. */
let anchor = { id: 1, top: 0 };
let scrollTop = 0;
let view = 0;
let width = 600;
/** Whether the end of the log stays on the screen. */
let follows = true;
/** While a backlog comes, what is on the screen stays there. */
let isHeld = true;
/** The last message that somebody who follows the end has seen. */
let shownTo = Infinity;
let found = 0;
let isLoading = false;
let lastFrame = 0;
let timer = 0;
let request = 0;
let pending = "";

/** Whether somebody sees the list. It has no height while another view is open. */
const isShown = () => view > 0 && !isHeld && !document.hidden;

/**
 * The list of messages. Only the rows near the screen are in the document. All changes are made once per frame: render,
 * measure, and scroll so that the anchor stays where it is.
 */
export const timeline = {
    /** Called after each frame. Set by the page. */
    onframe: () => {},

    /** Whether somebody sees the end of the log, and every message that comes. */
    isWatched: () => follows && isShown(),

    /** Shows what has come, soon. */
    changed() {
        timer ||= setTimeout(timeline.refresh, lastFrame + pause - performance.now());
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

    /**
     * The backlog has ended, or the page is visible again. If the screen is too small for the unread messages, it begins
     * with the first of them; but for somebody who has never read anything it ends with the newest.
     */
    release() {
        isHeld = false;
        // What came while nobody could see the list has not been seen.
        shownTo = Infinity;
        if (!view) return;
        heights.update();
        const rest = heights.total() - heights.offset(unread.divider);
        if (follows && unread.upTo && unread.count && rest > view - 60) moveTo(unread.divider, 48);
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
    if (event.type === "gap") return id === event.last ? 48 : 0;
    const lines = Math.min(40, Math.ceil((event.payload.length * 7.5) / width) || 1);
    return lines * 22 + (log.event(id - 1)?.sender === event.sender ? 4 : 38);
};

function frame() {
    request = 0;
    lastFrame = performance.now();
    if (view > 0) render();
    timeline.onframe();
}

function render() {
    followUser();
    heights.update();
    drawPending();
    draw();
    place();
    see();
    load();
    if (session.isOnline() && log.extend(begin, end)) timeline.refresh();
}

/** Moves the anchor as far as somebody has scrolled since the last frame. A change of size also scrolls. */
function followUser() {
    const moved = scroller.scrollTop - scrollTop;
    if (Math.abs(moved) < 1 || scroller.clientWidth !== width || scroller.clientHeight !== view) return;
    anchor.top -= moved;
    follows = log.isAtEnd() && scroller.scrollTop + view >= scroller.scrollHeight - 4;
}

/** Where the top of the screen belongs. */
function top() {
    const last = heights.total() + $("pending").offsetHeight - view;
    return Math.max(0, follows && !isHeld ? last : Math.min(last, heights.offset(anchor.id) - anchor.top));
}

function draw() {
    const wanted = new Map();
    begin = heights.at(top() - margin);
    end = Math.min(log.last, heights.at(top() + view + margin));
    for (let id = begin; id <= end; id++) {
        // Only the last id of a gap has a row.
        if (log.event(id)?.type === "gap") id = log.event(id).last;
        wanted.set(id, rowOf(id));
    }
    replaceRows(wanted);
    $("above").style.height = `${heights.offset(begin)}px`;
    for (const [id, row] of rows) heights.set(id, row.getBoundingClientRect().height);
    $("below").style.height = `${heights.total() - heights.offset(end + 1)}px`;
    $("empty").hidden = rows.size || outbox.entries.length || !session.isOnline();
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
    const event = log.event(id) ?? {};
    const isMessage = event.type === "message";
    const before = log.event(id - 1);
    const isDay = isMessage && (id === log.first || (before?.type === "message" && dayOf(before.time) !== dayOf(event.time)));
    const isDivider = id === unread.divider;
    const wanted = {
        ".begin": log.isNew && id === log.first,
        ".day": isDay,
        ".divider": isDivider,
        ".gap": event.type === "gap",
        article: isMessage,
        ".avatar, .sender": isDay || isDivider || before?.sender !== event.sender || event.time - before?.time > groupTime,
        ".tick": event.sender === session.me,
        ".status, .failed": false,
    };
    const state = Object.values(wanted).join();
    const old = rows.get(id) ?? opened.get(id);
    if (old?.state === state && old.event === log.event(id)) return old;
    const row = Object.assign(copy("row", wanted), { event: log.event(id), state, key: id, ariaBusy: !log.isLoaded(id) });
    const day = row.querySelector(".day");
    if (day) say(day.firstChild, (day.ariaLabel = dayName(event.time)));
    if (isMessage) Object.assign(fillRow(row, event), { ariaPosInSet: id, ariaSetSize: log.newest });
    else say(row.querySelector(".gap"), gapText(event));
    return row;
}

const gapText = ({ first, last }) => (first === last ? "1 message is missing" : `${count(last - first + 1)} messages are missing`);

/** Scrolls to where the rows belong. The first row on the screen is the next anchor. */
function place() {
    if (Math.abs(scroller.scrollTop - top()) >= 1) scroller.scrollTop = top();
    ({ scrollTop } = scroller);
    const id = heights.at(scrollTop);
    anchor = { id, top: heights.offset(id) - scrollTop };
    if (end < log.last && heights.offset(end + 1) < scrollTop + view) timeline.refresh();
    const target = rows.get(found)?.querySelector("article");
    if (!target) return;
    found = 0;
    target.classList.add("found");
    target.focus({ preventScroll: true });
}

/** Finds out which messages are on the screen as a whole, or fill it. */
function see() {
    const first = heights.at(scrollTop);
    let last = heights.at(scrollTop + view - 4);
    if (last > first && heights.offset(last + 1) > scrollTop + view + 4) last--;
    // Whoever follows the end has seen what has run through since the last frame.
    if (isShown()) unread.saw(follows ? Math.min(first, shownTo + 1) : first, last);
    shownTo = timeline.isWatched() ? Math.min(last, log.last) : Infinity;
    $("newest").hidden = follows;
    say($("newest"), unread.count ? `Newest (${count(unread.count)})` : "Newest");
    $("unread-bar").hidden = isHeld || !unread.count || unread.upTo + 1 >= first;
    say($("unread-count"), `${count(unread.count)} unread`);
}

/** Loads what is missing near the screen, with one request at a time. */
async function load() {
    const range = session.isOnline() && !isLoading && log.missing(Math.max(log.first, begin - 50), Math.min(log.last, end + 50));
    if (!range) return;
    isLoading = true;
    const { epoch } = session.client.welcome;
    try {
        const answer = await session.client.history(range.first, range.end - range.first);
        if (epoch === session.client.welcome.epoch) log.fill(range, answer);
        for (let id = range.first; id < range.end; id++) heights.set(id);
    } catch {
        // The client has stopped.
    }
    isLoading = false;
    timeline.refresh();
}

function drawPending() {
    const isFirst = log.event(log.last)?.sender !== session.me;
    const state = outbox.entries.map(({ key, error }) => key + error).join() + session.isOnline() + isFirst;
    if (state !== pending) $("pending").replaceChildren(...outbox.entries.map((entry, index) => pendingRow(entry, isFirst && !index)));
    pending = state;
}

const resized = new ResizeObserver(() => {
    const wasHidden = !view;
    view = scroller.clientHeight;
    if (!view) return;
    if (width !== scroller.clientWidth) heights.reset();
    width = scroller.clientWidth;
    if (!wasHidden) return timeline.refresh();
    // The browser may have forgotten the scroll position.
    ({ scrollTop } = scroller);
    if (!isHeld) timeline.release();
});
resized.observe(scroller);
resized.observe($("pending"));

scroller.onscroll = timeline.refresh;
scroller.addEventListener("opened", ({ target }) => {
    const row = target.closest(".row");
    opened.set(row.key, row);
    resized.observe(row);
});
document.onvisibilitychange = () => isHeld || timeline.release();
$("newest").onclick = timeline.toEnd;
$("first-unread").onclick = () => timeline.show(unread.upTo + 1);
$("mark-read").onclick = () => {
    unread.begin(log.newest);
    timeline.toEnd();
};
