# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The letter as we hand it over: strict in what is sent."""

import re
from dataclasses import dataclass
from typing import Any

# One bare address. What it consists of is the service's affair; that it is one, ours.
_ADDRESS = re.compile(r'[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"]+')
_BREAK = re.compile("[\r\n\0]")
_HEADERS = ("to", "subject", "key", "from_name", "reply_to", "cc")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingLetter:
    """One letter to one reader.

    :ivar to: exactly one bare address
    :ivar html: the text, HTML
    :ivar key: our opaque key; the service hands it back with every webhook (P)
    :ivar from_name: name shown as sender (A)
    :ivar reply_to: where answers go (A)
    :ivar cc: bare addresses (A)
    :ivar attachments: ids that :meth:`~.client.B2BFamilyClient.upload` returned
    :ivar sms_enable, email_enable, webhook_enable: how the service tells of opens (P)
    :ivar not_open_timeout: be told when not opened in so many days (P; the unit A)
    :ivar crm_data: pairs of element id and element type (P)
    :raises ValueError: a line break or NUL in a header-like field (named), a recipient
        that is not one address, an empty key, an impossible attachment id or time-out
    """

    to: str
    subject: str
    html: str
    key: str
    from_name: str = ""
    reply_to: str = ""
    cc: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    template_id: str | int | None = None
    sms_enable: bool = False
    email_enable: bool = False
    webhook_enable: bool = True
    not_open_timeout: int | None = None
    crm_data: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        for name in _HEADERS:
            value = getattr(self, name)
            for line in value if isinstance(value, tuple) else (value,):
                if _BREAK.search(line):
                    raise ValueError(f"{name}: line breaks and NUL are not allowed.")
        for name, addresses in (("to", (self.to,)), ("cc", self.cc)):
            if not all(map(_ADDRESS.fullmatch, addresses)):
                raise ValueError(f"{name}: must be exactly one e-mail address each.")
        if not self.key:
            raise ValueError("key: must not be empty.")
        if not all(ref and not re.search(r"[;\s]", ref) for ref in self.attachments):
            raise ValueError("attachments: each must be an id the service gave.")
        if self.not_open_timeout is not None and self.not_open_timeout < 1:
            raise ValueError("not_open_timeout: must be at least one day.")

    def to_payload(self, api_key: str, kind: str = "message") -> dict[str, Any]:
        """Return the body of ``POST /mail`` (P); empty optional fields are left out.

        :param kind: ``message`` to have it sent, ``link`` for a link to it
        """
        optional = {
            "attachments": "".join(f"{ref};" for ref in self.attachments),
            "template_id": self.template_id,
            "from_name": self.from_name,
            "reply_to": self.reply_to,
            "cc_emails": [{"email": address} for address in self.cc],
            "events": self.not_open_timeout
            and {
                "trigger": "message_open",
                "not_open_timeout": self.not_open_timeout,
            },
            "crm_data": [
                {"element_id": element_id, "element_type": element_type}
                for element_id, element_type in self.crm_data
            ],
        }
        return {
            "apikey": api_key,
            "to": self.to,
            "subject": self.subject,
            "text": self.html,
            "type": kind,
            "notification_settings": {
                "sms_enable": self.sms_enable,
                "email_enable": self.email_enable,
                "webhook_enable": self.webhook_enable,
            },
            "custom_data": {"key": self.key},
            **{name: value for name, value in optional.items() if value},
        }
