import { useDiscussSystray } from "@mail/utils/common/hooks";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { session } from "@web/session";

import { MODEL, openLetters, SEEN, UPDATE } from "../letters";
import { Moment } from "../moment";

import { Component, onWillUnmount, useState } from "@odoo/owl";

// A burst of news, one letter to many readers, is counted once.
const DELAY = 500;

const ICONS = {
    open: "fa-envelope-open-o text-success",
    answer: "fa-reply text-success",
    attachment: "fa-paperclip text-success",
    failure: "fa-exclamation-circle text-danger",
    not_open: "fa-clock-o text-warning",
};
const sentences = ({ subject }) => ({
    open: _t("Opened “%(subject)s”", { subject }),
    answer: _t("“%(subject)s” was answered", { subject }),
    attachment: _t("Opened an attachment of “%(subject)s”", { subject }),
    failure: _t("“%(subject)s” was not delivered", { subject }),
    not_open: _t("Has not opened “%(subject)s” yet", { subject }),
});

/** What happened to the user's own letters, in the top bar: new until looked at. */
export class NewsMenu extends Component {
    static components = { Dropdown, Moment };
    static props = [];
    static template = "b2b_family_mail.NewsMenu";

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.dropdown = useDropdownState();
        this.systray = useDiscussSystray();
        // How many are new is known with the page; what they are, when they are looked at.
        this.state = useState({ count: session.b2b_news_count, news: [] });
        const bus = useService("bus_service");
        const onUpdate = useDebounced(() => this.update(), DELAY);
        const onSeen = () => (this.state.count = 0);
        bus.subscribe(UPDATE, onUpdate);
        bus.subscribe(SEEN, onSeen);
        onWillUnmount(() => {
            bus.unsubscribe(UPDATE, onUpdate);
            bus.unsubscribe(SEEN, onSeen);
        });
    }

    async update() {
        if (this.dropdown.isOpen) {
            await this.load();
        } else {
            this.state.count = await this.orm.silent.call(MODEL, "count_news", []);
        }
    }

    async load() {
        const news = await this.orm.silent.call(MODEL, "open_news", []);
        this.state.news = news.map((entry) => ({
            ...entry,
            date: deserializeDateTime(entry.date),
            icon: ICONS[entry.kind],
            tel: entry.phone && `tel:${entry.phone.replace(/\s+/g, "")}`,
            words: sentences(entry)[entry.kind],
            who: this.who(entry.readers),
        }));
        this.state.count = 0;
    }

    who([reader, ...others]) {
        return others.length
            ? _t("%(reader)s and %(count)s more", { reader, count: others.length })
            : reader;
    }

    openEntry({ letter_ids }) {
        this.dropdown.close();
        this.action.doAction(openLetters(letter_ids), { clearBreadcrumbs: true });
    }

    openBoard() {
        this.dropdown.close();
        this.action.doAction("b2b_family_mail.b2b_family_letter_action", {
            clearBreadcrumbs: true,
        });
    }
}

registry.category("systray").add(
    "b2b_family_mail.news_menu",
    {
        Component: NewsMenu,
        isDisplayed: () => "b2b_news_count" in session,
    },
    { sequence: 22 }
);
