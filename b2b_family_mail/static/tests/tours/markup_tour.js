import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";

const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));

/** The payload is there to be read. Nothing in the page was made of it. */
const literal = (content, place) => ({
    content,
    trigger: place,
    async run({ waitUntil }) {
        const { payload } = given();
        const shown = () =>
            [...document.querySelectorAll(place)].some((element) =>
                [element.textContent, element.value, element.title].some((text) =>
                    text?.includes(payload)
                )
            );
        await waitUntil(shown, { timeout: 60000, message: `${place} must show the payload` });
        if (window.b2bOwned || document.querySelector("img[src='b2b-owned'], b2b-owned")) {
            console.error(`${content}: the payload was executed.`);
        }
    },
});

registry.category("web_tour.tours").add("b2b_family_markup", {
    steps: () => [
        literal("On a card", ".o_kanban_record"),
        literal("The reason of a failure on a card", ".o_kanban_record .text-danger"),
        {
            content: "The reader opens a letter",
            trigger: ".o_kanban_view",
            run() {
                new Image().src = given().pixel;
            },
        },
        literal("In the pop-up", ".o_notification"),
        {
            content: "See them as a list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        literal("In a list", ".o_list_view .o_data_row"),
        {
            content: "Look at the one that failed",
            trigger: ".o_data_row:contains(Failed) .o_data_cell",
            run: "click",
        },
        literal("In the title of a letter", ".o_form_view h1"),
        literal("In the alert of a letter", ".o_form_view .alert-danger"),
        {
            content: "Read the text of it",
            trigger: ".o_notebook .nav-link[name=body]",
            run: "click",
        },
        {
            content: "Sanitized",
            trigger: ".o_field_widget[name=body]",
            run() {
                if (this.anchor.querySelector("img[onerror], script") || window.b2bOwned) {
                    console.error("The text of the letter is not sanitized.");
                }
            },
        },
    ],
});

registry.category("web_tour.tours").add("b2b_family_markup_chatter", {
    steps: () => [
        literal("Beside the message", ".o-mail-Message .o-b2b-Tracking"),
        {
            content: "Who opened it",
            trigger: ".o-mail-Message .o-b2b-Tracking",
            run: "click",
        },
        literal("In the popover", ".o-mail-MessageNotificationPopover"),
        literal("The notice to the author", ".o-mail-Message"),
        literal("In the to-do", ".o-mail-Activity"),
    ],
});

registry.category("web_tour.tours").add("b2b_family_markup_settings", {
    steps: () => [
        literal("The last error", ".o_field_widget[name=b2b_family_last_error]"),
        {
            content: "Run into another",
            trigger: "button[name=action_b2b_get_api_key]",
            run: "click",
        },
        literal("In the words of an error", ".modal-body"),
    ],
});

registry.category("web_tour.tours").add("b2b_family_own_opens", {
    steps: () => [
        {
            content: "The author reads what was sent",
            trigger: ".o-mail-Message:contains(Good day):has(.o-b2b-Tracking:contains(Sent))",
            run: "hover",
        },
        {
            content: "Look for more to do with it",
            trigger: ".o-mail-Message-actions [title='Expand']",
            run: "click",
        },
        {
            content: "Forward it to somebody else",
            trigger: ".o-dropdown-item:contains(Forward)",
            run: "click",
        },
        {
            content: "The letter is quoted",
            trigger: ".modal .odoo-editor-editable",
            run() {
                if (!this.anchor.textContent.includes("Good day")) {
                    console.error("The letter is not quoted.");
                }
            },
        },
    ],
});
