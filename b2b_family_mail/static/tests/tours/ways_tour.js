import { registry } from "@web/core/registry";

const status = (label) => `.o_statusbar_status .o_arrow_button_current:contains(${label})`;
const alert = (words) => `.alert:visible:contains(${words})`;
const button = (name) => `.o_statusbar_buttons button[name=${name}]`;
const press = (name, content) => ({ content, trigger: button(name), run: "click" });
const confirm = {
    content: "Confirm it",
    trigger: ".modal-footer .btn-primary",
    run: "click",
};
const ask = (address) => [
    {
        content: "The address used before is shown; enter another",
        trigger: ".modal .o_data_row:contains(rita@client.example) td[name=email]",
        run: "click",
    },
    {
        content: "Type it",
        trigger: ".modal .o_data_row [name=email] input",
        run: `edit ${address}`,
    },
    {
        content: "Send it there",
        trigger: ".modal-footer button[name=action_send]",
        run: "click",
    },
];

registry.category("web_tour.tours").add("b2b_family_way_failed", {
    steps: () => [
        { content: "It failed, in words", trigger: alert("No such mailbox") },
        press("action_send_elsewhere", "Send it to another address"),
        ...ask("rita@@new"),
        {
            content: "That is none, and is named",
            trigger: ".o_error_dialog:contains(rita@@new), .modal:contains(“rita@@new” is not a)",
        },
        {
            content: "Close it",
            trigger: ".modal:contains(is not a valid) .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The question is still there",
            trigger: ".modal .o_data_row td[name=email]",
            run: "click",
        },
        {
            content: "Type it right",
            trigger: ".modal .o_data_row [name=email] input",
            run: "edit rita@new.example",
        },
        {
            content: "Send it there",
            trigger: ".modal-footer button[name=action_send]",
            run: "click",
        },
        { content: "It was sent", trigger: status("Sent") },
        {
            content: "To the new address",
            trigger: ".o_field_widget[name=email]:contains(rita@new.example)",
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_way_queued", {
    steps: () => [
        { content: "It waits, and is said why", trigger: alert("Too many requests") },
        { content: "And until when", trigger: alert("Next try:") },
        {
            content: "A letter that was handed over is not deleted: no gear",
            trigger: ".o_control_panel:not(:has(.fa-cog))",
        },
        press("action_b2b_cancel", "Cancel it"),
        { content: "It is not sent", trigger: alert("The letter was cancelled") },
        { content: "That is no failure", trigger: status("Cancelled") },
        press("action_b2b_send_again", "Send it all the same"),
        { content: "It waits again", trigger: alert("Too many requests") },
        press("action_b2b_try_now", "Try it now, while the service still refuses"),
        {
            content: "It is seen that it was tried",
            trigger: ".o_notification:contains(tries to send the letter now)",
        },
        { content: "It waits on", trigger: alert("Too many requests") },
        press("action_b2b_try_now", "Try it again; the service is there again"),
        { content: "It was sent", trigger: status("Sent") },
    ],
});

registry.category("web_tour.tours").add("b2b_family_way_ordinary", {
    steps: () => [
        press("action_b2b_send_plain", "Send it by ordinary mail"),
        confirm,
        { content: "It was handed over", trigger: alert("handed over to Odoo's outgoing mail") },
    ],
});

registry.category("web_tour.tours").add("b2b_family_way_doubt", {
    steps: () => [
        { content: "Nobody knows", trigger: alert("Nobody can say") },
        { content: "When Odoo asks", trigger: alert("Next check:") },
        press("action_look_up", "Ask the service, which is down"),
        {
            content: "That is said, and is no error",
            trigger: ".o_notification:contains(cannot be reached):contains(Odoo asks again)",
        },
        press("action_look_up", "Ask it again"),
        { content: "It has the letter", trigger: status("Sent") },
    ],
});

registry.category("web_tour.tours").add("b2b_family_hotkey", {
    steps: () => [
        {
            content: "Look into the gear",
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "A draft can be deleted",
            trigger: ".o-dropdown--menu:contains(Delete)",
            run: "press Escape",
        },
        {
            content: "Alt+Q sends",
            trigger: `${button("action_b2b_send")}[data-hotkey=q]`,
            run: "press alt+q",
        },
        { content: "It was sent", trigger: status("Sent") },
    ],
});

const message = ".o-mail-Message:contains(Good day, our offer)";
const popover = ".o-mail-MessageNotificationPopover";
const way = (name) => `${popover} .o-b2b-Letter button[name=${name}]`;

registry.category("web_tour.tours").add("b2b_family_way_chatter", {
    steps: () => [
        {
            content: "It waits. Look at the list of recipients",
            trigger: `${message} .o-b2b-Tracking:contains(Queued)`,
            run: "click",
        },
        {
            content: "Why, and until when",
            trigger: `${popover}:contains(Too many requests):contains(Next try:)`,
        },
        { content: "Cancel it", trigger: way("action_cancel"), run: "click" },
        {
            content: "The list, still open, says so",
            trigger: `${popover}:contains(Cancelled):not(:contains(Next try))`,
        },
        { content: "Send it again", trigger: way("action_send_again"), run: "click" },
        { content: "It was sent", trigger: `${popover}:contains(Sent on)` },
        { content: "Open it", trigger: way("open_letter"), run: "click" },
        { content: "Here it is", trigger: `.o_form_view ${status("Sent")}` },
    ],
});

registry.category("web_tour.tours").add("b2b_family_chatter_of_others", {
    steps: () => [
        {
            content: "Somebody else's message: core's own icon",
            trigger: `${message} .o-mail-Message-notification:not(.o-b2b-Tracking)`,
            run: "click",
        },
        {
            content: "Its recipient, and nothing about the letter",
            trigger: `${popover}:contains(Rita Reader):not(:has(.o-b2b-Letter))`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_new_from_contact", {
    steps: () => [
        {
            content: "Open the contact's letters",
            trigger: "button[name=action_b2b_open_letters]",
            run: "click",
        },
        {
            content: "Write another",
            trigger: ".o_control_panel button:contains(New Letter)",
            run: "click",
        },
        {
            content: "It is to the contact",
            trigger: ".o_field_widget[name=recipient_ids] .o_tag:contains(Rita Reader)",
        },
    ],
});
