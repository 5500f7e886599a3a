import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, useState } from "@odoo/owl";

const ACCOUNT = ["b2b_family_email", "b2b_family_mail_password"];

/**
 * Logs in to the own mailbox with what was typed: only when that works is it saved.
 *
 * A button of the view would save the form before the server is asked.
 */
class GetApiKey extends Component {
    static template = "b2b_family_mail.GetApiKey";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ busy: false });
    }

    async logIn() {
        const { record } = this.props;
        this.state.busy = true;
        try {
            const changes = Object.entries(await record.getChanges());
            const typed = changes.filter(([name]) => ACCOUNT.includes(name));
            const told = await this.orm.call("res.users", "action_b2b_get_api_key", [
                [record.resId],
                Object.fromEntries(typed),
            ]);
            if (await record.save()) {
                await this.action.doAction(told);
            }
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("view_widgets").add("b2b_family_get_api_key", { component: GetApiKey });
