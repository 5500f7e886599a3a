import { ScheduledMessage } from "@mail/chatter/web/scheduled_message_model";

import { patch } from "@web/core/utils/patch";

patch(ScheduledMessage.prototype, {
    setup() {
        super.setup(...arguments);
        /** @type {boolean} */
        this.b2b_send;
    },
});
