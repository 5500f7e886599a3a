import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Moment } from "./moment";
import { colorOf } from "./states";

import { Component, xml } from "@odoo/owl";

/** What is said of a letter in each state, and of when. */
const sentences = (moment) => ({
    queued: _t("Queued %(moment)s", { moment }),
    next: _t("Queued, next try %(moment)s", { moment }),
    sending: _t("Sending began %(moment)s", { moment }),
    linked: _t("Link made %(moment)s", { moment }),
    sent: _t("Sent %(moment)s", { moment }),
    delivered: _t("Delivered, sent %(moment)s", { moment }),
    opened: _t("Opened %(moment)s", { moment }),
    answered: _t("Answered %(moment)s", { moment }),
    unknown: _t("In doubt, tried %(moment)s", { moment }),
    failed: _t("Failed %(moment)s", { moment }),
    cancelled: _t("Cancelled %(moment)s", { moment }),
    untracked: _t("By ordinary mail %(moment)s", { moment }),
});

/** "Opened 5 min. ago": the state of a letter with its date, for the cards of the board. */
class LetterMomentField extends Component {
    static components = { Moment };
    static template = xml`
        <span t-if="date" t-att-class="color"><Moment date="date" format.bind="format"/></span>`;
    static props = { ...standardFieldProps };

    get date() {
        return this.props.record.data[this.props.name];
    }

    get color() {
        return colorOf(this.props.record.data.status);
    }

    format(moment) {
        const { status, next_try_date } = this.props.record.data;
        const isNext = status === "queued" && next_try_date;
        return sentences(moment)[isNext ? "next" : status].toString();
    }
}

registry.category("fields").add("b2b_family_letter_moment", {
    component: LetterMomentField,
    displayName: _t("State of a letter and when"),
    supportedTypes: ["datetime"],
    fieldDependencies: [
        { name: "status", type: "selection" },
        { name: "next_try_date", type: "datetime" },
    ],
});
