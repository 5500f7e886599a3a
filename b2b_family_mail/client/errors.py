# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can go wrong between us and the service, one class per answer to *what now?*

========================  =============================  ==========================
error                     was it carried out?            retry
========================  =============================  ==========================
:class:`Rejected`         no                             not as it is
:class:`AuthenticationFailed`  no                        after a new login
:class:`Unavailable`      no, or harmless to repeat      later, as it is
:class:`Misconfigured`    no                             later, once it is mended
:class:`OutcomeUnknown`   nobody knows                   never blindly: look it up
:class:`PayloadError`     yes, the answer is unreadable  repeating will not help
========================  =============================  ==========================
"""

from typing import Any

#: What we say ourselves, because the service said nothing that a person could read.
REASONS = {
    "unreachable": "The service cannot be reached.",
    "unknown_host": "The name of the service's host cannot be resolved.",
    "no_connection": "The service does not accept connections.",
    "not_secure": "No secure connection to the service can be made.",
    "broken_off": "The connection to the service broke before it had answered.",
    "late": "The service did not answer within {} seconds.",
    "http_status": "The service answered HTTP {}.",
    "no_json": "The service answered with something else than JSON.",
    "too_long": "The service's answer is too long.",
    "packed": "The service's answer is packed in an unknown way.",
    "no_key": "There is no api key; log in first.",
    "file_name": "The name of the file is empty, or has a line break in it.",
    "file_unreadable": "The file cannot be read.",
    "file_shrank": "The file became shorter while it was being sent.",
}


class B2BFamilyError(Exception):
    """Anything that kept a call from ending well. Catch this one to catch all.

    :ivar message: a sentence for people, the service's own words where it had any;
        never contains a key, password or hash
    :ivar reason: which of :data:`REASONS` it is, empty if the words are others
    :ivar detail: what the reason is told with, such as the seconds
    :ivar call: name of the call in :data:`~.endpoints.ENDPOINTS`, if one was made
    :ivar code: the service's own error code, if it gave one
    :ivar status: HTTP status, if there was an HTTP answer
    :ivar retry_after: seconds the service asks us to wait, not capped, or None
    """

    def __init__(
        self,
        message: str,
        *,
        call: str | None = None,
        code: int | str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        reason: str = "",
        detail: str = "",
    ):
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.detail = detail
        self.call = call
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @classmethod
    def because(cls, reason: str, detail: str = "", **details: Any) -> "B2BFamilyError":
        """Return the error for one of :data:`REASONS`."""
        words = REASONS[reason].format(detail)
        return cls(words, reason=reason, detail=detail, **details)


def result_of(outcome: Any) -> Any:
    """Return what a call gave.

    :param outcome: that, or the ``B2BFamilyError`` in which the call ended
    :raise B2BFamilyError: it is one
    """
    if isinstance(outcome, B2BFamilyError):
        raise outcome
    return outcome


class Rejected(B2BFamilyError):
    """A clear refusal: not carried out.

    Retry: not as it is; the same call would be refused again. A person must change
    the letter or the settings first.
    """


class FileRefused(Rejected):
    """A clear refusal whose words are about a file: the service may have dropped it.

    Retry: once, with files that were uploaded anew.
    """


class AuthenticationFailed(B2BFamilyError):
    """The api key or the credentials were refused: not carried out.

    Retry: once, after a new login. When the login itself raises this, a person must
    correct the credentials; do not hammer the service with them.
    """


class Unavailable(B2BFamilyError):
    """The service could not be reached or is busy.

    Either certainly not carried out (no connection, HTTP 429), or a call that is
    harmless to repeat.

    Retry: later, as it is, with growing pauses; not before ``retry_after`` seconds.
    """


class Misconfigured(Unavailable):
    """What is set up here, or stands between us and the service, is in the way.

    An address that cannot be used, a wrong table of endpoints, or a page that is no
    answer of the service: a proxy's, or another site's. Certainly not carried out: it
    says nothing of what the call was about, and all other calls end in the same.

    Retry: later, as it is. A person must mend the set-up first.
    """


class OutcomeUnknown(B2BFamilyError):
    """The service may or may not have carried the call out.

    Only ``send`` and ``generate_link`` raise it: the request was begun to be written
    and no clear answer came back.

    Retry: never blindly, that may deliver the letter twice. Look the letter up with
    :meth:`~.client.B2BFamilyClient.find` first.
    """


class PayloadError(B2BFamilyError):
    """Something the service said cannot be read.

    Retry: repeating does not help while the service says the same; keep the payload
    and show the field.

    :ivar field: where the unreadable value stands, e.g. ``attachments[0].first_open``
    :ivar payload: the raw item it stands in, where there is one (never an answer
        that may hold a key)
    """

    def __init__(
        self, message: str, *, field: str = "", payload: Any = None, **details: Any
    ):
        super().__init__(message, **details)
        self.field = field
        self.payload = payload


class TooManyItems(PayloadError):
    """A list has more items than we agree to read: none of them was."""
