"use strict";

// A part of a page that is replaced by itself (hx-trigger="every …") waits while something in it is being
// pressed, for a click that begins on a button which is gone before it ends does nothing. What has the
// focus keeps it, so that Tab and Enter work on such a part too.
(() => {
    const CONTROLS = "a[href], button, input, select, textarea, summary";
    let kept = null;

    function keyOf(control) {
        // The figure in a link changes, its address does not.
        return control.getAttribute("href") || `${control.tagName} ${control.name || ""} ${control.textContent.trim()}`;
    }

    function equals(part, key) {
        return [...part.querySelectorAll(CONTROLS)].filter((control) => keyOf(control) === key);
    }

    document.addEventListener("htmx:beforeSwap", (event) => {
        const part = event.detail.target, at = document.activeElement;
        const isAsked = Boolean(event.detail.requestConfig?.triggeringEvent);
        if (!isAsked && part.matches(":active")) {
            event.detail.shouldSwap = false; // the next time brings it
            return;
        }
        kept = null;
        if (part !== at && part.contains(at) && at.matches(CONTROLS)) {
            const key = keyOf(at);
            kept = { key, place: equals(part, key).indexOf(at) };
        }
    });

    document.addEventListener("htmx:afterSwap", (event) => {
        if (kept && document.activeElement === document.body) {
            const part = event.detail.target.isConnected ? event.detail.target : document;
            equals(part, kept.key)[kept.place]?.focus({ preventScroll: true });
        }
        kept = null;
    });
})();

// A part that a page asks for once, and that does not come: it says so, and can be asked for again.
(() => {
    function fail(event) {
        const part = event.detail.elt, words = part.querySelector?.("template[data-failed]");
        if (!words) return;
        const before = [...part.childNodes];
        part.replaceChildren(words.content.cloneNode(true));
        part.querySelector("[data-again]").addEventListener("click", () => {
            part.replaceChildren(...before);
            window.htmx.trigger(part, "again");
        });
    }

    for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
        document.addEventListener(name, fail);
    }
})();
