# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

# What 19.0.1.5.0 and before wrote down when an author cancelled a letter.
WORDS = ("Sending was cancelled.", "Отправка отменена.")


def migrate(cr, version):
    """Call letters cancelled what was, before it had a status of its own, a failure."""
    cr.execute(
        """UPDATE b2b_family_letter SET is_cancelled = TRUE
            WHERE state = 'failed' AND is_cancelled IS NOT TRUE
              AND failure_reason IN %s""",
        [WORDS],
    )
