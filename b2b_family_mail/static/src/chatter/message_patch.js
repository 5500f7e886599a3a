import { Message } from "@mail/core/common/message";

import { patch } from "@web/core/utils/patch";

patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        // Core hands the raw record to the list of recipients, whatever component that
        // is: nothing renders it again when the record changes. This one is reactive.
        const { open } = this.popover;
        this.popover.open = (target, props) => open(target, { ...props, message: this.message });
    },
});
