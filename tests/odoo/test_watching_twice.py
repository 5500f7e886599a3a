# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One open that the service tells and that this Odoo has seen itself counts once."""

import itertools
from datetime import timedelta, timezone

from watch_case import FIREFOX, WatchCase

from odoo import fields
from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.client import EventType
from odoo.addons.b2b_family_mail.models.event.here import Fetch

READER = "203.0.113.7"


@tagged("standard", "post_install", "-at_install")
class TestTwice(WatchCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self._watch()
        self.start = self.letter.sent_date + timedelta(minutes=20)

    def _at(self, seconds):
        return self.start + timedelta(seconds=seconds)

    def _told(self, seconds=0, kind="message_open", **details):
        date = self._at(seconds).isoformat() + "Z"
        self._ingest(self.fake.happen(self.letter.ref, kind, date, **details))

    def _saw(self, seconds=0, kind="message_open", agent=FIREFOX, **details):
        fetch = Fetch(
            type=EventType(kind),
            key=self.letter.key,
            date=self._at(seconds).replace(tzinfo=timezone.utc),
            ip=READER,
            user_agent=agent,
            **details,
        )
        self.env["b2b.family.event"]._take_fetches([fetch])

    def _ask(self):
        """Ask the service, whose sums say the same as its events."""
        self.letter.next_sync_date = fields.Datetime.now()
        self._cron_sync()

    def _result(self):
        letter = self.letter
        return (
            letter.state,
            letter.open_count,
            letter.first_open_date,
            letter.last_open_date,
            letter.open_verdict,
        )

    def _in_each_order(self, *works):
        """Return what comes of it in each order: it has to be the same."""
        results = set()
        for order in itertools.permutations(works):
            # The service counts anew with each.
            self.letter.unlink()
            self.setUp()
            for work in order:
                work()
            results.add(self._result()[:2] + self._result()[4:])
        return results

    def test_in_either_order(self):
        results = self._in_each_order(self._told, lambda: self._saw(2))
        self.assertEqual(results, {("opened", 1, "person")})
        self.assertEqual(self.letter.first_open_date, self._at(0))
        self.assertEqual(self.letter.last_open_date, self._at(2))

    def test_with_the_services_sums(self):
        results = self._in_each_order(self._told, lambda: self._saw(2), self._ask)
        self.assertEqual(results, {("opened", 1, "person")})

    def test_two_that_are_two(self):
        works = (
            lambda: self._told(0),
            lambda: self._told(70),
            lambda: self._saw(1),
            lambda: self._saw(71),
        )
        self.assertEqual(self._in_each_order(*works), {("opened", 2, "person")})
        self._ask()
        self.assertEqual(self.letter.open_count, 2)

    def test_one_that_only_one_of_them_knows(self):
        self._told(0)
        self._saw(1)
        self._told(600)
        self._saw(1200)
        self.assertEqual(self.letter.open_count, 3)

    def test_what_was_seen_once_is_told_once(self):
        self._told(70)
        self._saw(71)
        # Before it, and near to what is told already.
        self._told(0)
        self.assertEqual(self.letter.open_count, 2)

    def test_what_was_told_long_before_has_its_twin_still(self):
        self._saw(100)
        self._told(0)
        self._told(200)
        self.assertEqual(self.letter.open_count, 2)

    def test_the_nearest_is_the_same(self):
        self._saw(1)
        self._saw(100)
        self._told(0)
        # Near to the second only: it must be free still.
        self._told(130)
        self.assertEqual(self.letter.open_count, 2)

    def test_more_than_two_minutes_apart(self):
        self._told(0)
        self._saw(121)
        self.assertEqual(self.letter.open_count, 2)

    def test_of_another_program_or_network(self):
        self._told(0, user_agent="Microsoft Outlook 16.0")
        self._told(0, ip="192.0.2.9")
        self._saw(1)
        self.assertEqual(self.letter.open_count, 3)

    def test_another_letter(self):
        self._told(0)
        first = self.letter
        self._watch()
        self.start = first.sent_date + timedelta(minutes=20)
        self._saw(1)
        self.assertEqual((first.open_count, self.letter.open_count), (1, 1))

    def test_ours_knows_that_it_was_a_program(self):
        self._saw(0, agent="")
        self._told(1)
        self.assertEqual(self._result()[:2], ("delivered", 0))
        self._ask()
        self.assertEqual(self._result()[:2], ("delivered", 0))

    def test_what_counts_already_goes_on_to_count(self):
        self._told(0)
        self._saw(1, agent="")
        self.assertEqual(self._result()[:2], ("opened", 1))
        self._saw(3)
        self.assertEqual(self._result()[:2], ("opened", 1))
        self.env["b2b.family.judgement"]._start()
        self.env["b2b.family.judgement"]._cron_judge()
        self.assertEqual(self._result()[:2], ("opened", 1))

    def test_the_services_word_waits_for_ours(self):
        self.letter.sent_date = fields.Datetime.now() - timedelta(seconds=5)
        self.service._set_params({"settle_seconds": "15"})
        self.start = fields.Datetime.now()
        self._told(0)
        self.assertEqual(self.letter.state, "sent")
        self._saw(0, agent="")
        self.service._set_params({"settle_seconds": "0"})
        self.env["b2b.family.event"]._apply_pending(self.letter)
        self.assertEqual(self._result()[:2], ("delivered", 0))

    def test_a_click_on_our_link_that_the_service_tells(self):
        base = self.letter.get_base_url()
        self._told(0, "link_click", url=base + self.links[0])
        self._saw(1, "link_click", url="https://shop.example/?a=1&b=2")
        told, seen = self.letter.event_ids.sorted("id")
        self.assertEqual(told.url, seen.url)
        self.assertEqual(told.twin_id, seen)
        self._told(0, "link_click", url=base + self.trap)
        self.assertEqual(self.letter.click_ids, seen)
        self.assertEqual(
            self.letter.event_ids.filtered(lambda ev: ev.verdict_rule == "trap").url,
            "trap",
        )

    def test_a_click_on_another_link(self):
        self._told(0, "link_click", url="https://shop.example/other")
        self._saw(60, "link_click", url="https://shop.example/?a=1&b=2")
        self.assertFalse(self.letter.event_ids.twin_id)
        self.assertEqual(len(self.letter.click_ids), 2)

    def test_a_document(self):
        self.service._set_params({"attachment_links": "beside"})
        file = self._create_file()
        self._watch(attachment_ids=[(4, file.id)])
        self.start = self.letter.sent_date + timedelta(minutes=20)
        line = self.letter.attachment_ids
        self._told(0, "attachment_download", attachment=line.ref)
        self._saw(1, "attachment_open", position=0)
        self.assertEqual((line.opened, line.open_count), (True, 1))
        url = self.letter.get_base_url() + self.documents[0]
        self._told(1, "link_click", url=url)
        self.assertEqual(len(self.letter.event_ids), 2)

    def test_another_document(self):
        self.service._set_params({"attachment_links": "beside"})
        files = self._create_file() | self._create_file("Terms.pdf", b"%PDF-1.5")
        self._watch(attachment_ids=[(6, 0, files.ids)])
        self.start = self.letter.sent_date + timedelta(minutes=20)
        offer, terms = self.letter.attachment_ids
        self._told(0, "attachment_download", attachment=offer.ref)
        self._saw(10, "attachment_open", position=1)
        self.assertEqual((offer.open_count, terms.open_count), (1, 1))
        self.assertFalse(self.letter.event_ids.twin_id)

    def test_where_this_odoo_does_not_watch_nothing_is_compared(self):
        self._saw(0)
        self.service._set_params({"watch_here": False})
        self._told(1)
        self.assertEqual(self.letter.open_count, 2)

    def test_the_key_in_our_addresses_proves_no_bounce(self):
        """Whoever gets a watched letter can read its key there."""
        self._told(kind="bounce")
        self.assertEqual(self.letter.state, "sent")
        self.assertTrue(self.letter.event_ids.problem)

    def test_the_service_tells_nothing_of_letters_by_this_odoo(self):
        self.letter.carrier = "odoo"
        self._told(kind="bounce")
        self._told(10)
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.letter.event_ids)
