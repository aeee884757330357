"use strict";

// The help: the panel beside the page (its button, or the key "?"), and what a result code means where it
// stands (hover, focus, click). Both ask the server when they are first needed.

(() => {
    const codes = new Map();
    let tip = null;
    let tipOf = null;
    let waiting = null;

    const button = () => document.querySelector("[data-help]");
    const panel = () => document.getElementById("help-panel");

    // --- the panel ------------------------------------------------------------------------------

    async function fill() {
        const words = button().dataset;
        const body = panel().querySelector("[data-help-body]");
        if (body.dataset.filled) {
            return;
        }
        body.textContent = words.wait;
        try {
            const answer = await fetch(words.help, { headers: { "X-Requested-With": "fetch" } });
            if (!answer.ok || answer.redirected) {
                throw new Error(String(answer.status));
            }
            body.innerHTML = await answer.text();
            body.dataset.filled = "yes";
        } catch {
            body.textContent = words.sorry;
        }
    }

    function open(isOpen) {
        panel().hidden = !isOpen;
        button().setAttribute("aria-expanded", String(isOpen));
        if (isOpen) {
            fill();
            panel().focus();
        } else {
            button().focus();
        }
    }

    // --- result codes ---------------------------------------------------------------------------

    async function explained(code) {
        if (!codes.has(code)) {
            const answer = await fetch(`${button().dataset.codes}?code=${encodeURIComponent(code)}`);
            if (!answer.ok || answer.redirected) {
                throw new Error(String(answer.status));
            }
            codes.set(code, await answer.json());
        }
        return codes.get(code);
    }

    async function showTip(place) {
        if (tipOf === place || !button()) {
            return;
        }
        hideTip();
        tipOf = place;
        let found;
        try {
            found = await explained(place.dataset.code);
        } catch {
            tipOf = null;
            return;
        }
        if (tipOf !== place || !place.isConnected) {
            return;
        }
        tip = document.createElement("div");
        tip.className = "q-tip";
        tip.id = "code-tip";
        tip.setAttribute("role", "tooltip");
        const title = document.createElement("b");
        title.textContent = found.title;
        tip.append(title);
        for (const text of found.texts) {
            const line = document.createElement("p");
            line.textContent = text;
            tip.append(line);
        }
        (document.querySelector("main") || document.body).append(tip);
        place.setAttribute("aria-describedby", tip.id);
        const box = place.getBoundingClientRect();
        const isBelow = box.bottom + tip.offsetHeight + 12 < window.innerHeight;
        tip.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - tip.offsetWidth - 8))}px`;
        tip.style.top = `${isBelow ? box.bottom + 6 : Math.max(8, box.top - tip.offsetHeight - 6)}px`;
    }

    function hideTip() {
        clearTimeout(waiting);
        if (tipOf) {
            tipOf.removeAttribute("aria-describedby");
        }
        if (tip) {
            tip.remove();
        }
        tip = tipOf = null;
    }

    const codeAt = (event) => (event.target.closest ? event.target.closest("[data-code]") : null);

    document.addEventListener("mouseover", (event) => {
        const place = codeAt(event);
        clearTimeout(waiting);
        if (place) {
            waiting = setTimeout(() => showTip(place), 150);
        } else if (tip && !event.target.closest(".q-tip")) {
            waiting = setTimeout(hideTip, 150);
        }
    });
    document.addEventListener("focusin", (event) => (codeAt(event) ? showTip(codeAt(event)) : hideTip()));
    document.addEventListener("scroll", () => tip && hideTip(), { passive: true, capture: true });

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-help]")) {
            open(panel().hidden);
        } else if (event.target.closest("[data-help-close]")) {
            open(false);
        } else if (codeAt(event) && codeAt(event).matches("button")) {
            event.preventDefault();
            showTip(codeAt(event));
        } else if (!event.target.closest(".q-tip")) {
            hideTip();
        }
    });

    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && tip) {
            hideTip();
        } else if (event.key === "Escape" && panel() && !panel().hidden && panel().contains(document.activeElement)) {
            open(false);
        }
        const at = event.target;
        const isTyping = at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName);
        if (event.key === "?" && button() && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            open(panel().hidden);
        }
    });
})();
