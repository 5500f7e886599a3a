import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

// Long enough to read two sentences and decide.
const DELAY = 15000;

/** Says what becomes of a mailing, with a way to its letters, which move as they are sent. */
function showMailing(env, { params }) {
    const { letters, message, next, type } = params;
    const close = env.services.notification.add(message, {
        title: "B2B Family",
        type,
        autocloseDelay: DELAY,
        buttons: [
            {
                name: _t("Show the letters"),
                onClick: () => {
                    close();
                    env.services.action.doAction(letters);
                },
            },
        ],
    });
    return next;
}

registry.category("actions").add("b2b_family_mail.mailing", showMailing);
