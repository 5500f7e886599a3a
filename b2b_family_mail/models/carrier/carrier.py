# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from psycopg2 import OperationalError

from odoo import api, models

from ...client import B2BFamilyError
from ..service.settings import OnHold, Unsendable

_logger = logging.getLogger(__name__)

MODELS = {"service": "b2b.family.service", "odoo": "b2b.family.post"}
# Those that can tell, later, whether they have a letter, and what became of it.
ASKED = ("service",)


def prepare_each(letters, prepare):
    """Put letters into a carrier's terms, each in the language of its author.

    One that cannot even be prepared does not stop the others.

    :return: dict by letter: what ``prepare`` returns of it, or the error it raised
    """
    prepared = {}
    for letter in letters:
        told = letter._in_author_language()
        try:
            prepared[letter] = prepare(told)
        except B2BFamilyError as error:
            prepared[letter] = error
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Letter %s could not be prepared", letter.key)
            words = told.env._("The letter could not be prepared.")
            prepared[letter] = Unsendable(words)
    return prepared


class B2BFamilyCarrier(models.AbstractModel):
    """Who delivers letters and watches what becomes of them.

    What a letter asks is here, and is answered by its carrier: each has a model with
    the methods under "questions", for letters that are all its own. What keeps one of
    them from sending, or from answering, is no concern of the other's letters; that this
    database may be a copy is everybody's.

    Errors are those of ``client``: what they say of sending again holds for all.
    """

    _name = "b2b.family.carrier"
    _description = "Carrier of Letters"

    # ------------------------------------------------------------
    # CHOICE
    # ------------------------------------------------------------

    @api.model
    def _choose(self, user):
        """Return who delivers the letters of ``user``: a key of MODELS.

        What the administrator has set; if nothing, the service where it is set up.
        """
        service = self.env["b2b.family.service"]
        chosen = service._get_param("carrier")
        if chosen in MODELS:
            return chosen
        account = service._account_of(user)
        missing = service._missing_credentials(account)
        if missing and not service._has_api_key(account):
            return "odoo"
        return "service"

    @api.model
    def _way_of(self, user):
        """Return the values of a letter that say how letters of ``user`` go."""
        carrier = self._choose(user)
        service = self.env["b2b.family.service"]
        account = service._account_of(user) if carrier == "service" else user.browse()
        return {"carrier": carrier, "account_id": account.id}

    @api.model
    def _check_ready(self, user):
        """Raise UserError, naming what is missing, if letters of ``user`` cannot leave."""
        service = self.env["b2b.family.service"]
        if self._choose(user) == "service":
            service._check_configured(service._account_of(user))

    @api.model
    def _mailbox_of(self, user):
        """Return the address that letters of ``user`` leave from, if there is one."""
        service = self.env["b2b.family.service"]
        if self._choose(user) == "service":
            return service._account_email(service._account_of(user))
        # sudo: everybody sees it on each letter
        return user.sudo().email_normalized

    @api.model
    def _asked(self):
        """Return the carriers that can tell later whether they have a letter."""
        return ASKED

    @api.model
    def _model(self, name):
        return self.env[MODELS[name]]

    @api.model
    def _each(self, letters, ask):
        """Return what the carriers answer, each asked for its own letters.

        :param letters: records, or a dict by record
        :param ask: called with the model of a carrier and its letters
        """
        answers = {}
        records = self.env["b2b.family.letter"].union(*letters)
        for name, own in records.grouped("carrier").items():
            answers |= ask(self._model(name), own)
        return answers

    # ------------------------------------------------------------
    # HOLD
    # ------------------------------------------------------------

    @api.model
    def _obstacle(self):
        """Return the error because of which nothing is sent or asked now, or None."""
        on_hold = self._model("service")._is_on_hold()
        return OnHold(call="send") if on_hold else None

    @api.model
    def _explain_obstacle(self, error, reader):
        """As _explain(), of what _obstacle() returned."""
        return self._model("service")._explain(error, reader)

    @api.model
    def _note_obstacle(self, error):
        """Write down what keeps all letters from being sent, for the administrator."""
        status = self.env["b2b.family.service.status"]
        status._note_error(status._common_account(), error)

    # ------------------------------------------------------------
    # QUESTIONS
    # ------------------------------------------------------------

    @api.model
    def _find_files(self, letters):
        """Return those of the letters' files that need not be uploaded first."""
        lines = letters.attachment_ids.browse()
        for name, own in letters.grouped("carrier").items():
            lines |= self._model(name)._find_files(own)
        return lines

    @api.model
    def _find_ready(self, letters):
        """Return those of letters just made that can be prepared before the commit.

        They wait in memory until it is their turn to be handed in.
        """
        ready = letters.browse()
        for name, own in letters.grouped("carrier").items():
            ready |= self._model(name)._find_ready(own)
        return ready

    @api.model
    def _prepare_letters(self, letters):
        """Put letters into the carrier's terms, each in the language of its author.

        :return: dict by letter: what _send_letters() takes, or the error because of
            which it cannot be sent, or NOT_BEGUN: there is no room for it now
        """
        return self._each(letters, lambda model, own: model._prepare_letters(own))

    @api.model
    def _send_letters(self, outgoing, until=None):
        """Hand letters in, once each.

        :param dict outgoing: by letter: what _prepare_letters() returned
        :param float until: monotonic time after which none is handed in any more
        :return: dict by letter: the id it has there, the error, or NOT_BEGUN
        """
        return self._each(
            outgoing,
            lambda model, own: model._send_letters(
                {letter: outgoing[letter] for letter in own}, until
            ),
        )

    @api.model
    def _recover(self, letters):
        """Return what is known here of letters claimed by processes that have died.

        :return: dict by letter: the id it has there: it was accepted; None: it was not
            handed in. Those that are left out may have been
        """
        return self._each(letters, lambda model, own: model._recover(own))

    @api.model
    def _find_letters(self, letters):
        """Ask whether there are letters of these keys; only of carriers in ASKED.

        :return: dict by letter: the id it has there, None if there is none, or the
            error because of which that cannot be told
        """
        return self._each(letters, lambda model, own: model._find_letters(own))

    @api.model
    def _ask_letters(self, letters):
        """Ask what is known of letters; only of carriers in ASKED.

        :return: dict by letter: ``client.Statistics`` or the error
        """
        return self._each(letters, lambda model, own: model._ask_letters(own))

    @api.model
    def _make_link(self, letter):
        """Make a link under which the letter can be read; only the service does.

        :return: the link, and the id that the letter has there, or False
        :raise B2BFamilyError: it could not be made
        """
        return self._model(letter.carrier)._make_link(letter)

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _explain(self, error, name, reader):
        """Return what an error of a carrier means to ``reader``, a ``res.users``."""
        return self._model(name)._explain(error, reader)

    @api.model
    def _errors_for_user(self):
        """See b2b.family.service._errors_for_user(): only that is asked on the spot."""
        return self._model("service")._errors_for_user()

    @api.model
    def _notice(self, *args, **kwargs):
        return self._model("service")._notice(*args, **kwargs)

    # ------------------------------------------------------------
    # SETTINGS
    # ------------------------------------------------------------

    @api.model
    def _get_param(self, name):
        """Return a setting that holds whoever delivers, see b2b.family.service."""
        return self._model("service")._get_param(name)

    @api.model
    def _get_int_param(self, name, minimum):
        """Return a numeric one, see b2b.family.service."""
        return self._model("service")._get_int_param(name, minimum)
