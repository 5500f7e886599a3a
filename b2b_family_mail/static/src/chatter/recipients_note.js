import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";

import { Component, useEffect, useState, xml } from "@odoo/owl";

/** Says what is to be known of the recipients of a message before *Send via B2B*. */
export class RecipientsNote extends Component {
    static template = xml`
        <div t-if="state.note" class="o-b2b-RecipientsNote text-muted small" t-esc="state.note"/>`;
    static props = { thread: Object, withAttachments: Boolean };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ note: false });
        const answers = new KeepLast();
        useEffect(
            (key) => {
                const args = [this.partnerIds, this.props.withAttachments];
                const call = key
                    ? this.orm.silent.call("res.partner", "b2b_recipients_note", args)
                    : Promise.resolve(false);
                answers.add(call).then((note) => (this.state.note = note));
            },
            () => [this.partnerIds.join(), this.props.withAttachments]
        );
    }

    get partnerIds() {
        const { suggestedRecipients, additionalRecipients } = this.props.thread;
        return [...suggestedRecipients, ...additionalRecipients]
            .map((recipient) => recipient.partner_id)
            .filter(Boolean);
    }
}
