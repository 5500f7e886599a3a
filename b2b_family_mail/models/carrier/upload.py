# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter, defaultdict
from contextlib import ExitStack
from io import BytesIO

from odoo import api, models
from odoo.tools import SQL, split_every

from ...client import B2BFamilyError, Unavailable
from ...runtime import transact
from ..letter.attachment import MAX_BYTES
from ..service.calls import second_hand
from ..service.settings import Unsendable

UPLOADS_AT_ONCE = 4  # files that are open, or in memory, at the same time


class B2BFamilyLetterAttachment(models.Model):
    """How the service gets the files of letters: each content once."""

    _inherit = "b2b.family.letter.attachment"

    def _upload_missing(self, go_on=lambda: True):
        """Upload what the service does not have yet, each content once.

        What keeps one file of a letter from being uploaded spares it the others, and
        a service that is down is not called on.

        :param go_on: called after a few files of each author; False leaves the rest
        :return: dict by letter: the ``B2BFamilyError`` that keeps it from being sent
        """
        self._find_refs()
        errors, missing = {}, self._still_missing(())
        while missing:
            errors |= missing._upload_some()
            missing = self._still_missing(errors)
            if down := [err for err in errors.values() if isinstance(err, Unavailable)]:
                return errors | dict.fromkeys(missing.letter_id, second_hand(down[0]))
            if missing and not go_on():
                break
        return errors

    def _still_missing(self, errors):
        """Return what is not uploaded, of the letters without error."""
        return self._attached().filtered(
            lambda line: not line.ref and line.letter_id not in errors
        )

    def _find_refs(self):
        """Take over the service's ids of what was uploaded before.

        Those of another account are none any more: the letter goes by another one
        than when it was tried before.
        """
        self.filtered(lambda line: line.ref and line.account != line._mailbox()).write(
            {"ref": False, "account": False}
        )
        contents = self._group_by_content()
        for content, ref in self._find_uploads(contents).items():
            contents[content]._set_ref(ref, contents[content][:1]._mailbox())

    @api.model
    def _reuse_uploads(self, letters):
        """Let letters that are to be made have the ids of what was uploaded before.

        :param list letters: their values; those of their files may be added to
        """
        service = self.env["b2b.family.service"]
        users = self.env["res.users"]
        contents = defaultdict(list)
        for values in letters:
            if values["carrier"] != "service":
                continue
            account = users.browse(values["account_id"])
            for _command, _id, file in values.get("attachment_ids", ()):
                contents[account, file["checksum"], file["name"]].append(file)
        for content, ref in self._find_uploads(contents).items():
            for file in contents[content]:
                file |= {"ref": ref, "account": service._account_email(content[0])}

    def _mailbox(self):
        """Return the mailbox, the account at the service, that the letter goes by."""
        service = self.env["b2b.family.service"]
        return service._account_email(self.letter_id.account_id)

    def _group_by_content(self):
        """Return the lines that are not uploaded, by what they have in common."""
        return self._still_missing(()).grouped(
            lambda line: (line.letter_id.account_id, line.checksum, line.name)
        )

    def _upload_some(self):
        """Upload a few contents of each author; return as _upload_missing()."""
        turns, errors = Counter(), {}
        chosen = []
        for lines in self._group_by_content().values():
            author = lines[:1].letter_id.author_id
            if turns[author] < UPLOADS_AT_ONCE:
                turns[author] += 1
                chosen.append(lines)
        for batch in split_every(UPLOADS_AT_ONCE, chosen, list):
            errors |= self._upload_batch(batch)
        return errors

    def _find_uploads(self, contents):
        """Return the service's ids of what was uploaded before, by content.

        The last upload of each: a price list may have been sent ten thousand times.
        """
        service = self.env["b2b.family.service"]
        wanted = {
            (account, checksum, name): (service._account_email(account), checksum, name)
            for account, checksum, name in contents
            if checksum and name
        }
        if not wanted:
            return {}
        self.flush_model(["account", "checksum", "name", "ref"])
        rows = self.env.execute_query(
            SQL(
                """SELECT content.account, content.checksum, content.name, upload.ref
                     FROM (VALUES %s) AS content (account, checksum, name),
                  LATERAL (SELECT ref FROM b2b_family_letter_attachment line
                            WHERE line.checksum = content.checksum
                              AND line.name = content.name
                              AND line.account = content.account
                              AND line.ref IS NOT NULL
                            ORDER BY line.id DESC LIMIT 1) AS upload""",
                SQL(", ").join(SQL("%s", content) for content in set(wanted.values())),
            )
        )
        refs = {tuple(content): ref for *content, ref in rows}
        return {
            key: refs[content] for key, content in wanted.items() if content in refs
        }

    def _upload_batch(self, batch):
        """Upload a few contents at once.

        :param list batch: recordsets, each of the lines that share a content
        :return: see _upload_missing()
        """
        errors, calls = {}, []
        # As they are now: the settings may change while the service is called.
        mailboxes = {lines: lines[:1]._mailbox() for lines in batch}
        with ExitStack() as stack:
            for lines in batch:
                line = lines[:1]
                line = line.with_context(lang=line.letter_id.author_id.lang)
                try:
                    stream = stack.enter_context(line._open())
                except Unsendable as error:
                    errors |= dict.fromkeys(lines.letter_id, error)
                    continue
                args = (line.name, stream, line.ir_attachment_id.mimetype)
                calls.append((lines, line.letter_id.account_id, args))
            # What was written so far is kept, and nothing is held meanwhile.
            transact(self.letter_id.env, lambda: None)
            outcomes = self.env["b2b.family.service"]._call_all(
                "upload", [(account, args) for _lines, account, args in calls]
            )
        refs = {}
        for (lines, _account, _args), outcome in zip(calls, outcomes, strict=True):
            if isinstance(outcome, B2BFamilyError):
                # The first one: what comes after an outage was not even begun.
                errors = dict.fromkeys(lines.letter_id, outcome) | errors
            else:
                refs[lines] = outcome
        # Kept at once: if the next files fail, these are not uploaded again.
        transact(self.letter_id.env, lambda: self._set_refs(refs, mailboxes))
        return errors

    @api.model
    def _set_refs(self, refs, mailboxes):
        """Take in the service's ids of contents that were uploaded.

        :param dict refs: by the lines that share a content
        :param dict mailboxes: by the same
        """
        for lines, ref in refs.items():
            # A letter may have been deleted meanwhile.
            lines.exists()._set_ref(ref, mailboxes[lines])

    def _set_ref(self, ref, mailbox):
        self.write({"ref": ref, "account": mailbox})

    def _forget_uploads(self):
        """The service has dropped these files: no letter takes them over any more.

        Letters that were sent with them keep the ids, by which news tells of them.
        """
        self.flush_model(["account", "checksum", "ref"])
        self.env.execute_query(
            SQL(
                """UPDATE b2b_family_letter_attachment SET account = NULL
                    WHERE checksum = ANY(%s) AND ref = ANY(%s) AND account = ANY(%s)
                RETURNING id""",
                self.mapped("checksum"),
                self.mapped("ref"),
                # None where another letter of the batch was refused for the same.
                self.filtered("account").mapped("account"),
            )
        )
        self.invalidate_model(["account"])
        self.ref = False

    def _open(self):
        """Return the content as a binary stream.

        :raise Unsendable: the record or the file does not exist any more, or is too
            large; the message names it
        """
        attachment = self.ir_attachment_id
        if self._has_changed():
            raise Unsendable(self._changed_words())
        if attachment.file_size > MAX_BYTES:
            raise Unsendable(attachment._b2b_too_large())
        try:
            if attachment.store_fname:
                return open(attachment._full_path(attachment.store_fname), "rb")
        except OSError:
            attachment = attachment.browse()
        if not attachment.exists():
            raise Unsendable(
                self.env._(
                    "The attachment “%(name)s” is missing from the file store. "
                    "Remove or replace it and send the letter again.",
                    name=self.name,
                )
            )
        return BytesIO(attachment.raw or b"")
