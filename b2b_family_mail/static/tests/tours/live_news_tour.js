import { cookie } from "@web/core/browser/cookie";
import { rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";

import { UPDATE } from "@b2b_family_mail/letters";

import { writeToSelected } from "./steps";

import { onWillStart } from "@odoo/owl";

const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Be the reader: whose program fetches the picture in the letter. */
const open = () => {
    new Image().src = given().pixel;
};
const services = () => odoo.__WOWL_DEBUG__.root.env.services;
const status = (label) => `.o_statusbar_status .o_arrow_button_current:contains(${label})`;
const popup = ".o_notification:contains(opened)";
// Longer than a burst of news is waited for; nothing tells that nothing happens.
const SETTLED = 1500;

registry.category("web_tour.tours").add("b2b_family_news_popup", {
    steps: () => [
        { content: "Somewhere else", trigger: ".o_control_panel", run: open },
        {
            content: "Go to the letter",
            trigger: `${popup} button:contains(Open the letter)`,
            run: "click",
        },
        { content: "Here it is", trigger: `.o_form_view ${status("Opened")}` },
    ],
});

const key = ".o_field_widget[name=b2b_family_app_key] input";
const email = ".o_field_widget[name=email] input";

/** Type it, and leave the field, at once. */
const typeInto = (selector, text) => {
    const input = document.querySelector(selector);
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
};
const stays = (selector, text) => ({
    content: "Which is told, and what was typed is still there",
    trigger: popup,
    async run() {
        await wait(SETTLED);
        if (document.querySelector(selector).value !== text) {
            console.error("What was being typed is gone.");
        }
    },
});
const leave = (button) => [
    { content: "Leave it unsaved", trigger: button, run: "click" },
    { content: "It is left", trigger: "body:not(:has(.o_form_dirty))" },
];
/** Have it called whenever the set-up is about to be read. */
const onRead = (callback) =>
    rpcBus.addEventListener("RPC:REQUEST", ({ detail }) => {
        const { model, method } = detail.data.params ?? {};
        if (model === "b2b.family.setup" && method === "web_read") {
            callback();
        }
    });

let reads = 0;

registry.category("web_tour.tours").add("b2b_family_news_typing", {
    steps: () => [
        { content: "Type a key", trigger: key, run: "edit half a key && press Tab" },
        {
            content: "The test letter is opened",
            trigger: key,
            run() {
                onRead(() => reads++);
                open();
            },
        },
        stays(key, "half a key"),
        {
            content: "Nothing was read that would take its place",
            trigger: key,
            run: () => expect("Reads", reads, 0),
        },
        ...leave("button:contains(Close)"),
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_typed_since", {
    steps: () => [
        {
            content: "The letter is opened; at its news the address is changed",
            trigger: email,
            run() {
                services().bus_service.subscribe(UPDATE, () =>
                    typeInto(email, "rita@new.example")
                );
                open();
            },
        },
        stays(email, "rita@new.example"),
        ...leave(".o_form_button_cancel"),
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_typed_meanwhile", {
    steps: () => [
        {
            content: "The test letter is opened; a key is typed while that is read",
            trigger: key,
            run() {
                onRead(() => typeInto(key, "half a key"));
                open();
            },
        },
        stays(key, "half a key"),
        ...leave("button:contains(Close)"),
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_early", {
    steps: () => [
        {
            content: "From now on forms take their time",
            trigger: ".o_kanban_record:contains(Price list)",
            run() {
                const { Controller } = registry.category("views").get("b2b_family_live_form");
                patch(Controller.prototype, {
                    setup() {
                        super.setup();
                        onWillStart(async () => {
                            // By then it has read what it will show.
                            await wait(SETTLED);
                            open();
                            await wait(2 * SETTLED);
                        });
                    },
                });
            },
        },
        {
            content: "The reader opens the letter while its form takes its time",
            trigger: ".o_kanban_record:contains(Price list)",
            run: "click",
        },
        {
            content: "It is shown as opened",
            trigger: `.o_form_view ${status("Opened")}`,
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_of_this", {
    steps: () => [
        {
            content: "The letter is opened while it is looked at",
            trigger: `.o_form_view:has(${status("Sent")})`,
            run: open,
        },
        { content: "It is shown as opened", trigger: `.o_form_view ${status("Opened")}` },
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_in_list", {
    steps: () => [
        { content: "See a list", trigger: ".o_switch_view.o_list", run: "click" },
        {
            content: "Select the letter",
            trigger: ".o_data_row:contains(Price list) .o_list_record_selector input",
            run: "click",
        },
        { content: "Refresh", trigger: "button[name=action_refresh]", run: "click" },
        {
            content: "It is shown as opened",
            trigger: ".o_data_row:contains(Opened)",
            async run() {
                await wait(SETTLED);
            },
        },
        { content: "One may go on", trigger: "button:contains(New Letter):enabled" },
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_of_another", {
    steps: () => [
        {
            content: "Another letter is opened",
            trigger: `.o_form_view:has(${status("Sent")})`,
            run: open,
        },
        {
            content: "Which is told",
            trigger: popup,
            async run() {
                await wait(SETTLED);
            },
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_news_mailing", {
    steps: () => [
        {
            content: "Select a contact",
            trigger: ".o_data_row:contains(Rita Reader) .o_list_record_selector input",
            run: "click",
        },
        ...writeToSelected,
        {
            content: "Type the text",
            trigger: ".modal .odoo-editor-editable",
            run: "editor Good day",
        },
        {
            content: "Send it via B2B",
            trigger: ".modal-footer button[name=action_b2b_send_mail]",
            run: "click",
        },
        {
            content: "It is said what becomes of it",
            trigger: ".o_notification:contains(Letters on their way)",
        },
        { content: "There is nothing more to be done", trigger: "body:not(:has(.modal))" },
    ],
});

const store = () => services()["mail.store"];
const expect = (what, found, expected) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
        const told = [found, expected].map((value) => JSON.stringify(value));
        console.error(`${what}: ${told[0]} instead of ${told[1]}.`);
    }
};

registry.category("web_tour.tours").add("b2b_family_news_icons", {
    steps: () => [
        {
            content: "All messages are there",
            trigger: ".o-mail-Message:contains(Mixed news)",
            run() {
                for (const [words, expected] of Object.entries(given().messages)) {
                    const message = Object.values(store()["mail.message"].records).find(
                        ({ body }) => String(body).includes(words)
                    );
                    const found = {
                        ...message.b2bTracking,
                        editable: message.editable,
                        details: message.b2bNotifications[0]?.b2bDetails,
                        isFailure: message.b2bNotifications[0]?.isFailure,
                    };
                    for (const [name, value] of Object.entries({ editable: false, ...expected })) {
                        expect(`${words}, ${name}`, found[name] ?? null, value);
                    }
                }
                const shown = [...document.querySelectorAll(".o-mail-Message")];
                for (const words of Object.keys(given().messages)) {
                    const element = shown.find(({ textContent }) => textContent.includes(words));
                    const icons = element.querySelectorAll(".o-mail-Message-notification");
                    expect(`${words}, icons`, icons.length, 1);
                }
            },
        },
    ],
});

const message = (words) => `.o-mail-Message:contains(${words})`;
const popover = ".o-mail-MessageNotificationPopover";
const way = (name, words) =>
    `${popover} .o-b2b-Letter:contains(${words}) button[name=${name}]`;
const recipients = (words) => ({
    content: `The recipients of: ${words}`,
    trigger: `${message(words)} .o-b2b-Tracking`,
    run: "click",
});

registry.category("web_tour.tours").add("b2b_family_news_popover", {
    steps: () => [
        recipients("To two readers"),
        {
            content: "Beside each is said what became of his own letter",
            trigger: `${popover}:contains(No such mailbox):contains(Sent on)`,
            run() {
                const letters = this.anchor.querySelectorAll(".o-b2b-Letter");
                expect("Letters in the list", letters.length, 2);
            },
        },
        {
            content: "Send it elsewhere",
            trigger: way("action_send_elsewhere", "No such mailbox"),
            run: "click",
        },
        {
            content: "It is asked where to",
            trigger: ".modal:contains(Send Again) .modal-footer .btn-secondary",
            run: "click",
        },
        { content: "It is not sent", trigger: "body:not(:has(.modal))" },
        recipients("In doubt"),
        {
            content: "Send it again",
            trigger: way("action_send_again", "No clear answer"),
            run: "click",
        },
        {
            content: "It is said what may happen",
            trigger: ".modal:contains(gets it twice) .modal-footer .btn-secondary",
            run: "click",
        },
        { content: "It is not sent", trigger: "body:not(:has(.modal))" },
        recipients("By ordinary mail"),
        {
            content: "Send it so",
            trigger: way("action_send_plain", "Refused"),
            run: "click",
        },
        {
            content: "It is asked first",
            trigger: ".modal:contains(is not tracked) .modal-footer .btn-secondary",
            run: "click",
        },
        { content: "It is not sent", trigger: "body:not(:has(.modal))" },
        recipients("Without a text"),
        {
            content: "Nothing is offered that needs the text",
            trigger: `${popover}:contains(Gone):has(button[name=open_letter])`,
            run() {
                const names = [...this.anchor.querySelectorAll("button")].map(({ name }) => name);
                expect("Ways", names, ["open_letter"]);
            },
        },
    ],
});

const button = ".o_form_view button[name=action_b2b_open_letters]";

registry.category("web_tour.tours").add("b2b_family_news_contact", {
    steps: () => [
        { content: "Nothing was opened", trigger: `${button}:contains(Not opened yet)`, run: open },
        { content: "Without a reload it is said", trigger: `${button}:contains(Opened just now)` },
    ],
});
