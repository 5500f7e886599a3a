import { Message } from "@mail/core/common/message_model";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

import { byNews, isRead } from "../states";

// Of these nobody can see whether they are opened.
const UNSEEN = ["untracked", "cancelled"];

patch(Message.prototype, {
    /** The readers to whom it went by B2B Family, those with the best news first. */
    get b2bNotifications() {
        return this.notification_ids
            .filter((notification) => notification.b2bState)
            .sort((one, other) => byNews(one.b2bState, other.b2bState));
    },

    /** A letter stays as it was sent. */
    get editable() {
        return super.editable && !this.b2bNotifications.length;
    },

    /** What is shown beside the date at a glance, undefined when it is not tracked. */
    get b2bTracking() {
        const readers = this.b2bNotifications;
        if (!readers.length) {
            return undefined;
        }
        const [first] = readers;
        const opened = readers.filter(({ b2bState }) => isRead(b2bState));
        const count = readers.filter(({ b2bState }) => !UNSEEN.includes(b2bState)).length;
        return {
            icon: first.icon,
            color: first.b2bColor,
            label: opened.length && count > 1 ? `${opened.length}/${count}` : first.b2bLabel,
            title: opened.length ? this.b2bReadTitle(opened, count) : first.b2bTitle,
            attachmentOpened: readers.some((reader) => reader.b2b_attachment_opened),
            // Colleagues included: this icon stands in for the one that would show it.
            failed: !first.isFailure && this.failureNotifications.length > 0,
        };
    },

    /** "Answered: Anna. Opened by 2 of 3: Anna (24 Nov, 10:15), Bob" */
    b2bReadTitle(opened, count) {
        const readers = opened
            .filter(({ b2bState }) => b2bState === "answered")
            .map((reader) => this.b2bReaderName(reader))
            .join(", ");
        const title = this.b2bOpenedTitle(opened, count);
        return readers
            ? _t("Answered: %(readers)s. %(opened)s", { readers, opened: title })
            : title;
    },

    /** "Opened by 1 of 3: Anna (24 Nov, 10:15)" */
    b2bOpenedTitle(opened, count) {
        const readers = opened
            .map((reader) => {
                const name = this.b2bReaderName(reader);
                const date = reader.b2bOpenDate;
                return date ? _t("%(name)s (%(date)s)", { name, date }) : name;
            })
            .join(", ");
        return count === 1
            ? _t("Opened by %(readers)s", { readers })
            : _t("Opened by %(opened)s of %(count)s: %(readers)s", {
                  opened: opened.length,
                  count,
                  readers,
              });
    },

    b2bReaderName({ res_partner_id: partner, mail_email_address: address }) {
        return partner ? this.getPersonaName(partner) : address;
    },
});
