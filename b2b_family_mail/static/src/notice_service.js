import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Pops up what the reader of a letter did, with a way to the letter. */
export const noticeService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service: bus, notification }) {
        bus.subscribe("b2b_family_mail.letter/notice", ({ letter_id, message, type }) => {
            const close = notification.add(message, {
                title: "B2B Family",
                type,
                buttons: [
                    {
                        name: _t("Open the letter"),
                        primary: true,
                        onClick: () => {
                            close();
                            action.doAction({
                                type: "ir.actions.act_window",
                                res_model: "b2b.family.letter",
                                res_id: letter_id,
                                views: [[false, "form"]],
                            });
                        },
                    },
                ],
            });
        });
        bus.start();
    },
};

registry.category("services").add("b2b_family_mail.notice", noticeService);
