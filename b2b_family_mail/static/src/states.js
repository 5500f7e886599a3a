import { session } from "@web/session";

/** The colours of statuses that are worth one, wherever a letter is shown. */
const COLORS = {
    opened: "text-success",
    answered: "text-success",
    unknown: "text-warning",
    failed: "text-danger",
};

export function colorOf(state) {
    return COLORS[state] ?? "";
}

/** Compare two statuses: the one with better news first, in the order of the server. */
export function byNews(one, other) {
    const { order } = session.b2b_states;
    return order.indexOf(one) - order.indexOf(other);
}

/** Whether somebody has read the letter: who answers has. */
export function isRead(state) {
    return session.b2b_states.read.includes(state);
}
