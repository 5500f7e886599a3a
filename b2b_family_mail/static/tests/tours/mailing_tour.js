import { registry } from "@web/core/registry";

import { writeToSelected } from "./steps";

const selected = (name) =>
    `.o_data_row:contains(${name}) .o_list_record_selector input`;

registry.category("web_tour.tours").add("b2b_family_mailing", {
    steps: () => [
        {
            content: "Select contacts of the list",
            trigger: selected("Client 1"),
            run: "click",
        },
        {
            content: "One more",
            trigger: selected("Client 2"),
            run: "click",
        },
        ...writeToSelected,
        {
            content: "Say where answers go, which core wants to know",
            trigger: ".modal .o_field_widget[name=reply_to] input",
            run: "edit sally@shop.example",
        },
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
            content: "It is said how many letters leave, and where they are",
            trigger:
                ".o_notification:contains(Letters on their way: 2)" +
                " button:contains(Show the letters)",
            run: "click",
        },
        {
            content: "Those of this mailing are shown",
            trigger: ".o_breadcrumb:contains(Price list)",
        },
        {
            trigger: ".o_kanban_group .o_kanban_record:contains(Client 2)",
            run() {
                const cards = document.querySelectorAll(
                    ".o_kanban_record:not(.o_kanban_ghost)"
                );
                const names = [...cards].map((card) => card.textContent);
                if (names.length !== 2 || !names.some((name) => name.includes("Client 1"))) {
                    console.error(`These are the letters shown: ${names}`);
                }
            },
        },
    ],
});
