import { Composer } from "@mail/core/common/composer";
import { Store } from "@mail/core/common/store_service";

import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";

import { onWillStart } from "@odoo/owl";

patch(Composer.prototype, {
    setup() {
        super.setup();
        this.b2bSending = false;
        onWillStart(async () => {
            this.b2bAllowed = await user.hasGroup("b2b_family_mail.group_user");
        });
    },

    /** A message on a record, which mails its readers; not a note, nor a chat. */
    get canSendViaB2B() {
        const { composer, type } = this.props;
        return this.b2bAllowed && this.env.inChatter && type === "message" && !composer.message;
    },

    get postData() {
        const postData = super.postData;
        return this.b2bSending ? { ...postData, b2bSend: true } : postData;
    },

    async sendViaB2B() {
        this.b2bSending = true;
        try {
            await this.sendMessage();
        } finally {
            this.b2bSending = false;
            // The server may have refused; what was written can then be sent otherwise.
            this.state.active = true;
        }
    },
});

patch(Store.prototype, {
    async getMessagePostParams({ postData }) {
        const params = await super.getMessagePostParams(...arguments);
        if (postData.b2bSend) {
            params.post_data.b2b_send = true;
        }
        return params;
    },
});
