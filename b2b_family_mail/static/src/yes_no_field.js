import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, xml } from "@odoo/owl";

/** A boolean in words, as the tab "B2B letter" shows it: Yes, No. */
class YesNoField extends Component {
    static template = xml`<span t-esc="label"/>`;
    static props = { ...standardFieldProps };

    get label() {
        return this.props.record.data[this.props.name] ? _t("Yes") : _t("No");
    }
}

registry.category("fields").add("b2b_family_yes_no", {
    component: YesNoField,
    displayName: _t("Yes or no"),
    supportedTypes: ["boolean"],
});
