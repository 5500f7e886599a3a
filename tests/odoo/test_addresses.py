# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses that anybody may have typed."""

from odoo.tests import BaseCase, tagged

from odoo.addons.b2b_family_mail.tools.addresses import (
    MAX_LENGTH,
    read_addresses,
    read_contact,
    read_each,
)


@tagged("standard", "post_install", "-at_install")
class TestAddresses(BaseCase):
    def test_a_separator_in_quotes_belongs_to_the_name(self):
        john = '"Doe, John; jr." <john@x.example>'
        self.assertEqual(
            read_each(f"{john}; ann@x.example, "),
            [("john@x.example", john), ("ann@x.example", "ann@x.example")],
        )

    def test_a_name_beside_an_address_is_no_address_that_lacks(self):
        self.assertEqual(
            read_contact("Doe, John <john@x.example>"),
            [("john@x.example", "John <john@x.example>")],
        )

    def test_a_line_break_makes_none_of_it(self):
        for text in ("a@x.example\nBcc: e@x.example", "a@x.example\r", "a@x.example\0"):
            with self.subTest(text):
                self.assertEqual(read_addresses(text), [])
                self.assertEqual(read_contact(text), [(False, text)])

    def test_what_is_too_long_is_none(self):
        text = f"a@x.example, {'b' * MAX_LENGTH}"
        self.assertEqual(read_addresses(text), [])
        self.assertEqual(read_contact(text), [(False, text)])
