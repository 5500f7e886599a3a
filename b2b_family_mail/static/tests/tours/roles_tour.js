import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

import { openPreferences } from "./steps";

const app = '[data-menu-xmlid="b2b_family_mail.b2b_family_menu_root"]';
const menu = (name) => `.o_main_navbar [data-menu-xmlid="b2b_family_mail.${name}"]`;

/** The server refuses this call. */
const refused = (model, method, args) => ({
    content: `${model}.${method} is refused`,
    trigger: "body",
    async run() {
        try {
            const url = `/web/dataset/call_kw/${model}/${method}`;
            await rpc(url, { model, method, args, kwargs: {} }, { silent: true });
        } catch (error) {
            if (error.exceptionName === "odoo.exceptions.AccessError") {
                return;
            }
            throw error;
        }
        console.error(`${model}.${method} is not refused.`);
    },
});
const absent = (content, trigger, words) => ({
    content,
    trigger,
    run() {
        const html = this.anchor.innerHTML;
        for (const word of words.filter((word) => html.includes(word))) {
            const place = html.indexOf(word);
            const found = html.slice(Math.max(0, place - 80), place + 80);
            console.error(`${content}: “${word}” is there: ${found}`);
        }
    },
});

registry.category("web_tour.tours").add("b2b_family_manager", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        { content: "Open B2B Family", trigger: `.o_app${app}`, run: "click" },
        {
            content: "The manager has written none",
            trigger: ".o_kanban_view:not(:has(.o_kanban_record:contains(Price list)))",
        },
        {
            content: "Look at those of others",
            trigger: ".o_searchview_facet:contains(My Letters) .o_facet_remove",
            run: "click",
        },
        {
            content: "A letter of somebody else",
            trigger: ".o_kanban_record:contains(Rita Reader):contains(Price list)",
        },
        absent("Another company's", ".o_kanban_view", ["Secret plan"]),
        {
            content: "Open it",
            trigger: ".o_kanban_record:contains(Price list)",
            run: "click",
        },
        {
            content: "Who wrote it",
            trigger: ".o_form_view .o_field_widget[name=author_id]:contains(Sally Seller)",
        },
        {
            content: "Letter information",
            trigger: ".o_field_widget[name=activity_ids] .o_data_row:contains(First open)",
        },
        {
            content: "Look at what happened",
            trigger: ".o_notebook .nav-link[name=events]",
            run: "click",
        },
        {
            content: "What the reader did",
            trigger: ".o_field_widget[name=event_ids] .o_data_row:contains(Letter opened)",
        },
        {
            content: "Look at the text",
            trigger: ".o_notebook .nav-link[name=body]",
            run: "click",
        },
        { content: "It is there", trigger: ".o_field_widget[name=body]:contains(Good day)" },
        {
            content: "One letter to one reader has one form",
            trigger: ".o_form_view:not(:has(button[name=action_open_mail]))",
        },
        {
            content: "Nothing of it can be changed",
            trigger: ".o_field_widget[name=subject].o_readonly_modifier",
        },
        {
            content: "Open the report",
            trigger: menu("b2b_family_reporting_menu"),
            run: "click",
        },
        {
            content: "That of the letters",
            trigger: '[data-menu-xmlid="b2b_family_mail.b2b_family_letter_report_menu"]',
            run: "click",
        },
        { content: "A chart", trigger: ".o_graph_view .o_graph_canvas_container canvas" },
        {
            content: "The same as a table",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "One line for each author",
            trigger: ".o_pivot tbody tr:contains(Sally Seller)",
        },
        {
            content: "How often the letters were opened",
            trigger: ".o_pivot thead:contains(Open Rate)",
        },
        absent("Another company's", ".o_pivot", ["Otto Other"]),
        {
            content: "Open what a manager configures",
            trigger: menu("b2b_family_configuration_menu"),
            run: "click",
        },
        {
            content: "Templates",
            trigger: '.o-dropdown--menu [data-menu-xmlid$=".b2b_family_template_menu"]',
        },
        absent("What only administrators configure", ".o-dropdown--menu", [
            "res_config_settings_menu",
            "b2b_family_setup_menu",
            "b2b_family_service_status_menu",
        ]),
        refused("res.config.settings", "create", [{}]),
        refused("b2b.family.setup", "create", [{}]),
        refused("ir.config_parameter", "get_param", ["b2b_family_mail.secret_key"]),
        refused("ir.config_parameter", "search_read", [[["key", "like", "b2b_family_mail"]]]),
    ],
});

registry.category("web_tour.tours").add("b2b_family_without_group", {
    steps: () => [
        {
            content: "The message, as any other",
            trigger: ".o-mail-Message:contains(Good day) .o-mail-Message-notification",
        },
        absent("No sign that it was opened", ".o-mail-Chatter", [
            "o-b2b-Tracking",
            "envelope-open",
            "B2B",
        ]),
        absent("Neither button nor consent", ".o_form_view", ["b2b_", "Tracking of Letters"]),
        {
            content: "Who got it",
            trigger: ".o-mail-Message:contains(Good day) .o-mail-Message-notification",
            run: "click",
        },
        absent("Not who opened it", ".o-mail-MessageNotificationPopover:contains(Rita Reader)", [
            "Opened",
        ]),
        {
            content: "See what can be done with a contact",
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        absent("Nothing about tracking", ".o-dropdown--menu:contains(Duplicate)", ["racking"]),
        {
            content: "Look at all contacts",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "See how they can be filtered",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        absent("Not by their letters", ".o_search_bar_menu", ["Letter"]),
        ...openPreferences,
        absent("No tab there", ".modal .o_notebook", ["b2b_family", "B2B"]),
        {
            content: "Leave them",
            trigger: ".modal .btn-close",
            run: "click",
        },
        stepUtils.showAppsMenuItem(),
        absent("No app", ".o-dropdown--menu:has(.o_app)", ["b2b_family", "B2B"]),
        refused("b2b.family.letter", "search_read", [[]]),
    ],
});
