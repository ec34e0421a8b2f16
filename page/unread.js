import { log } from "./log.js";
import { session } from "./session.js";

/** Ids above `upTo` that have been on the screen, because somebody has read there first. */
const ahead = new Set();

const isForeign = (event) => event.type === "message" && event.sender !== session.me;

function advance() {
    for (;;) {
        const event = log.event(unread.upTo + 1);
        if (event?.type === "gap") unread.upTo = event.last;
        else if (ahead.delete(unread.upTo + 1) || (event && !isForeign(event))) unread.upTo++;
        else return;
    }
}

/** What has not been on the screen. Own messages and gaps need not be. */
export const unread = {
    /** How many messages of others are unread. */
    count: 0,
    /** The divider stands before this id. 0: nowhere. */
    divider: 0,
    /** Everything up to this id has been on the screen. The client acknowledges it. */
    upTo: 0,

    begin(upTo) {
        ahead.clear();
        Object.assign(unread, { upTo, count: 0, divider: 0 });
    },

    /** @param isWatched whether somebody sees the end of the log, so that no divider is needed */
    arrived(event, isWatched) {
        if (isForeign(event) && unread.count++ === 0 && !isWatched) unread.divider = event.id;
        advance();
    },

    /** Everything up to an id was acknowledged, perhaps by another device. */
    reach(upTo) {
        for (; unread.upTo < upTo; unread.upTo++) {
            const event = log.event(unread.upTo + 1);
            if (!ahead.delete(unread.upTo + 1) && unread.count && event && isForeign(event)) unread.count--;
        }
        advance();
    },

    saw(first, last) {
        for (let id = Math.max(first, unread.upTo + 1); id <= last; id++) {
            const event = log.event(id);
            if (!event || ahead.has(id)) continue;
            ahead.add(id);
            if (unread.count && isForeign(event)) unread.count--;
        }
        advance();
    },
};
