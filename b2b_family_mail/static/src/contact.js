import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { loadUntouched, useLiveReload } from "./live_views";
import { Moment } from "./moment";

import { Component, xml } from "@odoo/owl";

/** Reads a contact anew when something becomes of letters to it. Shows nothing. */
class LiveContact extends Component {
    static template = xml``;
    static props = { ...standardWidgetProps };

    setup() {
        useLiveReload(
            ({ partner_ids }) => partner_ids.includes(this.props.record.resId),
            () => loadUntouched(this.props.record)
        );
    }
}

registry.category("view_widgets").add("b2b_family_live_contact", { component: LiveContact });

/** "Opened 5 min. ago": when a contact last opened a letter. */
class LastOpenField extends Component {
    static components = { Moment };
    static template = xml`<Moment t-if="date" date="date" format.bind="format"/>`;
    static props = { ...standardFieldProps };

    get date() {
        return this.props.record.data[this.props.name];
    }

    format(moment) {
        return _t("Opened %(moment)s", { moment }).toString();
    }
}

registry.category("fields").add("b2b_family_last_open", {
    component: LastOpenField,
    displayName: _t("When a letter was last opened"),
    supportedTypes: ["datetime"],
});
