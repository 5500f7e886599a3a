import { stepUtils } from "@web_tour/tour_utils";

/** What several tours do on their way. */

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
