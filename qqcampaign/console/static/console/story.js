"use strict";

// The story of a delivery as a panel beside the page. Every link to a delivery's page opens it: Enter or o on
// the focused row, j and k move from row to row, Esc closes. The address names the open one, so that it can be
// shared. Without this script the links lead to the page of the delivery.
document.addEventListener("DOMContentLoaded", () => {
    const PAGE = /\/sending\/delivery\/(\d+)\/change\/(?:[?#]|$)/;
    const PLACE = /^#delivery-(\d+)$/;
    const NARROW = window.matchMedia("(max-width: 767px)");
    const words = document.getElementById("story-words")?.dataset;
    if (!words || PAGE.test(window.location.pathname)) {
        return;
    }
    let panel = null;
    let shown = "";
    let asked = 0;

    const keyOf = (link) => link.getAttribute("href")?.match(PAGE)?.[1] || "";
    const rows = () => [...document.querySelectorAll("main a[href*='/sending/delivery/']")].filter((link) => keyOf(link) && link.offsetParent !== null);
    const rowOf = (key) => rows().find((link) => keyOf(link) === key);
    const addressOf = (link) => link.getAttribute("href").replace(/\?.*$/, "");

    function markRow() {
        rows().forEach((link) => {
            const row = link.closest("tr, li, article") || link;
            row.classList.toggle("q-shown", panel !== null && keyOf(link) === shown);
        });
    }

    function make() {
        panel = document.createElement("aside");
        panel.className = "q-panel";
        panel.setAttribute("aria-label", words.panel);
        panel.innerHTML = `
            <div class="q-panel-bar">
                <button class="q-button" type="button" data-step="-1"><span class="material-symbols-outlined" aria-hidden="true">keyboard_arrow_up</span><span class="q-sr"></span></button>
                <button class="q-button" type="button" data-step="1"><span class="material-symbols-outlined" aria-hidden="true">keyboard_arrow_down</span><span class="q-sr"></span></button>
                <a class="q-link" data-page></a>
                <button class="q-button" type="button" data-close><span class="material-symbols-outlined" aria-hidden="true">close</span><span class="q-sr"></span></button>
            </div>
            <div class="q-panel-body q-page" tabindex="-1" data-body></div>`;
        const label = (selector, text) => {
            const part = panel.querySelector(selector);
            part.title = text;
            (part.querySelector(".q-sr") || part).textContent = text;
        };
        label("[data-step='-1']", words.previous);
        label("[data-step='1']", words.next);
        label("[data-close]", words.close);
        panel.querySelector("[data-page]").textContent = words.page;
        panel.addEventListener("click", (event) => {
            const step = event.target.closest("[data-step]");
            if (step) {
                move(Number(step.dataset.step));
            } else if (event.target.closest("[data-close]")) {
                close();
            }
        });
        document.body.append(panel);
        document.documentElement.classList.add("q-has-panel");
        // On a phone it covers the page, which must not be reached behind it.
        document.getElementById("page").inert = NARROW.matches;
    }

    async function load(key, address) {
        const turn = ++asked;
        const isNew = panel === null;
        if (isNew) {
            make();
        }
        shown = key;
        const body = panel.querySelector("[data-body]");
        panel.querySelector("[data-page]").href = address;
        body.setAttribute("aria-busy", "true");
        markRow();
        const back = encodeURIComponent(window.location.pathname + window.location.search);
        try {
            const answer = await fetch(`${address.replace(/change\/$/, "story/")}?back=${back}`, { headers: { "X-By-Hand": "1" } });
            if (!answer.ok || answer.redirected) {
                throw new Error(answer.status);
            }
            const story = await answer.text();
            if (turn !== asked || panel === null) {
                return;
            }
            body.innerHTML = story;
            window.htmx?.process(body);
        } catch {
            if (turn === asked && panel !== null) {
                body.textContent = words.failed;
            }
        }
        body.removeAttribute("aria-busy");
        body.scrollTop = 0;
        (body.querySelector("#story-title") || body).focus({ preventScroll: true });
    }

    function open(key, address) {
        // One step back closes the panel, however many rows were looked at.
        const isPushed = panel === null || window.history.state?.isPushed === true;
        window.history[panel ? "replaceState" : "pushState"]({ isPushed }, "", `#delivery-${key}`);
        load(key, address);
    }

    function hide() {
        const link = rowOf(shown);
        asked += 1;
        panel.remove();
        panel = null;
        shown = "";
        document.documentElement.classList.remove("q-has-panel");
        document.getElementById("page").inert = false;
        markRow();
        link?.focus();
    }

    function close() {
        if (window.history.state?.isPushed) {
            window.history.back();
        } else {
            window.history.replaceState(null, "", window.location.pathname + window.location.search);
            hide();
        }
    }

    function move(by) {
        const all = rows();
        const focused = all.indexOf(document.activeElement);
        const now = panel ? all.findIndex((link) => keyOf(link) === shown) : focused;
        const next = all[now < 0 ? 0 : Math.min(all.length - 1, Math.max(0, now + by))];
        if (!next) {
            return;
        }
        if (panel) {
            if (keyOf(next) !== shown) {
                open(keyOf(next), addressOf(next));
                next.scrollIntoView({ block: "nearest" });
            }
        } else {
            next.focus();
        }
    }

    document.addEventListener("click", (event) => {
        const link = event.target.closest("main a[href]");
        const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
        if (!link || !isPlain || !keyOf(link) || event.defaultPrevented) {
            return;
        }
        event.preventDefault();
        open(keyOf(link), addressOf(link));
    });

    // Before the inbox's own keys, which move between conversations.
    document.addEventListener("keydown", (event) => {
        const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
        if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        if (event.key === "Escape" && panel) {
            event.preventDefault();
            event.stopImmediatePropagation();
            close();
            return;
        }
        const isOthers = panel === null && document.querySelector("[data-inbox]");
        if (isOthers || !["j", "k", "o"].includes(event.key) || (!panel && rows().length === 0)) {
            return;
        }
        event.stopImmediatePropagation();
        event.preventDefault();
        if (event.key !== "o") {
            move(event.key === "j" ? 1 : -1);
        } else if (rows().includes(document.activeElement)) {
            document.activeElement.click();
        }
    }, true);

    function follow() {
        const key = window.location.hash.match(PLACE)?.[1] || "";
        if (key && key !== shown) {
            load(key, words.address.replace("/0/", `/${key}/`));
        } else if (!key && panel) {
            hide();
        }
    }
    window.addEventListener("popstate", follow);
    if (PLACE.test(window.location.hash)) {
        // It came with the address: there is no step back to the page without it.
        window.history.replaceState({ isPushed: false }, "");
        follow();
    }
    document.addEventListener("htmx:afterSwap", () => panel && markRow());
    NARROW.addEventListener("change", () => { document.getElementById("page").inert = panel !== null && NARROW.matches; });
});
