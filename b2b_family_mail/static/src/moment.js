import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

import { Component, onWillUnmount, useState, xml } from "@odoo/owl";

const { DateTime } = luxon;
const MINUTE = 60 * 1000;

/**
 * "5 min. ago", "yesterday", "in 3 min.", in the language of the user: what a person
 * says of a moment. Days are those of the calendar, and later on it is a date.
 *
 * @param {luxon.DateTime} date
 * @param {luxon.DateTime} [now]
 * @returns {string}
 */
export function formatMoment(date, now = DateTime.now()) {
    const distance = Math.abs(date.diff(now).as("minutes"));
    if (distance < 1) {
        return date > now ? _t("in a moment") : _t("just now");
    }
    const days = Math.abs(date.startOf("day").diff(now.startOf("day")).as("days"));
    if (distance < 60 || days < 1) {
        return date.toRelative({ base: now, style: "short" });
    }
    if (days < 8) {
        return date.toRelativeCalendar({ base: now, unit: "days" });
    }
    return date.toLocaleString(
        date.hasSame(now, "year") ? { day: "numeric", month: "short" } : DateTime.DATE_MED
    );
}

/** A moment in words that stay right while they are looked at; its title is the date. */
export class Moment extends Component {
    static template = xml`<span t-att-title="title" t-esc="words"/>`;
    static props = {
        date: { type: Object },
        /** Makes a sentence of it. */
        format: { type: Function, optional: true },
        title: { type: Function, optional: true },
    };
    static defaultProps = { format: (moment) => moment, title: (date) => date };

    setup() {
        this.state = useState({ now: DateTime.now() });
        const timer = setInterval(() => (this.state.now = DateTime.now()), MINUTE);
        onWillUnmount(() => clearInterval(timer));
    }

    get words() {
        return this.props.format(formatMoment(this.props.date, this.state.now));
    }

    get title() {
        return this.props.title(formatDateTime(this.props.date));
    }
}
