# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What stands for all tours of a run: the service's process, and a Chromium.

Its start, and its reading of the web client's scripts, take it longer than what most
tours show.
"""

import atexit
import functools
import shutil
from contextlib import contextmanager
from unittest.mock import patch

import psutil
import requests

from odoo.tests.common import HOST, ChromeBrowser

from devtools.sandbox.control import Sandbox, wait_for


@functools.cache
def sandbox() -> Sandbox:
    """The service. Whoever uses it resets it before."""
    service = Sandbox()
    service.start()
    atexit.register(service.__exit__)
    return service


class Browser(ChromeBrowser):
    """Odoo's browser, in a tab that is closed with the tour, while the process goes on.

    The next tour finds no cookie and nothing stored, but the scripts as they were
    compiled. After a failure it finds a new process.
    """

    _living = None  # the process, the port of its devtools, its folder

    def _chrome_start(self, user_data_dir, **options):
        if not Browser._living:
            started = super()._chrome_start(user_data_dir, **options)
            Browser._living = *started, user_data_dir
            return started
        shutil.rmtree(user_data_dir)
        *started, self.user_data_dir = Browser._living
        return started

    def _json_command(self, command, timeout=3):
        """Asked for the tabs, tell of a new one only; that of the start stays empty."""
        if command:
            return super()._json_command(command, timeout)
        self._tab = requests.put(self._devtools("new?about:blank"), timeout=30).json()
        return [self._tab]

    def stop(self):
        if not self._has_succeeded():
            Browser._living = None
            super().stop()
            return
        self._websocket_request("Page.stopLoading")
        self._websocket_request("Network.clearBrowserCookies")
        stored = {"origin": self.test_case.base_url(), "storageTypes": "all"}
        self._websocket_request("Storage.clearDataForOrigin", params=stored)
        self.ws.close()
        self._receiver.join()
        requests.get(self._devtools(f"close/{self._tab['id']}"), timeout=30)
        # The page's worker of the bus asks on for as long as it lives, be it in the
        # middle of the next tour's transaction.
        wait_for(lambda: not self._at_odoo(), 30, "the tab and its workers to end")

    def _at_odoo(self):
        targets = requests.get(self._devtools("list"), timeout=30).json()
        address = self.test_case.base_url()
        return [target for target in targets if target["url"].startswith(address)]

    def _devtools(self, command):
        return f"http://{HOST}:{self.devtools_port}/json/{command}"

    def _has_succeeded(self):
        result = getattr(self, "_result", None)  # none, if there is no tab to be had
        if not result or not result.done() or result.cancelled():
            return False
        return not self.had_failure and not result.exception()

    @classmethod
    def end(cls):
        if cls._living:
            process, _port, folder = cls._living
            cls._living = None
            process.terminate()
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


atexit.register(Browser.end)


@contextmanager
def spared():
    """Odoo ends the processes that a class of tests leaves behind: not these."""
    children = psutil.Process.children

    def others(process, *args, **kwargs):
        standing = {sandbox().pid, Browser._living and Browser._living[0].pid}
        found = children(process, *args, **kwargs)
        return [child for child in found if child.pid not in standing]

    with patch.object(psutil.Process, "children", others):
        yield
