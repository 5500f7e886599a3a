import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

import { openLetters, SEEN } from "./letters";

// Long enough to be seen by who is reading something else.
const DELAY = 20000;

/** What is said when several have done the same, by kind of news. */
const sentences = (notices) => {
    const values = { count: notices.length, subject: notices[0].subject };
    return {
        open: _t("%(count)s recipients opened “%(subject)s”.", values),
        answer: _t("%(count)s letters “%(subject)s” were answered.", values),
        attachment: _t("Attachments opened with “%(subject)s”: %(count)s.", values),
        failure: _t("“%(subject)s” was not delivered to %(count)s recipients.", values),
    };
};

/**
 * Pops up what the reader of a letter did, with a way to the letter.
 *
 * News of a mailing is joined in one pop-up for as long as that is shown. Here and not
 * on the server: only here it is known what is still seen, and the first news comes at
 * once. What arrives while nobody looks waits until somebody does.
 */
export const noticeService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service: bus, notification }) {
        /** Of each pop-up that is shown: what it says, and how it is closed. */
        const shown = new Map();
        let waiting = [];

        const show = (notice) => {
            const key = JSON.stringify([notice.kind, notice.subject]);
            const before = shown.get(key);
            const notices = [...(before?.notices ?? []), notice];
            shown.delete(key);
            before?.close();
            const ids = [...new Set(notices.map(({ letter_id }) => letter_id))];
            const message =
                notices.length === 1 ? notice.message : sentences(notices)[notice.kind];
            const popup = { notices };
            popup.close = notification.add(message, {
                title: "B2B Family",
                type: notice.type,
                autocloseDelay: DELAY,
                className: "o_b2b_family_notice",
                onClose: () => {
                    if (shown.get(key) === popup) {
                        shown.delete(key);
                    }
                },
                buttons: [
                    {
                        name: ids.length === 1 ? _t("Open the letter") : _t("Show the letters"),
                        primary: true,
                        onClick: () => {
                            popup.close();
                            action.doAction(openLetters(ids));
                        },
                    },
                ],
            });
            shown.set(key, popup);
        };

        bus.subscribe("b2b_family_mail.letter/notice", (notice) => {
            if (document.hidden) {
                waiting.push(notice);
            } else {
                show(notice);
            }
        });
        // Looked at in the top bar, here or in another tab.
        bus.subscribe(SEEN, () => {
            waiting = [];
            [...shown.values()].forEach((popup) => popup.close());
        });
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden) {
                waiting.forEach(show);
                waiting = [];
            }
        });
        bus.start();
    },
};

registry.category("services").add("b2b_family_mail.notice", noticeService);
