import { rpc } from "@web/core/network/rpc";
import { stepUtils } from "@web_tour/tour_utils";

/** What several tours do on their way. */

const call = (method, ...args) =>
    rpc(`/web/dataset/call_kw/b2b.family.letter/${method}`, {
        model: "b2b.family.letter",
        method,
        args,
        kwargs: {},
    });
/** Let Odoo ask the service what became of the letters that a domain finds. */
export const hear = async (domain) => call("action_refresh", await call("search", domain));

export const openApp = [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open B2B Family",
        trigger: '.o_app[data-menu-xmlid="b2b_family_mail.b2b_family_menu_root"]',
        run: "click",
    },
];
export const beginLetter = [
    ...openApp,
    {
        content: "Write a new letter",
        trigger: ".o_control_panel button:contains(New Letter)",
        run: "click",
    },
    {
        content: "Type the subject",
        trigger: ".o_field_widget[name=subject] :is(input, textarea)",
        run: "edit Our offer",
    },
];
export const openPreferences = [
    {
        content: "Open the menu of the user",
        trigger: ".o_user_menu button",
        run: "click",
    },
    {
        content: "Choose the preferences",
        trigger: "[data-menu=preferences]",
        run: "click",
    },
];
export const writeToSelected = [
    {
        content: "What can be done with them",
        trigger: ".o_cp_action_menus button:contains(Actions)",
        run: "click",
    },
    {
        content: "Write to them",
        trigger: ".o-dropdown--menu .o_menu_item:contains(Send Email)",
        run: "click",
    },
    {
        content: "Type a subject",
        trigger: ".modal .o_field_widget[name=subject] :is(input, textarea)",
        run: "edit Price list",
    },
];
