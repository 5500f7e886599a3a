import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";

import { beginLetter, openApp } from "./steps";

const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));
const input = (name) => `.modal .o_field_widget[name=b2b_family_${name}] input`;
const heading = (label) => `.modal h3:contains(${label})`;
const secrets = ["app_key", "secret_key", "mail_password"];

const type = (name, value = name) => ({
    content: `Type ${value}`,
    trigger: input(name),
    run(helpers) {
        return helpers.edit(given()[value]);
    },
});
const press = (label) => ({
    content: `Press ${label}`,
    trigger: `.modal button:contains(${label})`,
    run: "click",
});
const toDo = (label) => ({
    content: `${label} is still to do`,
    trigger: `${heading(label)}:has([aria-label="To do"]):not(:has([aria-label=Done]))`,
});
const done = (label) => ({
    content: `${label} has turned green`,
    trigger: `${heading(label)}:has(.text-success[aria-label=Done]):not(:has([aria-label="To do"]))`,
});

const write = [
    ...beginLetter,
    {
        content: "Type an address",
        trigger: ".o_field_widget[name=email_to] input",
        run: "edit rita@client.example",
    },
    {
        content: "Type the letter",
        trigger: ".o_field_widget[name=body_content] .odoo-editor-editable",
        run: "editor Good day, our offer is attached.",
    },
    {
        content: "Send it",
        trigger: "button[name=action_b2b_send]",
        run: "click",
    },
    {
        content: "It is said what is missing",
        trigger: ".modal:contains(not set up yet):contains(B2B secret key)",
    },
];
const kept = [
    {
        content: "The letter is a draft",
        trigger: ".o_statusbar_status .o_arrow_button_current:contains(Draft)",
    },
    {
        content: "What was written is kept",
        trigger: ".o_form_view .o_field_widget[name=subject] :is(input, textarea)",
        run() {
            if (this.anchor.value !== "Our offer") {
                console.error("The letter is lost.");
            }
        },
    },
];

registry.category("web_tour.tours").add("b2b_family_setup", {
    steps: () => [
        ...write,
        press("Set up B2B Family"),
        toDo("1. A letter to yourself"),
        toDo("4. Account at B2B Family"),
        {
            content: "What cannot be done yet is not offered",
            trigger: ".modal button[name=action_b2b_get_api_key]",
            run() {
                if (document.querySelector(".modal button[name=action_b2b_subscribe]")) {
                    console.error("A step is offered before the one that it needs.");
                }
            },
        },
        type("app_key"),
        type("secret_key"),
        type("email"),
        type("mail_password"),
        press("Get API key"),
        done("4. Account at B2B Family"),
        {
            content: "The secrets are set, and not shown again",
            trigger: ".modal .text-success:contains(B2B Family has accepted them)",
            run() {
                for (const name of secrets) {
                    if (document.querySelector(input(name)).value) {
                        console.error(`The field ${name} shows the secret.`);
                    }
                }
            },
        },
        toDo("5. Instant news"),
        press("Subscribe"),
        done("5. Instant news"),
        toDo("1. A letter to yourself"),
        press("Send me a test letter"),
        {
            content: "The administrator opens the letter; it shows without a reload",
            trigger: ".modal .o_field_widget[name=test_state]:contains(Opened)",
        },
        done("1. A letter to yourself"),
        press("Close"),
        ...kept,
    ],
});

registry.category("web_tour.tours").add("b2b_family_setup_from_menu", {
    steps: () => [
        ...openApp,
        {
            content: "Open the menu of the administrator",
            trigger: 'button[data-menu-xmlid="b2b_family_mail.b2b_family_configuration_menu"]',
            run: "click",
        },
        {
            content: "Choose the guided set-up",
            trigger: '[data-menu-xmlid="b2b_family_mail.b2b_family_setup_menu"]',
            run: "click",
        },
        press("Get API key"),
        {
            content: "Nothing was typed: it is said what is missing",
            trigger: ".modal:contains(Missing: B2B application key)",
        },
        {
            content: "Go back to typing",
            trigger: ".modal:contains(Missing) .modal-footer button:contains(Close)",
            run: "click",
        },
        type("app_key"),
        type("secret_key"),
        type("email"),
        type("mail_password", "wrong_password"),
        press("Get API key"),
        {
            content: "The service does not know this password",
            trigger: ".modal:contains(did not accept the account)",
        },
        {
            content: "Try again",
            trigger: ".modal:contains(did not accept) .modal-footer button:contains(Close)",
            run: "click",
        },
        toDo("4. Account at B2B Family"),
        {
            content: "Entered is not accepted: nothing there is green",
            trigger: ".modal .text-muted:contains(All four values are entered)",
        },
        {
            content: "Nor is what is said of the values",
            trigger: ".modal:not(:has(.text-success:contains(accepted)))",
        },
        type("mail_password"),
        press("Get API key"),
        done("4. Account at B2B Family"),
    ],
});

registry.category("web_tour.tours").add("b2b_family_setup_by_salesperson", {
    steps: () => [
        ...write,
        {
            content: "It is said who can help, and nothing is offered that would be refused",
            trigger: ".modal:contains(An administrator does this under Settings > B2B Family)",
            run() {
                if (this.anchor.textContent.includes("Set up B2B Family")) {
                    console.error("A salesperson is sent to a screen of administrators.");
                }
            },
        },
        {
            content: "Close it",
            trigger: ".modal-footer button.btn-primary",
            run: "click",
        },
        ...kept,
        {
            content: "Nor is the menu there",
            trigger: ".o_main_navbar .o_menu_sections",
            run() {
                if (this.anchor.textContent.includes("Configuration")) {
                    console.error("A salesperson sees the menu of administrators.");
                }
            },
        },
    ],
});
