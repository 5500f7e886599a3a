import { Notification } from "@mail/core/common/notification_model";
import { fields } from "@mail/core/common/record";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

import { colorOf } from "../states";

const ICONS = {
    queued: "fa fa-clock-o",
    sending: "fa fa-clock-o",
    linked: "fa fa-link",
    sent: "fa fa-envelope-o",
    delivered: "fa fa-envelope-o",
    opened: "fa fa-envelope-open",
    answered: "fa fa-reply",
    unknown: "fa fa-question-circle-o",
    untracked: "fa fa-envelope-o",
    failed: "fa fa-envelope",
    cancelled: "fa fa-ban",
};

/** A reader to whom the message went by B2B Family: `b2b_state` is set. */
patch(Notification.prototype, {
    setup() {
        super.setup(...arguments);
        /** @type {"queued"|"sending"|"linked"|"sent"|"delivered"|"opened"|"answered"|"unknown"|"untracked"|"failed"|"cancelled"|undefined} */
        this.b2b_state;
        this.b2b_open_date = fields.Datetime();
        /** @type {boolean} whether a program may have opened it, not the reader */
        this.b2b_open_unclear;
        /** @type {boolean} */
        this.b2b_attachment_opened;
    },

    /** Undefined, too, for a failure that the author wants to see no more. */
    get b2bState() {
        const arrived = ["sent", "delivered", "opened", "answered", "untracked"].includes(
            this.b2b_state
        );
        return this.notification_status === "canceled" && !arrived ? undefined : this.b2b_state;
    },
    get b2bColor() {
        return colorOf(this.b2bState);
    },
    get b2bLabel() {
        switch (this.b2bState) {
            case "queued":
            case "sending":
                return _t("Queued");
            case "linked":
                return _t("Link made");
            case "sent":
                return _t("Sent");
            case "delivered":
                return _t("Delivered");
            case "opened":
                return _t("Opened");
            case "answered":
                return _t("Answered");
            case "unknown":
                return _t("In doubt");
            case "untracked":
                return _t("Not tracked");
            case "failed":
                return _t("Failed");
            case "cancelled":
                return _t("Cancelled");
        }
        return "";
    },
    get b2bTitle() {
        switch (this.b2bState) {
            case "sent":
                return _t("Sent, not opened yet");
            case "delivered":
                return _t("Delivered: a program has fetched it, nobody has opened it yet");
        }
        return this.b2bLabel;
    },
    get b2bOpenDate() {
        const date = this.b2b_open_date;
        // An open may be known by its count alone.
        if (!date) {
            return undefined;
        }
        const year = date.hasSame(luxon.DateTime.now(), "year") ? {} : { year: "numeric" };
        return date.toLocaleString({
            ...year,
            month: "short",
            day: "numeric",
            hour: "numeric",
            minute: "2-digit",
        });
    },
    /** What is said beside the recipient: "Opened 24 Nov, 10:15, attachment opened". */
    get b2bDetails() {
        if (this.b2bState !== "opened") {
            return this.b2bLabel;
        }
        const date = this.b2bOpenDate;
        const known = date ? _t("Opened %(date)s", { date }) : this.b2bLabel;
        const opened = this.b2b_open_unclear
            ? _t("%(opened)s, perhaps by a program", { opened: known })
            : known;
        return this.b2b_attachment_opened
            ? _t("%(opened)s, attachment opened", { opened })
            : opened;
    },

    /** Hollow where it may have been a program. */
    get b2bIcon() {
        const unclear = this.b2bState === "opened" && this.b2b_open_unclear;
        return unclear ? "fa fa-envelope-open-o" : ICONS[this.b2bState];
    },
    get icon() {
        return this.b2bState ? `${this.b2bIcon} ${this.b2bColor}` : super.icon;
    },
    get statusIcon() {
        return this.b2bState ? this.icon : super.statusIcon;
    },
    get statusTitle() {
        return this.b2bState ? this.b2bDetails : super.statusTitle;
    },
    get isFailure() {
        return this.b2bState ? ["failed", "unknown"].includes(this.b2bState) : super.isFailure;
    },
    get failureMessage() {
        return this.b2bState ? this.b2bLabel : super.failureMessage;
    },
});
