import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";

import { openPreferences } from "./steps";

const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));
const field = (name) => `.modal .o_field_widget[name=b2b_${name}] input`;
const isSet = ".modal .tab-pane.active .badge.text-bg-success:contains(Set)";
const isNotSet = ".modal .tab-pane.active .badge.text-bg-secondary:contains(Not set)";

const open = () => [
    ...openPreferences,
    {
        content: "Open the tab of B2B Family",
        trigger: ".modal .o_notebook .nav-link[name=b2b_family]",
        run: "click",
    },
];
const save = () => [
    {
        content: "Save",
        trigger: ".modal .modal-footer button:contains(Update Preferences)",
        run: "click",
        expectUnloadPage: true,
    },
];
const choose = (name, label) => [
    {
        content: `Look what there is for ${name}`,
        trigger: field(name),
        run: "click",
    },
    {
        content: `Choose ${label}`,
        trigger: `.o_select_menu_item:contains(${label})`,
        run: "click",
    },
];
const type = (name, value) => ({
    content: `Type ${name}`,
    trigger: field(name),
    run(helpers) {
        return helpers.edit(given()[value]);
    },
});
const holds = (name, value) => ({
    content: `${name} holds ${value || "nothing"}`,
    trigger: field(name),
    async run({ waitUntil }) {
        const wanted = given()[value] ?? value;
        await waitUntil(() => document.querySelector(field(name))?.value === wanted, {
            message: `${name} must hold “${wanted}”`,
        });
    },
});
const getKey = {
    content: "Get the own api key",
    trigger: ".modal button[name=action_b2b_get_api_key]",
    run: "click",
};
const close = (words) => ({
    content: `Close what says “${words}”`,
    trigger: `.modal:contains(${words}) .modal-footer button:contains(Close)`,
    run: "click",
});

registry.category("web_tour.tours").add("b2b_family_preferences", {
    steps: () => [
        ...open(),
        holds("notice_open", "Pop-up"),
        holds("notice_failure", "Message"),
        ...choose("notice_open", "Activity"),
        ...choose("notice_attachment", "Message"),
        ...choose("notice_not_open", "Nothing"),
        ...choose("notice_failure", "Pop-up"),
        type("family_email", "email"),
        {
            content: "Go on to the password",
            trigger: field("family_mail_password"),
            run: "click",
        },
        getKey,
        close("The password of"),
        type("family_mail_password", "wrong_password"),
        getKey,
        close("was tried and not saved"),
        { content: "There is no key yet", trigger: isNotSet },
        {
            content: "Think better of it",
            trigger: ".modal .modal-footer button:contains(Discard)",
            run: "click",
        },
        { content: "It is closed", trigger: "body:not(:has(.modal))" },
        ...open(),
        holds("notice_open", "Pop-up"),
        ...choose("notice_open", "Activity"),
        ...choose("notice_attachment", "Message"),
        ...choose("notice_not_open", "Nothing"),
        ...choose("notice_failure", "Pop-up"),
        holds("family_email", ""),
        type("family_email", "email"),
        type("family_mail_password", "mail_password"),
        getKey,
        {
            content: "The key is there",
            trigger: ".o_notification:contains(The api key was received)",
        },
        ...open(),
        { content: "It is still", trigger: isSet },
        holds("notice_open", "Activity"),
        holds("notice_attachment", "Message"),
        holds("notice_not_open", "Nothing"),
        holds("notice_failure", "Pop-up"),
        holds("family_email", "email"),
        holds("family_mail_password", ""),
        ...choose("notice_open", "Pop-up"),
        ...save(),
        ...open(),
        holds("notice_open", "Pop-up"),
        {
            content: "What was not touched is kept",
            trigger: isSet,
        },
    ],
});
