import { Notification } from "@mail/core/common/notification_model";

import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

import { MODEL, openLetters, UPDATE } from "../letters";

import { Component, onWillStart, onWillUnmount, status, useState } from "@odoo/owl";

const FIELDS = [
    "partner_id",
    "email",
    "state",
    "status",
    "is_asked",
    "failure_reason",
    "sent_date",
    "answered_date",
    "next_try_date",
    "mail_id",
    "verdict_reason",
];
// What a person can do about a letter in this state, the likeliest first.
const WAYS = {
    queued: ["action_try_now", "action_send_plain", "action_cancel"],
    failed: ["action_send_again", "action_send_elsewhere", "action_send_plain"],
    unknown: ["action_look_up", "action_arrived", "action_send_again", "action_send_plain"],
};
// Nothing of this can be done without the text.
const WITH_TEXT = ["action_send_again", "action_send_elsewhere", "action_send_plain"];
const labels = () => ({
    action_try_now: _t("Try Now"),
    action_cancel: _t("Cancel"),
    action_look_up: _t("Check Again"),
    action_arrived: _t("It Arrived"),
    action_send_again: _t("Send Again"),
    action_send_elsewhere: _t("Send to Another Address"),
    action_send_plain: _t("Send by Ordinary Mail"),
});

// The recipients of a message are asked about together.
const loading = new Map();

function loadLetters(orm, messageId) {
    if (!loading.has(messageId)) {
        const domain = [["message_id", "=", messageId]];
        const letters = orm.silent.searchRead(MODEL, domain, FIELDS);
        loading.set(messageId, letters.finally(() => loading.delete(messageId)));
    }
    return loading.get(messageId);
}

/**
 * Says of the letters to one recipient what became of them and why, and offers what can
 * be done.
 *
 * Asked for when the list of recipients is opened, with the rights of the user: who may
 * not see a letter is told nothing, and no message costs anything for it.
 */
export class NotificationLetters extends Component {
    static template = "b2b_family_mail.NotificationLetters";
    static props = { notification: Object };

    setup() {
        this.state = useState({ letters: [] });
        const { bus_service: bus } = this.env.services;
        const reload = ({ letter_ids }) => {
            if (this.state.letters.some(({ id }) => letter_ids.includes(id))) {
                this.load();
            }
        };
        onWillStart(() => this.load());
        bus.subscribe(UPDATE, reload);
        onWillUnmount(() => bus.unsubscribe(UPDATE, reload));
    }

    async load() {
        const {
            mail_message_id: message,
            res_partner_id: partner,
            mail_email_address: address,
        } = this.props.notification;
        const letters = await loadLetters(this.env.services.orm, message.id);
        if (status(this) !== "destroyed") {
            // Several when the contact has several addresses.
            this.state.letters = letters.filter(({ partner_id, email }) =>
                partner ? partner_id?.[0] === partner.id : !partner_id && email === address
            );
        }
    }

    /** What is to be said beside the status. */
    lines(letter) {
        const { state, status, sent_date, answered_date, next_try_date } = letter;
        const date = (text) => toLocaleDateTimeString(deserializeDateTime(text));
        const lines = [];
        if (state === "untracked" && !sent_date) {
            lines.push(_t("Handed over to Odoo's outgoing mail"));
        } else if (["sent", "delivered", "untracked"].includes(state) && sent_date) {
            lines.push(_t("Sent on %(date)s", { date: date(sent_date) }));
        }
        if (answered_date) {
            lines.push(_t("Answered on %(date)s", { date: date(answered_date) }));
        }
        lines.push(letter.verdict_reason);
        // That it was cancelled is its status.
        lines.push(status !== "cancelled" && letter.failure_reason);
        if (state === "queued" && next_try_date) {
            lines.push(_t("Next try: %(date)s", { date: date(next_try_date) }));
        }
        if (state === "unknown") {
            lines.push(
                _t("The recipient may get it or not; sending it again may deliver it twice.")
            );
        }
        if (state === "unknown" && next_try_date) {
            lines.push(_t("Next check: %(date)s", { date: date(next_try_date) }));
        }
        return lines.filter(Boolean);
    }

    ways({ state, is_asked, mail_id, email }) {
        const names = labels();
        const useless = is_asked ? "action_arrived" : "action_look_up";
        return (WAYS[state] ?? [])
            .filter((method) => method !== useless)
            .filter((method) => mail_id || !WITH_TEXT.includes(method))
            .filter((method) => email || method !== "action_send_plain")
            .map((method) => ({ method, label: names[method] }));
    }

    go({ id, state }, method) {
        const { action, dialog, orm } = this.env.services;
        const go = async () => {
            const next = await orm.call(MODEL, method, [[id]]);
            if (next?.type) {
                await action.doAction(next);
            }
        };
        const body = this.warning(state, method);
        if (!body) {
            return go();
        }
        dialog.add(ConfirmationDialog, {
            body,
            confirmLabel: labels()[method],
            confirm: go,
            cancel: () => {},
        });
    }

    /** What has to be thought of first, undefined if nothing. */
    warning(state, method) {
        if (method === "action_arrived") {
            return _t("You know that the recipient has got the letter? It then counts as sent.");
        }
        if (state === "unknown" && method === "action_send_plain") {
            return _t(
                "The letter goes by ordinary mail and is not tracked. If it did leave before, the recipient gets it twice. Send it?"
            );
        }
        if (state === "unknown" && WITH_TEXT.includes(method)) {
            return _t(
                "If the letter did leave before, the recipient gets it twice. Send it again?"
            );
        }
        if (method === "action_send_plain") {
            return _t("The letter goes by ordinary mail and is not tracked. Send it?");
        }
    }

    open({ id }) {
        this.env.services.action.doAction(openLetters([id]));
    }
}

patch(Notification.prototype, {
    /**
     * Odoo has more than one list of recipients, made from one template: from here each
     * has the component. In an object, because a record binds what is a function.
     */
    get b2bComponents() {
        return { NotificationLetters };
    },
});
