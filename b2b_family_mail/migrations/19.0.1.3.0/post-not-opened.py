# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """That a letter is not opened does not pop up any more: it is a to-do."""
    cr.execute(
        "UPDATE res_users SET b2b_notice_not_open = 'activity'"
        " WHERE b2b_notice_not_open = 'popup'"
    )
