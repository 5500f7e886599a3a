# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Speaks HTTP to the service B2B Family. Knows no Odoo: standard library and requests.

Start with :class:`~.client.B2BFamilyClient`; what the service's words mean is in
:mod:`~.events`, what can go wrong in :mod:`~.errors`.
"""

from .address import check_url, is_public
from .client import B2BFamilyClient, Login, Template
from .dates import parse_date
from .endpoints import ENDPOINTS, Endpoint, merge_endpoints
from .errors import (
    REASONS,
    AuthenticationFailed,
    B2BFamilyError,
    FileRefused,
    Misconfigured,
    OutcomeUnknown,
    PayloadError,
    Rejected,
    TooManyItems,
    Unavailable,
    result_of,
)
from .events import (
    AttachmentStatistics,
    EventType,
    RecipientStatistics,
    Statistics,
    TrackingEvent,
    parse_events,
    parse_statistics,
)
from .letter import OutgoingLetter
from .reading import parse_json
from .signature import login_hash
from .transport import Transport

__all__ = [
    "ENDPOINTS",
    "REASONS",
    "AttachmentStatistics",
    "AuthenticationFailed",
    "B2BFamilyClient",
    "B2BFamilyError",
    "Endpoint",
    "EventType",
    "FileRefused",
    "Login",
    "Misconfigured",
    "OutcomeUnknown",
    "OutgoingLetter",
    "PayloadError",
    "RecipientStatistics",
    "Rejected",
    "Statistics",
    "Template",
    "TooManyItems",
    "TrackingEvent",
    "Transport",
    "Unavailable",
    "check_url",
    "is_public",
    "login_hash",
    "merge_endpoints",
    "parse_date",
    "parse_events",
    "parse_json",
    "parse_statistics",
    "result_of",
]
