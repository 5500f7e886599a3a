import { registry } from "@web/core/registry";

import { hear } from "./steps";

const toggle = ".o_b2b_family_news_toggle";
const popup = ".o_b2b_family_notice";
const entry = (subject) => `.o_b2b_family_news_entry:contains(${subject})`;

registry.category("web_tour.tours").add("b2b_family_news", {
    steps: () => [
        {
            content: "Nothing is new. Two readers of one text open it",
            trigger: `${toggle}:not(:has(.o_b2b_family_news_count))`,
            async run() {
                await hear([["subject", "=", "Price list"]]);
            },
        },
        {
            content: "One pop-up tells of both, which is not gone after a moment",
            trigger: `${popup}:contains(2 recipients opened “Price list”.):not(:contains(Rita))`,
        },
        {
            content: "The top bar counts them",
            trigger: `${toggle} .o_b2b_family_news_count:contains(2)`,
            async run() {
                await hear([["subject", "=", "Contract"]]);
            },
        },
        {
            content: "Another letter has a pop-up of its own",
            trigger: `${popup}:contains(Rita Reader opened “Contract”.)`,
        },
        {
            content: "Look at what is new",
            trigger: `${toggle} .o_b2b_family_news_count:contains(3)`,
            run: "click",
        },
        {
            content: "The mailing is one entry",
            trigger: `${entry("Price list")}:contains(and 1 more):not(:has(a))`,
        },
        {
            content: "Who, what, when, and the phone",
            trigger: `${entry("Opened “Contract”")}:contains(Rita Reader):contains(just now) a[href="tel:+4940555"]`,
        },
        {
            content: "It was looked at",
            trigger: `${toggle}:not(:has(.o_b2b_family_news_count))`,
        },
        {
            content: "And no pop-up is in the way any more",
            trigger: `body:not(:has(${popup}))`,
        },
        {
            content: "Open the mailing",
            trigger: entry("Price list"),
            run: "click",
        },
        {
            content: "Its letters are listed, and nothing else",
            trigger: ".o_list_view .o_data_row:nth-child(2):contains(Price list)",
            run() {
                if (document.querySelectorAll(".o_data_row").length !== 2) {
                    console.error("Not the letters of the mailing.");
                }
            },
        },
        {
            content: "Open the list once more",
            trigger: toggle,
            run: "click",
        },
        {
            content: "Open the letter",
            trigger: entry("Contract"),
            run: "click",
        },
        {
            content: "There it is",
            trigger: ".o_form_view .oe_title:contains(Contract)",
        },
        {
            content: "Open the list once more",
            trigger: toggle,
            run: "click",
        },
        {
            content: "Go on to all letters",
            trigger: ".o_b2b_family_news_board",
            run: "click",
        },
        {
            content: "The board says when",
            trigger: ".o_kanban_record:contains(Contract):contains(Opened just now)",
        },
    ],
});
