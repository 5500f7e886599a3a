# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One Chromium for all tours of a class: its start takes as long as what most of them show."""

import shutil

from odoo.tests.common import ChromeBrowser


class OneBrowser(ChromeBrowser):
    """Odoo's browser, whose process goes on to the next tour. That finds an empty tab, no
    cookie and nothing stored, but the scripts as they were compiled. After a failure the
    next one starts anew.
    """

    _living = None  # the process, the port of its devtools, its folder

    def _chrome_start(self, user_data_dir, **options):
        if not OneBrowser._living:
            started = super()._chrome_start(user_data_dir, **options)
            OneBrowser._living = *started, user_data_dir
            return started
        shutil.rmtree(user_data_dir)
        *started, self.user_data_dir = OneBrowser._living
        return started

    def stop(self):
        if not self._has_succeeded():
            OneBrowser._living = None
            super().stop()
            return
        self._websocket_request("Page.navigate", params={"url": "about:blank"})
        self._websocket_request("Network.clearBrowserCookies")
        stored = {"origin": self.test_case.base_url(), "storageTypes": "all"}
        self._websocket_request("Storage.clearDataForOrigin", params=stored)
        self.ws.close()
        self._receiver.join()

    def _has_succeeded(self):
        result = getattr(self, "_result", None)  # none, if there is no tab to be had
        if not result or not result.done() or result.cancelled():
            return False
        return not self.had_failure and not result.exception()

    @classmethod
    def end(cls):
        """End the process: of one that a class leaves behind, Odoo warns."""
        if cls._living:
            process, _port, folder = cls._living
            cls._living = None
            process.terminate()
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)
