# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may send, and what a person may see, asked for him rather than by him."""

SEND_GROUP = "b2b_family_mail.group_user"


def seen_by(user, records):
    """Return the records as ``user`` sees them, in any of his companies."""
    companies = list(user._get_company_ids())
    return records.with_user(user).with_context(allowed_company_ids=companies)


def readable_by(user, records):
    """Return those of the records that ``user`` may read, in any of his companies."""
    theirs = seen_by(user, records)._filtered_access("read")
    return records & theirs.with_env(records.env)
