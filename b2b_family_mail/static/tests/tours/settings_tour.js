import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// What the test gives the tour to type.
const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));
const input = (name) => `.o_field_widget[name=b2b_family_${name}] input`;

const type = (name) => ({
    content: `Type ${name}`,
    trigger: input(name),
    run(helpers) {
        return helpers.edit(given()[name]);
    },
});

registry.category("web_tour.tours").add("b2b_family_settings", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the settings",
            trigger: '.o_app[data-menu-xmlid="base.menu_administration"]',
            run: "click",
        },
        {
            content: "Choose B2B Family",
            trigger: '.settings_tab .tab[data-key="b2b_family_mail"]',
            run: "click",
        },
        {
            content: "Nothing of the service is asked for where this Odoo delivers",
            trigger: "#b2b_family_carrier",
            run() {
                if (document.querySelector(input("app_key"))) {
                    console.error("The service's fields are shown before it is chosen.");
                }
            },
        },
        {
            content: "Have B2B Family deliver",
            trigger: ".o_field_widget[name=b2b_family_carrier] input[data-value=service]",
            run: "click",
        },
        type("app_key"),
        type("secret_key"),
        type("email"),
        type("mail_password"),
        type("api_url"),
        {
            content: "Nothing is set yet",
            trigger: "#b2b_family_api_key .badge:contains(Not set)",
        },
        {
            content: "Get the api key",
            trigger: "button[name=action_b2b_get_api_key]",
            run: "click",
        },
        {
            content: "The api key is set",
            trigger: "#b2b_family_api_key .badge.text-bg-success:contains(Set)",
        },
        {
            content: "What was typed is set, too, and is not shown",
            trigger: "#b2b_family_app_key:not(:has(.badge:contains(Not set)))",
            run() {
                for (const name of ["app_key", "secret_key", "mail_password", "api_key"]) {
                    if (document.querySelector(input(name)).value) {
                        console.error(`The field ${name} shows the secret.`);
                    }
                }
            },
        },
        {
            content: "Have the service report at once",
            trigger: "button[name=action_b2b_subscribe]",
            run: "click",
        },
        {
            content: "It does",
            trigger: "#b2b_family_webhook .badge:contains(Subscribed)",
        },
    ],
});
