"""Opens screens in a browser, in the environment that has playwright.

A line in, a line out, both JSON: a screen to open, the milliseconds until it was painted.
"""

import json
import sys

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TIMEOUT = 60_000
SETTLE = 500
# The web client is there already: what is measured is the screen, not the client's start.
OPEN = """
async ([action, selector, count, scroll, timeout]) => {
    const frame = () => new Promise(requestAnimationFrame);
    const there = () => document.querySelectorAll(selector).length;
    const { services } = odoo.__WOWL_DEBUG__.root.env;
    const start = performance.now();
    services.action.doAction(action, { clearBreadcrumbs: true });
    while (count ? there() < count : document.querySelector(selector)) {
        if (performance.now() - start > timeout) {
            throw new Error(`${there()} of ${count} ${selector}`);
        }
        if (scroll && there()) {
            // The older messages are fetched when one gets to them.
            [...document.querySelectorAll(selector)].at(-1).scrollIntoView();
        }
        await frame();
    }
    await frame();
    await new Promise((resolve) => setTimeout(resolve));
    return performance.now() - start;
}
"""


def main(chromium: str, url: str, login: str, password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1366, "height": 760}).new_page()
        page.set_default_timeout(TIMEOUT)
        page.goto(url + "/web/login")
        page.fill("#login", login)
        page.fill("#password", password)
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar")
        for line in sys.stdin:
            job = json.loads(line)
            if job.get("reload"):
                page.reload()
                page.wait_for_selector(".o_main_navbar")
            arguments = [
                job[name] for name in ("action", "selector", "count", "scroll")
            ]
            milliseconds = page.evaluate(OPEN, [*arguments, TIMEOUT])
            # What is asked for after that belongs to the screen as well.
            page.wait_for_timeout(SETTLE)
            print(json.dumps(milliseconds), flush=True)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
