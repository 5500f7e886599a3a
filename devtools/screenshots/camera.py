"""Takes the pictures, in the environment that has playwright. Its one argument is a job as JSON."""

import contextlib
import io
import json
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, Page, sync_playwright

SIZE = {"width": 1366, "height": 760}
COLOURS = 128  # a screen has few; the files become a third
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
]
LOADING = ".o_loading, .o_blockUI, .o_view_controller:has(.o_data_loading)"

SCENES = {}
SELF_HOSTED = {}


def scene(function):
    """Register a picture under the function's name; its docstring is what it shows."""
    SCENES[function.__name__] = function
    return function


def self_hosted(function):
    """The same of a story without any service."""
    SELF_HOSTED[function.__name__] = function
    return function


class Camera:
    """Two browsers over one story: the salesperson's, and the administrator's when asked for."""

    def __init__(self, job: dict, browser):
        self.job, self._browser, self._pages = job, browser, {}
        self.folder = Path(job["folder"])
        self.scenes = SCENES if job["service"] else SELF_HOSTED
        self.problems = []

    def page(self, login: str | None = None, height: int = SIZE["height"]) -> Page:
        """The page of a user who is logged in."""
        login = login or self.job["login"]
        if login not in self._pages:
            self._pages[login] = self._log_in(login)
        self._pages[login].set_viewport_size({**SIZE, "height": height})
        return self._pages[login]

    def _log_in(self, login: str) -> Page:
        locale = {"en": "en-GB", "ru": "ru-RU"}[self.job["language"]]
        context = self._browser.new_context(
            viewport=SIZE, locale=locale, timezone_id="Europe/Moscow"
        )
        page = context.new_page()
        page.set_default_timeout(15000)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("console", self._console)
        page.goto(self.job["odoo"] + "/web/login")
        page.fill("#login", login)
        page.fill("#password", "admin" if login == "admin" else self.job["password"])
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar")
        return page

    def _console(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text[:200]}")

    def plain(self, url: str) -> Page:
        """A page that needs no login."""
        page = self._browser.new_context(viewport=SIZE).new_page()
        page.set_default_timeout(15000)
        page.goto(url)
        page.wait_for_load_state("networkidle")
        return page

    def odoo(self, path: str, wait: str, **options) -> Page:
        """A page of Odoo, once `wait` is there."""
        page = self.page(**options)
        page.goto(f"{self.job['odoo']}/odoo/{path}")
        page.wait_for_selector(wait)
        return page

    def mail(self, name: str, **options) -> Page:
        """The form of one mail of the story."""
        path = f"action-b2b_family_mail.mail_mail_action_b2b/{self.job['mails'][name]}"
        return self.odoo(path, ".o_form_view .o_field_widget[name=subject]", **options)

    def letter(self, name: str, **options) -> Page:
        """The form of the first letter of one mail."""
        path = f"b2b-letters/{self.job['letters'][name][0]}"
        return self.odoo(path, ".o_form_view .o_field_widget[name=email]", **options)

    def shoot(self, name: str) -> None:
        page = self.scenes[name](self)
        _settle(page, keep_notices=name == "notice")
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            self.folder.mkdir(parents=True, exist_ok=True)
            small.save(self.folder / f"{name}.png", optimize=True)


def _settle(page: Page, keep_notices: bool) -> None:
    """Wait until nothing moves: requests done, images there, notices closed."""
    with contextlib.suppress(Error):
        page.wait_for_load_state("networkidle", timeout=3000)
    with contextlib.suppress(Error):
        page.wait_for_selector(LOADING, state="hidden", timeout=3000)
    while not keep_notices and page.locator(".o_notification_close").count():
        with contextlib.suppress(Error):
            page.locator(".o_notification_close").first.click(timeout=1000)
    page.mouse.move(5, SIZE["height"] - 5)
    page.wait_for_timeout(500)


@scene
def board(camera: Camera) -> Page:
    """The letters in columns by their state."""
    return camera.odoo("b2b-letters", ".o_kanban_record", height=700)


@scene
def letters(camera: Camera) -> Page:
    """The same letters as a list."""
    page = camera.odoo("b2b-letters", ".o_kanban_record", height=520)
    page.click(".o_switch_view.o_list")
    page.wait_for_selector(".o_list_view .o_data_row")
    return page


@scene
def drafts(camera: Camera) -> Page:
    """Saved letters that wait for the button."""
    path = "action-b2b_family_mail.mail_mail_action_b2b_drafts"
    return camera.odoo(path, ".o_list_view .o_data_row", height=320)


@scene
def letter_draft(camera: Camera) -> Page:
    """A letter that was written and saved."""
    return camera.mail("draft", height=760)


