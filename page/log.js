/** So many ids the window holds at most, because the height of an element is limited. */
const capacity = 250_000;
const events = new Map();

/**
 * What the page knows of the log: a window of consecutive ids, and the events of those that are loaded. An id without an
 * event, or with a `sent` event, is a message whose text is not loaded.
 */
export const log = {
    /** The window. It is empty if `last` is below `first`. */
    first: 1,
    last: 0,
    newest: 0,
    /** The oldest id that the server may still have. */
    oldest: 1,
    /** Whether another log has ended while the page was open. */
    isNew: false,

    event: (id) => events.get(id),
    isLoaded: (id) => (events.get(id)?.type ?? "sent") !== "sent",
    isAtEnd: () => log.last === log.newest,

    /** Forgets everything, and begins after an id. Some ids before it are in the window too. */
    begin(after) {
        events.clear();
        log.oldest = 1;
        log.newest = log.last = after;
        log.first = Math.max(1, after - 49);
    },

    /** The log has an id whose event does not come. */
    reach(id) {
        if (id <= log.newest) return;
        if (log.isAtEnd()) log.last = id;
        log.newest = id;
        while (log.last - log.first >= capacity) events.delete(log.first++);
    },

    /** Takes a `message`, `sent` or `gap` event in the order of the log. */
    append(event) {
        const { first, last } = { first: event.id, last: event.id, ...event };
        if (last - first >= capacity) log.first = last;
        else for (let id = first; id < last; id++) events.set(id, event);
        events.set(first, event).set(last, event);
        log.reach(last);
    },

    /** Takes the answer to a request for ids. What it lacks does not exist any more. */
    fill({ first, end }, answer) {
        for (const message of answer.messages) events.set(message.id, message);
        const begin = answer.first || end;
        if (begin > first && first <= log.first) log.first = log.oldest = Math.min(begin, log.last + 1);
        for (let id = first, gap; id < end; id++) {
            gap = log.isLoaded(id) ? undefined : Object.assign(gap ?? { type: "gap", first: id }, { last: id });
            if (gap) events.set(id, gap);
        }
    },

    /** Extends the window if one of these ids is near its edge. Returns whether it did. */
    extend(first, last) {
        const { first: begin, last: end } = log;
        if (first < begin + 20) log.first = Math.max(log.oldest, begin - 100);
        if (last > end - 20) log.last = Math.min(log.newest, end + 100);
        return log.first < begin || log.last > end;
    },

    /** Makes the window include an id. If that is very far away, the window moves there. */
    include(id) {
        if (id >= log.first && id <= log.last) return;
        if (id > log.last || log.last - id >= capacity) {
            events.clear();
            log.last = Math.min(log.newest, id + 100);
        }
        log.first = Math.max(log.oldest, id - 100);
    },

    /** Returns a range that contains all ids of another one, but at most 200, that are not loaded, if there are any. */
    missing(first, last) {
        while (first <= last && log.isLoaded(first)) first++;
        let end = Math.min(last + 1, first + 200);
        while (first < end && log.isLoaded(end - 1)) end--;
        return first < end && { first, end };
    },
};
