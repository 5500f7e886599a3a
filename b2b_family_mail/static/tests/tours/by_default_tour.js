import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const composer = ".o-mail-Chatter .o-mail-Composer";
const message = (text) => `.o-mail-Message:contains(message ${text})`;
const tracked = (text) => ({
    content: "It went by B2B Family",
    trigger: `${message(text)} .o-b2b-Tracking`,
});
const untracked = (text) => ({
    content: "It went by ordinary mail",
    trigger: `${message(text)}:not(:has(.o-b2b-Tracking))`,
});
const write = (text) => [
    {
        content: "Write to the customer",
        trigger: ".o-mail-Chatter-sendMessage",
        run: "click",
    },
    {
        content: "Type the message",
        trigger: `${composer}-input`,
        run: `edit message ${text}`,
    },
];
const writeMore = (text) => [
    ...write(text),
    {
        content: "Open the full composer",
        trigger: `${composer} button[name="open-full-composer"]`,
        run: "click",
    },
    {
        content: "It is there, with the text",
        trigger: `.modal .o_mail_composer_form .odoo-editor-editable:contains(message ${text})`,
    },
];
const press = (trigger, content) => ({ content, trigger, run: "click" });
const ctrlEnter = (trigger) => ({
    content: "Press Ctrl+Enter",
    trigger,
    run: "press Control+Enter",
});

tours.add("b2b_family_by_default", {
    steps: () => [
        ...write("by press"),
        press(
            `${composer} .o-mail-Composer-send:enabled:contains(Send via B2B)`,
            "The usual button says which way it goes"
        ),
        tracked("by press"),
        ...write("by key"),
        ctrlEnter(`${composer}-input`),
        tracked("by key"),
        ...write("ordinary"),
        press(`${composer} .o-b2b-Composer-sendPlain:enabled`, "One press without tracking"),
        untracked("ordinary"),
        ...writeMore("full"),
        ctrlEnter(".modal .o_field_widget[name=subject] input"),
        tracked("full"),
        ...writeMore("plain"),
        press(
            ".modal-footer button[name=action_send_mail]:visible:contains(Send without Tracking)",
            "One press without tracking"
        ),
        untracked("plain"),
        ...writeMore("later"),
        press(".modal-footer .o_field_text_scheduled_date button", "Choose a time"),
        press(".modal:not(.o_inactive_modal) .modal-footer .btn-primary", "The one proposed"),
        press(
            ".modal-footer button[name=action_b2b_schedule_message]:visible",
            "Schedule it, by B2B Family"
        ),
        {
            content: "It waits, and says which way it goes",
            trigger: ".o-mail-Scheduled-Message:contains(message later) .o-b2b-Scheduled",
        },
    ],
});

tours.add("b2b_family_not_by_default", {
    steps: () => [
        ...write("by key"),
        {
            content: "Send is Send, and the other way stands beside it",
            trigger: `${composer}:has(.o-b2b-Composer-send):has(.o-mail-Composer-send:not(:contains(B2B)))`,
        },
        ctrlEnter(`${composer}-input`),
        untracked("by key"),
    ],
});
