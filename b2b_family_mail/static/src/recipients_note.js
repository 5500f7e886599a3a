import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, useEffect, useState, xml } from "@odoo/owl";

/**
 * Says what is to be known of the recipients of a message before *Send via B2B*.
 *
 * Asked for once the screen is there: nobody waits for it.
 */
export class RecipientsNote extends Component {
    static template = xml`
        <div t-if="state.note" class="o-b2b-RecipientsNote" role="status" t-att-class="props.look" t-esc="state.note"/>`;
    static props = { partnerIds: Array, withAttachments: Boolean, look: String };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ note: false });
        const answers = new KeepLast();
        useEffect(
            (key) => {
                const args = [this.props.partnerIds, this.props.withAttachments];
                const call = key
                    ? this.orm.silent.call("res.partner", "b2b_recipients_note", args)
                    : Promise.resolve(false);
                answers.add(call).then((note) => (this.state.note = note));
            },
            () => [this.props.partnerIds.join(), this.props.withAttachments]
        );
    }
}

/** The same in a form; options: the field of the recipients, and how it looks. */
class RecipientsNoteWidget extends Component {
    static components = { RecipientsNote };
    static template = xml`
        <RecipientsNote partnerIds="partnerIds" withAttachments="withAttachments" look="props.look"/>`;
    static props = { ...standardWidgetProps, field: String, look: String };

    get partnerIds() {
        return this.props.record.data[this.props.field].currentIds;
    }

    get withAttachments() {
        return this.props.record.data.attachment_ids.count > 0;
    }
}

registry.category("view_widgets").add("b2b_family_recipients_note", {
    component: RecipientsNoteWidget,
    extractProps: ({ options }) => ({ field: options.field, look: options.look }),
});
