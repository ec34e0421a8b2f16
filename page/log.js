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
    /** The newest id of the log. The window may end before it. */
    newest: 0,
    /** The oldest id that the server may still have. */
    oldest: 1,
    /** Whether another log has ended while the page was open. */
    isNew: false,

    event: (id) => events.get(id),
    isLoaded: (id) => events.has(id) && events.get(id).type !== "sent",
    isAtEnd: () => log.last === log.newest,

    /** Forgets everything, and begins after an id. Some ids before it are in the window too. */
    begin(after) {
        events.clear();
        log.oldest = 1;
        log.newest = log.last = after;
        log.first = Math.max(1, after - 49);
    },

    /** Takes a `message`, `sent` or `gap` event in the order of the log. */
    append(event) {
        const { first, last } = { first: event.id, last: event.id, ...event };
        const follows = log.isAtEnd();
        if (last - first >= capacity) log.first = last;
        else for (let id = first; id < last; id++) events.set(id, event);
        events.set(first, event).set(last, event);
        log.newest = last;
        if (follows) log.last = last;
        while (log.last - log.first >= capacity) events.delete(log.first++);
    },

    /** Takes the answer to a request for `size` ids from `first` on. What it lacks does not exist any more. */
    fill(first, size, answer) {
        for (const message of answer.messages) events.set(message.id, message);
        const end = first + size;
        if (first <= log.first) log.first = log.oldest = Math.min(answer.first || end, log.last + 1);
        for (let id = first, gap; id < end; id++) {
            if (log.isLoaded(id)) gap = undefined;
            else events.set(id, (gap = Object.assign(gap ?? { type: "gap", first: id }, { last: id })));
        }
    },

    /** Extends the window if one of these ids is near its edge. Returns whether it did. */
    extend(first, last) {
        if (first < log.first + 20 && log.first > log.oldest) log.first = Math.max(log.oldest, log.first - 100);
        else if (last > log.last - 20 && !log.isAtEnd()) log.last = Math.min(log.newest, log.last + 100);
        else return false;
        return true;
    },

    /** Makes the window include an id. If that is very far away, the window is moved there. */
    include(id) {
        if (id >= log.first && id <= log.last) return;
        if (id > log.last || log.last - id >= capacity) {
            events.clear();
            log.last = Math.min(log.newest, id + 100);
        }
        log.first = Math.max(log.oldest, id - 100);
    },

    /** Those ids of a range that are not loaded, at most 200, as their first one and their number. */
    missing(first, last) {
        while (first <= last && log.isLoaded(first)) first++;
        last = Math.min(last, first + 199);
        while (first <= last && log.isLoaded(last)) last--;
        return first <= last && { first, size: last - first + 1 };
    },
};
