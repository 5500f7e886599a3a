# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addresses that stand in letters, called: what comes back, and what is recorded."""

from datetime import datetime, timezone
from unittest.mock import patch

from watch_case import FIREFOX, TARGETS, WatchCase

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.client import EventType
from odoo.addons.b2b_family_mail.controllers import tracking
from odoo.addons.b2b_family_mail.models.event import here

OUTLOOK = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.1)"
)
CONTROLLER = "odoo.addons.b2b_family_mail.controllers.tracking"


class RoutesCase(WatchCase, HttpCase):
    def _kinds(self):
        events = self._seen()
        return [(ev.event_type, ev.verdict, ev.verdict_rule) for ev in events]

    def _token(self, path):
        return path.rpartition("/")[2].removesuffix(".gif")


@tagged("standard", "post_install", "-at_install")
class TestPicture(RoutesCase):
    def setUp(self):
        super().setUp()
        self._watch()

    def test_an_open_is_the_readers(self):
        answer = self._get(self.pixel, OUTLOOK)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.content, tracking.GIF)
        self.assertEqual(answer.headers["Content-Type"], "image/gif")
        self.assertEqual(self._kinds(), [("message_open", "person", "mail_program")])
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.open_count, 1)
        self.assertEqual(self._seen().ip_network, "127.0.0.0/24")
        self.assertFalse(self._seen().payload or self._seen().pending)

    def test_it_is_for_nobodys_cache_and_leaves_nothing_behind(self):
        for path in (self.pixel, *self.links, "/b2b_family/l/x", "/b2b_family/o/x.gif"):
            headers = self._get(path).headers
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertIn("noindex", headers["X-Robots-Tag"])
            self.assertNotIn("Set-Cookie", headers)

    def test_once_a_minute_for_each_program(self):
        for _ in range(5):
            self._get(self.pixel, OUTLOOK)
        self.assertEqual(len(self._seen()), 1)
        self._get(self.pixel)
        self.assertEqual(len(self._seen()), 2)

    def test_who_asks_without_a_name(self):
        self._get(self.pixel, "")
        self.assertEqual(self._kinds(), [("message_open", "scanner", "no_program")])
        self.assertEqual(self.letter.state, "delivered")

    def test_who_fetches_ahead_and_says_so(self):
        for name in here.SAYS:
            self._get(self.pixel, **{name: "prefetch;prerender"})
        rules = {rule for _kind, _verdict, rule in self._kinds()}
        self.assertEqual(rules, {"prefetch_header"})
        self.assertFalse(self.letter.open_count)

    def test_who_talks_too_much_of_himself(self):
        noted = []
        events = type(self.env["b2b.family.event"])
        self.patch(events, "_note_fetch", lambda _self, fetch: noted.append(fetch))
        self._get(self.pixel, "x" * 3_000, Purpose="y" * 3_000)
        [fetch] = noted
        self.assertEqual(len(fetch.user_agent), tracking.MAX_AGENT)
        self.assertEqual(fetch.headers, (("Purpose", "y" * tracking.MAX_WORD),))

    def test_who_only_asks_whether_it_is_there(self):
        answer = self._get(self.pixel, method="HEAD")
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self._kinds(), [("message_open", "scanner", "head")])
        self.assertFalse(self.letter.open_count)

    def test_other_methods(self):
        with mute_logger("odoo.http"):
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                self.assertEqual(self._get(self.pixel, method=method).status_code, 405)
        answer = self._get(self.pixel, method="OPTIONS")
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(answer.headers["Allow"], "GET, HEAD")
        self.assertFalse(self._seen())

    def test_what_is_none_of_ours_gets_the_same_and_asks_nothing(self):
        good = self._get(self.pixel)
        token = self._token(self.pixel)
        forged = [token[:-1], token + "A", token.swapcase(), "x", "x" * 3000, "%C3%A9"]
        with (
            patch.object(type(self.env["b2b.family.event"]), "_note_fetch") as note,
            patch.object(
                type(self.env["b2b.family.letter"]),
                "search",
                side_effect=AssertionError,
            ),
        ):
            for wrong in (*forged, self._token(self.links[0])):
                answer = self._get(f"/b2b_family/o/{wrong}.gif")
                self.assertEqual(answer.content, good.content)
                self.assertEqual(answer.status_code, 200)
                same = ("Content-Type", "Content-Length", "Cache-Control")
                for name in same:
                    self.assertEqual(answer.headers[name], good.headers[name])
            note.assert_not_called()

    def _flood(self, numbers, agents):
        """Have the picture fetched from as many networks, 500 at a time."""
        fetches = [
            here.Fetch(
                type=EventType.MESSAGE_OPEN,
                key=self.letter.key,
                date=datetime.now(timezone.utc),
                ip=f"10.{n // 250}.{n % 250}.1",
                user_agent=agents[n % len(agents)],
            )
            for n in numbers
        ]
        for start in range(0, len(fetches), 500):
            self.env["b2b.family.event"]._take_fetches(fetches[start : start + 500])

    def test_a_flood_stays_bounded(self):
        self._flood(range(3000), (OUTLOOK, "", FIREFOX))
        self.assertLessEqual(len(self._seen()), 3 * here.A_DAY)
        self.assertLessEqual(self.letter.open_count, 2 * here.A_DAY)

    def test_the_bound_is_a_days(self):
        self._flood(range(2 * here.A_DAY), (FIREFOX,))
        self.assertEqual(len(self._seen()), here.A_DAY)
        self._seen().received_date = self._ago(days=1, minutes=1)
        self._flood(range(1000, 1003), (FIREFOX,))
        self.assertEqual(len(self._seen()), here.A_DAY + 3)

    def test_a_letter_that_is_gone(self):
        self.letter.unlink()
        self.assertEqual(self._get(self.pixel).status_code, 200)
        self.assertFalse(self.env["b2b.family.event"].search([("source", "=", "here")]))

    def test_who_was_erased_or_has_refused(self):
        self._take("no")
        self._get(self.pixel)
        self.assertFalse(self._seen())
        self._take("yes")
        self.letter._erase_reader()
        self._get(self.pixel)
        self.assertFalse(self._seen())


