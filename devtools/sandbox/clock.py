"""The service's clock, which tests can move."""

import time
from datetime import datetime, timedelta, timezone

# The real service prints times of this zone (A); a fixed offset, so that the machine
# needs no zone database.
ZONE = timezone(timedelta(hours=3), "MSK")


class Clock:
    """The time now, in epoch seconds, `offset` seconds away from the machine's."""

    def __init__(self, offset: float = 0):
        self.offset = offset

    def now(self) -> float:
        return time.time() + self.offset


def iso(moment: float | None) -> str | None:
    """ISO 8601 with milliseconds and zone, as answers and webhooks print it."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, ZONE).isoformat(timespec="milliseconds")


def moment(value) -> float:
    """Epoch seconds of an epoch number or an ISO 8601 date; one without a zone is in
    the service's.

    Raises ValueError for anything else.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        raise ValueError("A date is an ISO 8601 string or epoch seconds")
    # Python 3.10 does not read the Z.
    date = datetime.fromisoformat(
        value[:-1] + "+00:00" if value.endswith("Z") else value
    )
    return (date if date.tzinfo else date.replace(tzinfo=ZONE)).timestamp()
