import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

import { beginLetter } from "./steps";

const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));
const status = (label) => `.o_statusbar_status .o_arrow_button_current:contains(${label})`;
const activity = (label) =>
    `.o_field_widget[name=b2b_activity_ids] .o_data_row:contains(rita@client.example):contains(${label})`;
const attachment = (words) =>
    `.o_field_widget[name=b2b_attachment_ids] .o_data_row:contains(Offer.pdf)${words}`;

registry.category("web_tour.tours").add("b2b_family_letter", {
    steps: () => [
        ...beginLetter,
        {
            content: "Look for the recipient",
            trigger: ".o_field_widget[name=recipient_ids] input",
            run: "edit Rita",
        },
        {
            content: "Choose the recipient",
            trigger: ".o-autocomplete--dropdown-item:contains(Rita Reader)",
            run: "click",
        },
        {
            content: "The recipient is there",
            trigger: ".o_field_widget[name=recipient_ids] .o_tag:contains(Rita Reader)",
        },
        {
            content: "Type the letter",
            trigger: ".o_field_widget[name=body_content] .odoo-editor-editable",
            run: "editor Good day, our offer is attached.",
        },
        {
            content: "Attach a file",
            trigger: ".o_field_widget[name=attachment_ids] input[type=file]:not(:visible)",
            run() {
                const files = new DataTransfer();
                files.items.add(new File(["%PDF-1.4 offer"], "Offer.pdf", { type: "application/pdf" }));
                this.anchor.files = files.files;
                this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        {
            content: "The file is there",
            trigger: ".o_field_widget[name=attachment_ids] .o_attachment:contains(Offer)",
        },
        ...stepUtils.saveForm(),
        {
            content: "A saved letter is a draft",
            trigger: status("Draft"),
        },
        {
            content: "Send it",
            trigger: "button[name=action_b2b_send]",
            run: "click",
        },
        {
            content: "It was sent",
            trigger: status("Sent"),
        },
        {
            content: "Open the tab of the letter",
            trigger: ".o_notebook .nav-link:contains(B2B Letter)",
            run: "click",
        },
        { content: "Letter information", trigger: activity("Date sent") },
        { content: "Not opened yet", trigger: activity("First open") },
        {
            content: "Nor is the attachment: there is no such event",
            trigger: attachment(":contains(No):not(:contains(Attachment opened))"),
        },
        {
            content: "Ask the service",
            trigger: "button[name=action_b2b_refresh]",
            run: "click",
        },
        {
            content: "The reader opens the letter now, and nothing is pressed here",
            trigger: status("Opened"),
        },
        {
            content: "The attachment was opened",
            trigger: attachment(":contains(Attachment opened):contains(Yes)"),
        },
    ],
});

const column = (label) => `.o_kanban_group:has(.o_column_title:contains(${label}))`;
const card = ".o_kanban_record:contains(Price list)";

registry.category("web_tour.tours").add("b2b_family_board", {
    steps: () => [
        {
            content: "The letter is under Sent; now the reader opens it",
            trigger: `${column("Sent")} ${card}`,
            run() {
                new Image().src = given().pixel;
            },
        },
        {
            content: "It moves to Opened by itself",
            trigger: `${column("Opened")} ${card}`,
        },
        {
            content: "It is no longer under Sent",
            trigger: `${column("Sent")}:not(:has(${card}))`,
        },
    ],
});
