// Keeps the parts of a page marked data-live up to date, and writes dates in the reader's own zone and language.
"use strict";

const PERIOD = 1000;

function localize(root) {
    const today = new Date().toDateString();
    for (const element of root.querySelectorAll("time")) {
        const date = new Date(element.dateTime);
        const time = { hour: "2-digit", minute: "2-digit" };
        const options = date.toDateString() === today ? time : { day: "numeric", month: "short", ...time };
        element.title = date.toLocaleString();
        element.textContent = date.toLocaleString([], options);
    }
}

function ids(element) {
    return new Set([...element.querySelectorAll("[data-id]")].map((item) => item.dataset.id));
}

async function refresh(element) {
    const url = new URL(element.dataset.live, location);
    url.searchParams.set("version", element.dataset.version);
    const response = await fetch(url);
    if (response.status !== 200) {
        return;
    }
    const before = ids(element);
    // The server has escaped whatever came from letters.
    element.innerHTML = await response.text();
    element.dataset.version = response.headers.get("X-Version");
    localize(element);
    for (const item of element.querySelectorAll("[data-id]")) {
        item.classList.toggle("fresh", !before.has(item.dataset.id));
    }
}

async function keepLive() {
    if (!document.hidden) {
        // A server that is being restarted is asked again at the next turn.
        await Promise.allSettled([...document.querySelectorAll("[data-live]")].map(refresh));
    }
    setTimeout(keepLive, PERIOD);
}

localize(document);
setTimeout(keepLive, PERIOD);