@scene
def letter_sent(camera: Camera) -> Page:
    """The same form after the button was pressed."""
    return camera.mail("sent", height=640)


@scene
def letter_tab_sent(camera: Camera) -> Page:
    """The tab of a letter that nobody has opened yet."""
    return _tab(camera.mail("sent", height=860))


@scene
def letter_tab(camera: Camera) -> Page:
    """The tab of a letter that was opened, and one of its attachments."""
    return _tab(camera.mail("opened", height=940))


def _tab(page: Page) -> Page:
    page.click(".o_notebook .nav-link[name=b2b_letter]")
    page.wait_for_selector(".o_field_widget[name=b2b_activity_ids] .o_data_row")
    return page


@scene
def letter_several(camera: Camera) -> Page:
    """One letter to three readers, of whom one has read it."""
    return _tab(camera.mail("several", height=1280))


@scene
def letter_card(camera: Camera) -> Page:
    """What is known about one letter to one reader."""
    page = camera.letter("opened", height=760)
    page.click(".o_notebook .nav-link[name=events]")
    return page


@scene
def letter_delivered(camera: Camera) -> Page:
    """A letter that Apple's program has fetched ahead."""
    return camera.letter("delivered", height=560)


@scene
def letter_failed(camera: Camera) -> Page:
    """A letter that was refused, with the service's words."""
    return camera.mail("failed", height=560)


@scene
def letter_doubt(camera: Camera) -> Page:
    """A letter about which the service gave no clear answer."""
    return camera.mail("doubt", height=560)


@scene
def attachments(camera: Camera) -> Page:
    """All attachments, and which of them were opened."""
    path = "action-b2b_family_mail.b2b_family_letter_attachment_action"
    return camera.odoo(path, ".o_list_view .o_data_row", height=460)


@scene
def events(camera: Camera) -> Page:
    """All that readers did."""
    path = "action-b2b_family_mail.b2b_family_event_action"
    return camera.odoo(path, ".o_list_view .o_data_row", height=460)


@scene
def report(camera: Camera) -> Page:
    """How many letters are opened, by whom and how often."""
    path = "action-b2b_family_mail.b2b_family_letter_action_report"
    return camera.odoo(path, ".o_graph_view canvas", height=560)


@scene
def rates(camera: Camera) -> Page:
    """How many of the letters that arrived were opened and answered, and by whom."""
    page = report(camera)
    page.click(".o_switch_view.o_pivot")
    page.wait_for_selector(".o_pivot table")
    return page


@scene
def contact(camera: Camera) -> Page:
    """A contact: the button that leads to its letters, and a letter in its chatter."""
    page = _contact(camera, height=1040)
    page.wait_for_selector(".o-b2b-Tracking")
    return page


@scene
def recipients(camera: Camera) -> Page:
    """The readers of a message in a chatter: who opened it, and why it counts."""
    page = _contact(camera, height=760)
    _settle(page, keep_notices=False)
    page.click(".o-b2b-Tracking")
    page.wait_for_selector(".o-mail-MessageNotificationPopover .o-b2b-Letter")
    return page


@scene
def chatter_composer(camera: Camera) -> Page:
    """The composer of a chatter with its second button."""
    page = _contact(camera, height=760)
    page.click(".o-mail-Chatter-sendMessage")
    page.wait_for_selector(".o-b2b-Composer-send")
    return page


@scene
def full_composer(camera: Camera) -> Page:
    """The full composer with the same button."""
    page = _contact(camera, height=760)
    page.click(".o-mail-Chatter-sendMessage")
    page.click("[name=open-full-composer]")
    page.wait_for_selector(".modal-footer button[name=action_b2b_send_mail]")
    return page


def _contact(camera: Camera, height: int) -> Page:
    path = f"action-contacts.action_contacts/{camera.job['contact']}"
    return camera.odoo(path, ".o-mail-Chatter", height=height)


@scene
def preferences(camera: Camera) -> Page:
    """What a user is told of, and how; an own mailbox."""
    page = camera.odoo("b2b-letters", ".o_kanban_record", height=820)
    page.click(".o_user_menu button")
    page.click("[data-menu=preferences]")
    page.click(".o_notebook .nav-link[name=b2b_family]")
    page.wait_for_selector(".o_field_widget[name=b2b_notice_open]")
    return page


@scene
def setup(camera: Camera) -> Page:
    """The guided set-up."""
    path = "action-b2b_family_mail.b2b_family_letter_action"
    page = camera.odoo(path, ".o_kanban_view", login="admin", height=900)
    page.goto(
        f"{camera.job['odoo']}/odoo/action-b2b_family_mail.b2b_family_setup_action"
    )
    page.wait_for_selector("button[name=action_b2b_subscribe], .fa-check-circle")
    return page


