# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Every path of the service, one table."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Endpoint(NamedTuple):
    """Where a call goes: POST and PUT carry JSON, GET and DELETE a query (P)."""

    method: str
    path: str


#: Source of each line: M the manual, P public client code, A assumed.
ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {
        "login": Endpoint("POST", "/user/login"),  # P
        "upload": Endpoint("POST", "/attachments/add"),  # A
        "send": Endpoint("POST", "/mail"),  # P
        "generate_link": Endpoint("POST", "/Mail/generate_link"),  # P
        "find": Endpoint("GET", "/mail/find"),  # A
        "statistics": Endpoint("GET", "/mail/statistics"),  # A
        "subscribe": Endpoint("PUT", "/subscribers/add"),  # P
        "unsubscribe": Endpoint("DELETE", "/subscribers/delete"),  # P
        "template": Endpoint("GET", "/Templates/get_template"),  # P
    }
)

BODY_METHODS = frozenset({"POST", "PUT"})
METHODS = BODY_METHODS | {"GET", "DELETE"}
#: Calls that cannot be made in a query string: passwords, letters and files.
BODY_CALLS = frozenset({"login", "upload", "send", "generate_link"})

# "/", then segments of unreserved characters: no host, query, escape or backslash.
_PATH = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*[A-Za-z0-9._~-]*")


def merge_endpoints(override: str | Mapping[str, Any] | None) -> dict[str, Endpoint]:
    """Return :data:`ENDPOINTS` with an administrator's corrections.

    :param override: a JSON object (text, or already read) from call name to either
        ``{"method": "GET", "path": "/mail/find"}`` or only the path; nothing, or an
        empty text, changes nothing
    :raises ValueError: words for the administrator, with the offending call's name
    """
    if isinstance(override, str):
        override = _read_override(override)
    if not isinstance(override or {}, Mapping):
        raise ValueError("The endpoints must be one JSON object.")
    return {
        **ENDPOINTS,
        **{name: _endpoint(name, entry) for name, entry in (override or {}).items()},
    }


def _read_override(text: str) -> Any:
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("The endpoints must be one JSON object.") from None


def _endpoint(name: Any, entry: Any) -> Endpoint:
    if name not in ENDPOINTS:
        known = ", ".join(ENDPOINTS)
        raise ValueError(f"There is no call named {name!r}; the calls are {known}.")
    default = ENDPOINTS[name]
    if isinstance(entry, str):
        entry = {"path": entry}
    if not isinstance(entry, Mapping) or not entry or set(entry) - {"method", "path"}:
        raise ValueError(f'{name}: give a path, or "method" and "path".')
    method, path = entry.get("method", default.method), entry.get("path", default.path)
    allowed = BODY_METHODS if name in BODY_CALLS else METHODS
    if not isinstance(method, str) or method.upper() not in allowed:
        raise ValueError(
            f"{name}: the method must be one of {', '.join(sorted(allowed))}."
        )
    if not _is_path(path):
        raise ValueError(
            f'{name}: the path must start with "/" and consist of letters, digits '
            'and ".", "_", "~", "-" between single slashes, without "." or ".." parts.'
        )
    return Endpoint(method.upper(), path)


def _is_path(path: Any) -> bool:
    return (
        isinstance(path, str)
        and _PATH.fullmatch(path) is not None
        and not {".", ".."} & set(path.split("/"))
    )
