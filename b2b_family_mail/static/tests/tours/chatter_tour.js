import { registry } from "@web/core/registry";

import { hear } from "./steps";

const composer = ".o-mail-Chatter .o-mail-Composer";
const subject = `${composer} .o-b2b-Composer-subject`;
const message = ".o-mail-Message:contains(Good day, our offer)";
const popover = ".o-mail-MessageNotificationPopover";
const tracking = `${message} .o-b2b-Tracking`;

const openComposer = {
    content: "Write to the customer",
    trigger: ".o-mail-Chatter-sendMessage",
    run: "click",
};
const type = {
    content: "Type the message",
    trigger: `${composer}-input`,
    run: "edit Good day, our offer",
};

registry.category("web_tour.tours").add("b2b_family_chatter", {
    steps: () => [
        {
            content: "A note goes to nobody outside",
            trigger: ".o-mail-Chatter-logNote",
            run: "click",
        },
        {
            content: "So it cannot be sent via B2B",
            trigger: `${composer}:has(.o-mail-Composer-send:contains(Log))`,
            run() {
                if (this.anchor.querySelector(".o-b2b-Composer-send")) {
                    console.error("A note can be sent via B2B.");
                }
            },
        },
        openComposer,
        type,
        {
            content: "Say what it is about",
            trigger: subject,
            run: "edit Forty workbenches",
        },
        {
            content: "Send it via B2B",
            trigger: `${composer} .o-b2b-Composer-send:enabled`,
            run: "click",
        },
        {
            content: "It was sent. Look at the list of recipients",
            trigger: `${tracking}:contains(Sent)`,
            run: "click",
        },
        {
            content: "The service is asked, which tells the reader to open the letter",
            trigger: `${popover}:contains(Rita Reader):contains(Sent)`,
            async run() {
                await hear([]);
            },
        },
        {
            content: "The list, still open, says when",
            trigger: `${popover}:contains(Rita Reader):contains(Opened) .fa-envelope-open`,
        },
        {
            content: "Without a reload, the message shows as opened",
            trigger: `${tracking}.text-success[title*="Opened by Rita Reader"]:contains(Opened)`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_full_composer", {
    steps: () => [
        openComposer,
        type,
        {
            content: "Say what it is about",
            trigger: subject,
            run: "edit Forty workbenches",
        },
        {
            content: "Open the full composer",
            trigger: `${composer} button[name="open-full-composer"]`,
            run: "click",
        },
        {
            content: "The subject came along. Send it via B2B",
            trigger:
                ".modal:has([name=subject] :value(Forty workbenches)) button[name=action_b2b_send_mail]",
            run: "click",
        },
        {
            content: "It was sent",
            trigger: `${tracking}:contains(Sent)`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_chatter_untracked", {
    steps: () => [
        openComposer,
        {
            content: "It is said who is not tracked",
            trigger: `${composer} .o-b2b-RecipientsNote:contains(without tracking):contains(Rita)`,
        },
        {
            content: "Open the full composer",
            trigger: `${composer} button[name="open-full-composer"]`,
            run: "click",
        },
        {
            content: "There it is said, too. Close it",
            trigger: ".modal:has(.o-b2b-RecipientsNote:contains(Rita)) .modal-header .btn-close",
            run: "click",
        },
        openComposer,
        {
            content: "Take her off",
            trigger: ".o-mail-RecipientsInput .o_tag:contains(Rita) .o_delete",
            run: "click",
        },
        {
            content: "Nothing is to be said any more",
            trigger: `${composer}:not(:has(.o-b2b-RecipientsNote))`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_chatter_not_set_up", {
    steps: () => [
        openComposer,
        type,
        {
            content: "Send it via B2B",
            trigger: `${composer} .o-b2b-Composer-send:enabled`,
            run: "click",
        },
        {
            content: "What is missing is said",
            trigger: ".o_error_dialog, .modal:contains(not set up)",
        },
        {
            content: "Close it",
            trigger: ".modal-footer button.btn-primary",
            run: "click",
        },
        {
            content: "What was written is still there, and can be sent otherwise",
            trigger: `${composer} .o-mail-Composer-send:enabled`,
            run: "click",
        },
        {
            content: "It was sent, without tracking",
            trigger: `${message}:not(:has(.o-b2b-Tracking))`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_chatter_wrong_address", {
    steps: () => [
        openComposer,
        type,
        {
            content: "Send it via B2B",
            trigger: `${composer} .o-b2b-Composer-send:enabled`,
            run: "click",
        },
        {
            content: "Whose address is wrong is said",
            trigger: ".o_notification:contains(Nothing was sent):contains(Rita Reader)",
        },
        {
            content: "What was written is still there",
            trigger: `${composer} .o-b2b-Composer-send:enabled`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_chatter_without_group", {
    steps: () => [
        openComposer,
        type,
        {
            content: "There is no button in the chatter",
            trigger: `${composer} .o-mail-Composer-send:enabled`,
            run() {
                if (document.body.textContent.includes("via B2B")) {
                    console.error("The button is there.");
                }
            },
        },
        {
            content: "Open the full composer",
            trigger: `${composer} button[name="open-full-composer"]`,
            run: "click",
        },
        {
            content: "Nor is there one",
            trigger: ".modal-footer button[name=action_send_mail]",
            run() {
                if (document.body.textContent.includes("via B2B")) {
                    console.error("The button is there.");
                }
            },
        },
    ],
});