@tagged("standard", "post_install", "-at_install")
class TestLink(RoutesCase):
    def setUp(self):
        super().setUp()
        self._watch()

    def test_it_leads_on_at_once(self):
        for path, target in zip(self.links, TARGETS, strict=True):
            answer = self._get(path)
            self.assertEqual(answer.status_code, 302)
            self.assertEqual(answer.headers["Location"], tracking.location_of(target))
            self.assertTrue(answer.headers["Location"].isascii())
            self.assertEqual(answer.content, b"")
        self.assertEqual(self._seen().mapped("url"), TARGETS)
        self.assertEqual(self.letter.state, "opened")

    def test_whatever_comes_of_recording_it(self):
        with (
            mute_logger(CONTROLLER),
            patch.object(
                type(self.env["b2b.family.event"]),
                "_note_fetch",
                side_effect=RuntimeError("the database is gone"),
            ),
        ):
            self.assertEqual(self._get(self.links[0]).status_code, 302)

    def test_of_a_letter_that_is_gone_or_whose_reader_refused(self):
        self._take("no")
        self.assertEqual(self._get(self.links[0]).status_code, 302)
        self.assertFalse(self._seen())
        self.letter.unlink()
        self.assertEqual(self._get(self.links[0]).status_code, 302)

    def test_what_is_none_of_ours_is_a_page(self):
        token = self._token(self.links[0])
        page = self._get("/b2b_family/l/guess")
        self.assertEqual(page.status_code, 404)
        self.assertIn("This address is not known", page.text)
        for wrong in (token[:-1], token + "=", token.upper(), self._token(self.pixel)):
            answer = self._get(f"/b2b_family/l/{wrong}")
            self.assertEqual((answer.status_code, answer.text), (404, page.text))
        self.assertFalse(self._seen())

    def test_the_trap_leads_nowhere_and_tells_of_a_scanner(self):
        answer = self._get(self.trap)
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        self.assertEqual(self._kinds(), [("link_click", "scanner", "trap")])
        self.assertFalse(self.letter.open_count)

    def test_a_scanner_that_follows_all_links(self):
        self._watch(age=3)
        self.service._set_params({"settle_seconds": "30"})
        for path in (*self.links, self.trap, self.pixel):
            self._get(path)
        self.env["b2b.family.event"]._apply_pending(self.letter)
        verdicts = {ev.event_type: ev.verdict for ev in self._seen()}
        self.assertEqual(verdicts["link_click"], "scanner")
        self.assertEqual(self.letter.state, "delivered")

    def test_a_trap_accuses_its_network_in_other_letters_too(self):
        self._get(self.trap)
        other = self._watch(age=3)
        self.service._set_params({"settle_seconds": "30"})
        self._get(self.links[0])
        self.env["b2b.family.event"]._apply_pending(other)
        self.assertEqual(self._seen(other).verdict_rule, "trap_company")

    def test_a_colleague(self):
        colleague = new_test_user(self.env, "colleague2", "base.group_user")
        self.authenticate(colleague.login, colleague.login)
        self._get(self.links[0])
        self.assertEqual(self._kinds(), [("link_click", "own", "session")])
        self.assertEqual(self.letter.state, "sent")

    def test_a_customer_who_is_logged_in_is_a_reader(self):
        portal = new_test_user(self.env, "customer", "base.group_portal")
        self.authenticate(portal.login, portal.login)
        self._get(self.links[0])
        self.assertEqual(self._kinds(), [("link_click", "person", "browser")])

    def test_the_companys_own_network(self):
        self.service._set_params({"office_networks": "127.0.0.0/8"})
        self._get(self.pixel)
        self.assertEqual(self._kinds(), [("message_open", "own", "office")])
        self.assertFalse(self.letter.open_count)


