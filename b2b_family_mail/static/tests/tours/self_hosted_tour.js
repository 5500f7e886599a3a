import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));
const status = (label) => `.o_statusbar_status .o_arrow_button_current:contains(${label})`;
const column = (label) => `.o_kanban_group:has(.o_column_title:contains(${label}))`;
const card = ".o_kanban_record:contains(Our offer)";
/** The reader does something at the mailbox; here nothing is pressed. */
const fetchAsReader = (name) => {
    new Image().src = given()[name];
};

tours.add("b2b_family_self_hosted_send", {
    steps: () => [
        { content: "A draft", trigger: status("Draft") },
        {
            content: "No link can be made: that is the service's",
            trigger: "button[name=action_b2b_send]",
            run() {
                if (document.querySelector("button[name=action_b2b_make_link]")) {
                    console.error("A tracked link is offered, which nobody could make.");
                }
            },
        },
        {
            content: "It leaves from the author's own address",
            trigger: ".o_field_widget[name=b2b_sender]:contains(sally@shop.example)",
        },
        {
            content: "Have the attachment go as a link",
            trigger: ".o_field_widget[name=b2b_attachment_links] input",
            run: "click",
        },
        {
            content: "Instead of the file",
            trigger: ".o_select_menu_item:contains(Links instead of the files)",
            run: "click",
        },
        {
            content: "Send it",
            trigger: "button[name=action_b2b_send]",
            run: "click",
        },
        { content: "It was sent", trigger: status("Sent") },
        {
            content: "By whom is said",
            trigger: ".o_field_widget[name=b2b_carrier]:contains(This Odoo)",
        },
        {
            content: "There is nobody to ask",
            trigger: ".o_form_view:not(:has(button[name=action_b2b_refresh]))",
        },
    ],
});

tours.add("b2b_family_self_hosted_read", {
    steps: () => [
        {
            content: "The letter is under Sent; now the reader opens it",
            trigger: `${column("Sent")} ${card}`,
            run: () => fetchAsReader("pixel"),
        },
        {
            content: "It moves to Opened by itself",
            trigger: `${column("Opened")} ${card}`,
        },
        { content: "Open it", trigger: `${column("Opened")} ${card}`, run: "click" },
        {
            content: "No link was followed yet; now the reader does",
            trigger: ".o_notebook:not(:has(.nav-link[name=links]))",
            run: () => fetchAsReader("click"),
        },
        {
            content: "The tab is there by itself",
            trigger: ".o_notebook .nav-link[name=links]",
            run: "click",
        },
        {
            content: "Which link, and whose doing it was",
            trigger:
                ".o_field_widget[name=click_ids] .o_data_row:contains(shop.example/offer):contains(A person)",
        },
    ],
});

tours.add("b2b_family_self_hosted_file", {
    steps: () => [
        {
            content: "The attachment is not opened yet; now the reader does",
            trigger: ".o_field_widget[name=attachment_ids] .o_data_row:contains(No)",
            run: () => fetchAsReader("file"),
        },
        {
            content: "It was opened",
            trigger: ".o_field_widget[name=attachment_ids] .o_data_row:contains(Yes)",
        },
    ],
});

tours.add("b2b_family_self_hosted_answered", {
    steps: () => [{ content: "It was answered", trigger: `${column("Answered")} ${card}` }],
});

tours.add("b2b_family_self_hosted_setup", {
    steps: () => [
        {
            content: "An empty board says where to begin",
            trigger: ".o_view_nocontent a:contains(Send yourself a letter first)",
            run: "click",
        },
        {
            content: "Nothing is needed for it",
            trigger: ".modal button:contains(Send me a test letter)",
            run: "click",
        },
        {
            content: "It was sent",
            trigger: ".modal .o_field_widget[name=test_state]:contains(Sent)",
        },
    ],
});
