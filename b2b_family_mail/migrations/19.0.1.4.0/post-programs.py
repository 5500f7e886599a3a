# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

# What the programs of readers were called before.
PROGRAMS = {
    "mobile": "phone",
    "program": "mail_program",
    "proxy": "provider",
    "scanner": "gateway",
}


def migrate(cr, version):
    """Name the programs of old events as those of new ones are named.

    They are not judged: what counted as opened goes on to count.
    """
    for before, now in PROGRAMS.items():
        cr.execute(
            "UPDATE b2b_family_event SET agent_class = %s WHERE agent_class = %s",
            [now, before],
        )