@tagged("standard", "post_install", "-at_install")
class TestDocument(RoutesCase):
    def setUp(self):
        super().setUp()
        self.service._set_params({"attachment_links": "instead"})
        self.file = self._create_file('О"ffer\r\n.pdf', b"%PDF-1.4 offer")
        other = self._create_file("page.html", b"<script>alert(1)</script>")
        self._watch(attachment_ids=[(6, 0, [self.file.id, other.id])])

    def test_the_file_as_it_was_sent(self):
        answer = self._get(self.documents[0])
        self.assertEqual((answer.status_code, answer.content), (200, b"%PDF-1.4 offer"))
        headers = answer.headers
        self.assertTrue(headers["Content-Disposition"].startswith("attachment; "))
        self.assertIn("filename*=UTF-8''%D0%9E%22ffer", headers["Content-Disposition"])
        self.assertEqual(headers["Content-Security-Policy"], tracking.SANDBOX)
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertNotIn("Set-Cookie", headers)
        event = self._seen()
        self.assertEqual(event.attachment_id, self.letter.attachment_ids[0])
        self.assertTrue(self.letter.attachment_ids[0].opened)
        self.assertFalse(self.letter.attachment_ids[1].opened)
        self.assertEqual(self.letter.state, "opened")

    def test_what_a_browser_could_run_is_never_shown(self):
        page = self.letter.attachment_ids[1].ir_attachment_id
        for active in ("text/html", "image/svg+xml", "text/xml"):
            # Odoo keeps that of administrators only.
            self.env.cr.execute(
                "UPDATE ir_attachment SET mimetype = %s WHERE id = %s",
                [active, page.id],
            )
            page.invalidate_recordset()
            headers = self._get(self.documents[1]).headers
            self.assertTrue(headers["Content-Disposition"].startswith("attachment; "))
            self.assertEqual(headers["Content-Type"], "application/octet-stream")

    def test_a_part_of_it_and_its_head(self):
        answer = self._get(self.documents[0], Range="bytes=1-3")
        self.assertEqual((answer.status_code, answer.content), (206, b"PDF"))
        answer = self._get(self.documents[0], method="HEAD")
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(answer.headers["Content-Length"], "14")
        self.assertEqual(self.letter.attachment_ids[0].open_count, 1)

    def test_never_another_file_than_was_sent(self):
        self.file.sudo().raw = b"a secret"
        answer = self._get(self.documents[0])
        self.assertEqual(answer.status_code, 404)
        self.assertIn("Этого файла здесь больше нет", answer.text)
        self.file.sudo().raw = b"%PDF-1.4 offer"
        self.assertEqual(self._get(self.documents[0]).status_code, 200)

    def test_a_file_or_letter_that_is_gone(self):
        self.file.sudo().unlink()
        self.assertEqual(self._get(self.documents[0]).status_code, 404)
        self.assertEqual(self._get(self.documents[1]).status_code, 200)
        self.letter.unlink()
        self.assertEqual(self._get(self.documents[1]).status_code, 404)
        self.assertFalse(self._seen().filtered(lambda ev: not ev.attachment_id))

    def test_who_refused_gets_it_and_is_not_recorded(self):
        self._take("no")
        self.assertEqual(self._get(self.documents[0]).status_code, 200)
        self.assertFalse(self._seen())

    def test_what_is_none_of_ours(self):
        page = self._get("/b2b_family/d/guess")
        self.assertEqual(page.status_code, 404)
        for wrong in (str(self.file.id), self._token(self.links[0])):
            self.assertEqual(self._get(f"/b2b_family/d/{wrong}").text, page.text)

    def test_a_colleague(self):
        colleague = new_test_user(self.env, "colleague2", "base.group_user")
        self.authenticate(colleague.login, colleague.login)
        self._get(self.documents[0])
        self.assertEqual(self._kinds(), [("attachment_open", "own", "session")])
        self.assertFalse(self.letter.attachment_ids[0].opened)
