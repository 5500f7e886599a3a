import { Composer } from "@mail/core/common/composer";
import { Store } from "@mail/core/common/store_service";

import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";
import { isEmail } from "@web/core/utils/strings";
import { session } from "@web/session";

import { RecipientsNote } from "../recipients_note";

import { onWillStart } from "@odoo/owl";

Composer.components = { ...Composer.components, RecipientsNote };

patch(Composer.prototype, {
    setup() {
        super.setup();
        /** Which way the other button sends what is being sent; undefined: the usual one. */
        this.b2bOtherWay = undefined;
        this.state.b2bSubject = "";
        onWillStart(async () => {
            this.b2bAllowed = await user.hasGroup("b2b_family_mail.group_user");
        });
    },

    /** A message on a record, which mails its readers; not a note, nor a chat. */
    get canSendViaB2B() {
        const { composer, type } = this.props;
        return this.b2bAllowed && this.env.inChatter && type === "message" && !composer.message;
    },

    /** Whether *Send* and Ctrl+Enter go by B2B Family, as the user prefers. */
    get b2bByDefault() {
        return this.canSendViaB2B && Boolean(session.b2b_track_by_default);
    },

    /** Whether what is being sent goes by B2B Family. */
    get b2bSend() {
        return this.b2bOtherWay ?? this.b2bByDefault;
    },

    get b2bRecipients() {
        const { suggestedRecipients, additionalRecipients } = this.props.composer.thread;
        return [...suggestedRecipients, ...additionalRecipients];
    },

    /** The contacts that it goes to. */
    get b2bPartnerIds() {
        return this.b2bRecipients.map((recipient) => recipient.partner_id).filter(Boolean);
    },

    /** Those whom core does not write to, and of whom it then sends nothing, silently. */
    get b2bUnreachable() {
        return this.b2bRecipients
            .filter(({ email }) => !email || !isEmail(email))
            .map(({ name, email }) => name || email);
    },

    get SEND_TEXT() {
        return this.b2bByDefault ? _t("Send via B2B") : super.SEND_TEXT;
    },

    get postData() {
        const postData = super.postData;
        const { b2bSend } = this;
        const subject = this.canSendViaB2B && this.state.b2bSubject.trim();
        return {
            ...postData,
            ...(b2bSend ? { b2bSend } : {}),
            ...(subject ? { subject } : {}),
        };
    },

    get fullComposerAdditionalContext() {
        const subject = this.state.b2bSubject.trim();
        return {
            ...super.fullComposerAdditionalContext,
            ...(subject ? { default_subject: subject } : {}),
        };
    },

    clear() {
        super.clear();
        this.state.b2bSubject = "";
    },

    b2bTellUnreachable() {
        const recipients = this.b2bUnreachable.join(", ");
        this.env.services.notification.add(
            _t(
                "Nothing was sent: no valid e-mail address for %(recipients)s. Correct the address of the contact, or remove the recipient.",
                { recipients }
            ),
            { type: "warning" }
        );
    },

    async sendTheOtherWay() {
        this.b2bOtherWay = !this.b2bByDefault;
        try {
            await this.sendMessage();
        } finally {
            this.b2bOtherWay = undefined;
        }
    },

    async sendMessage() {
        if (this.b2bSend && this.b2bUnreachable.length) {
            this.b2bTellUnreachable();
        }
        try {
            return await super.sendMessage();
        } finally {
            if (this.canSendViaB2B) {
                // The server may have refused; what was written can then be sent otherwise.
                this.state.active = true;
            }
        }
    },
});

patch(Store.prototype, {
    async getMessagePostParams({ postData }) {
        const params = await super.getMessagePostParams(...arguments);
        if (postData.b2bSend) {
            params.post_data.b2b_send = true;
        }
        if (postData.subject) {
            params.post_data.subject = postData.subject;
        }
        return params;
    },
});