@scene
def settings(camera: Camera) -> Page:
    """The seven settings, the api key button, the webhook."""
    page = camera.odoo("settings", ".settings_tab", login="admin", height=1560)
    page.click(".settings_tab .tab[data-key=b2b_family_mail]")
    page.wait_for_selector("#b2b_family_api_key")
    return page


@scene
def sandbox_board(camera: Camera) -> Page:
    """The stand-in service's own page: sent letters and opened ones."""
    return camera.plain(camera.job["service"])


@scene
def mailbox(camera: Camera) -> Page:
    """A letter as the reader sees it."""
    return camera.plain(f"{camera.job['mailbox']}/letters/{camera.job['caught']}")


@scene
def notice(camera: Camera) -> Page:
    """A reader opens a letter: a pop-up, and the card moves. Last, since it changes the story."""
    page = camera.odoo("b2b-letters", ".o_kanban_record", height=640)
    _settle(page, keep_notices=False)
    camera.plain(f"{camera.job['mailbox']}/letters/{camera.job['unread']}")
    page.bring_to_front()
    page.wait_for_selector(".o_notification")
    return page


@scene
def consent_page(camera: Camera) -> Page:
    """What a reader sees who follows the line under a letter."""
    page = camera.plain(camera.job["consent"])
    page.set_viewport_size({**SIZE, "height": 960})
    return page


@self_hosted
def self_hosted_board(camera: Camera) -> Page:
    """The letters in columns, none of them by a service."""
    return board(camera)


@self_hosted
def self_hosted_draft(camera: Camera) -> Page:
    """A draft whose attachment goes as a link."""
    page = camera.mail("draft", height=900)
    page.click(".o_notebook .nav-link[name=body]")
    return page


@self_hosted
def self_hosted_links(camera: Camera) -> Page:
    """Which link of a letter was followed, when, and by whom."""
    page = camera.letter("opened", height=860)
    page.click(".o_notebook .nav-link[name=links]")
    page.wait_for_selector(".o_field_widget[name=click_ids] .o_data_row")
    return page


@self_hosted
def self_hosted_clicks(camera: Camera) -> Page:
    """The report of links."""
    path = "action-b2b_family_mail.b2b_family_event_action_clicks"
    return camera.odoo(path, ".o_pivot tbody tr", height=500)


@self_hosted
def self_hosted_settings(camera: Camera) -> Page:
    """Who delivers, where nothing of a service is set."""
    page = camera.odoo("settings", ".settings_tab", login="admin", height=1180)
    page.click(".settings_tab .tab[data-key=b2b_family_mail]")
    page.wait_for_selector("#b2b_family_carrier")
    return page


@self_hosted
def self_hosted_setup(camera: Camera) -> Page:
    """The guided set-up of who has no account."""
    path = "action-b2b_family_mail.b2b_family_letter_action"
    page = camera.odoo(path, ".o_kanban_view", login="admin", height=1060)
    page.goto(
        f"{camera.job['odoo']}/odoo/action-b2b_family_mail.b2b_family_setup_action"
    )
    page.wait_for_selector("button[name=action_b2b_test_letter]")
    return page


@self_hosted
def self_hosted_check(camera: Camera) -> Page:
    """Test my tracking, of the own routes."""
    page = self_hosted_setup(camera)
    page.click("button[name=action_b2b_check]")
    page.wait_for_selector(".modal .o_field_widget[name=line_ids] .o_data_row")
    return page


@self_hosted
def self_hosted_mailbox(camera: Camera) -> Page:
    """A letter by Odoo as its reader sees it."""
    return camera.plain(f"{camera.job['mailbox']}/letters/{camera.job['caught']}")


@self_hosted
def self_hosted_consent_page(camera: Camera) -> Page:
    """The reader's page, where nobody else is told."""
    return consent_page(camera)


def main() -> int:
    job = json.loads(sys.argv[1])
    scenes = SCENES if job["service"] else SELF_HOSTED
    unknown = set(job["names"]) - set(scenes)
    if unknown:
        print(
            f"There is no picture {', '.join(unknown)}. There are: {' '.join(scenes)}"
        )
        return 1
    failed = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=job["chromium"], args=ARGUMENTS
        )
        camera = Camera(job, browser)
        for name in job["names"] or scenes:
            print(f"  {name}", file=sys.stderr)
            try:
                camera.shoot(name)
            except Error as error:
                failed.append(f"{name}: {str(error).splitlines()[0]}")
        browser.close()
    for problem in failed + camera.problems:
        print(f"  ! {problem}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
