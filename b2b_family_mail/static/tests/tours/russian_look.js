import { cookie } from "@web/core/browser/cookie";

/** What the test gives the tour; `texts` is the address of the texts of the addon. */
export const given = () => JSON.parse(decodeURIComponent(cookie.get("b2b_tour")));

const ATTRIBUTES = ["title", "placeholder", "aria-label", "alt", "data-tooltip"];
const SEEN = "b2b_untranslated";
let wanted;

const normal = (text) => text.replaceAll(/\s+/g, " ").trim();

/** English texts that a Russian must not see, and what they are in Russian. */
async function load() {
    if (!wanted) {
        const response = await fetch(given().texts);
        const { exact, patterns, russian } = await response.json();
        wanted = {
            exact: new Set(exact),
            patterns: patterns.map((pattern) => new RegExp(`^${pattern}$`)),
            russian: new Set(russian),
        };
    }
    return wanted;
}

/** The label and the help that a hovering pointer brings up. */
function* hovered(element) {
    const info = element.getAttribute("data-tooltip-info");
    if (info) {
        const { field } = JSON.parse(info);
        yield* [field?.label, field?.string, field?.help];
    }
}

function* textsOf(element) {
    for (const child of element.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) {
            yield child.data;
        }
    }
    yield* ATTRIBUTES.map((name) => element.getAttribute(name));
    if (["BUTTON", "INPUT", "TEXTAREA"].includes(element.tagName)) {
        yield element.value;
    }
    yield* hovered(element);
}

function visibleTexts() {
    const texts = new Set();
    for (const element of document.body.querySelectorAll("*:not(script, style, iframe)")) {
        const shown = element.tagName === "OPTION" ? element.closest("select") : element;
        if (shown?.checkVisibility()) {
            for (const text of textsOf(element)) {
                texts.add(normal(String(text ?? "")));
            }
        }
    }
    return texts;
}

/**
 * Remember what is not in Russian on the screen as it is now.
 *
 * @param {string} screen
 * @param {string[]} [core] words that core has not translated there
 */
export const look = (screen, core = []) => ({
    content: `Read all of: ${screen}`,
    trigger: "body",
    async run() {
        const { exact, patterns, russian } = await load();
        const texts = visibleTexts();
        if (!texts.intersection(russian).size) {
            console.error(`Nothing of the addon is on the screen: ${screen}`);
        }
        const found = [...texts].filter(
            (text) =>
                !core.includes(text) &&
                (exact.has(text) || patterns.some((pattern) => pattern.test(text)))
        );
        if (found.length) {
            const earlier = JSON.parse(sessionStorage.getItem(SEEN) ?? "[]");
            const now = found.map((text) => `${screen}: ${text}`);
            sessionStorage.setItem(SEEN, JSON.stringify([...earlier, ...now]));
        }
    },
});

/** These very words are on the screen: the manual of the service has them. */
export const says = (screen, ...words) => ({
    content: `The words of the manual: ${screen}`,
    trigger: "body",
    run() {
        const texts = visibleTexts();
        const missing = words.filter((word) => !texts.has(word));
        if (missing.length) {
            console.error(`${screen} lacks the words: ${missing.join(", ")}`);
        }
    },
});

/** Say all that was remembered, at once. */
export const report = {
    content: "Everything was in Russian",
    trigger: "body",
    run() {
        const seen = JSON.parse(sessionStorage.getItem(SEEN) ?? "[]");
        if (seen.length) {
            console.error(`Not in Russian:\n${seen.join("\n")}`);
        }
    },
};

export const click = (trigger, content = `Click ${trigger}`) => ({
    content,
    trigger,
    run: "click",
});
export const see = (trigger) => ({ content: `See ${trigger}`, trigger });
export const menu = (name) =>
    click(`:is(.o_main_navbar, .o-dropdown--menu) [data-menu-xmlid="b2b_family_mail.${name}"]`);
export const back = click(".o_breadcrumb .o_back_button, .breadcrumb .o_back_button");

/** Open the filters and groups, read them, and close them. */
export const lookAtSearch = (screen) => [
    click(".o_searchview_dropdown_toggler"),
    see(".o_search_bar_menu .o_menu_item"),
    look(`${screen}, search`),
    click(".o_searchview_dropdown_toggler"),
];
