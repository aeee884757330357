// The inbox by keyboard, canned answers, the place of the thread, the number in the sidebar. Without it the
// page works too.
(() => {
    const inbox = document.querySelector("[data-inbox]");
    if (!inbox) {
        return;
    }
    const rows = () => [...inbox.querySelectorAll("[data-conversation]")];
    const reply = () => inbox.querySelector("[data-reply]");

    // --- the thread stays at its end, or where it was scrolled to
    const thread = () => document.getElementById("messages");
    const toEnd = () => {
        const box = thread();
        if (box) {
            box.scrollTop = box.scrollHeight;
        }
    };
    let place = null;
    document.addEventListener("htmx:beforeSwap", (event) => {
        const box = thread();
        if (box && event.detail.target === box) {
            const fromEnd = box.scrollHeight - box.scrollTop - box.clientHeight;
            // Earlier messages are added above: the distance from the end stays.
            place = fromEnd < 40 ? 0 : box.scrollHeight - box.scrollTop;
        }
    });
    document.addEventListener("htmx:afterSwap", () => {
        const box = thread();
        if (box && place !== null) {
            box.scrollTop = place ? box.scrollHeight - place : box.scrollHeight;
            place = null;
        }
    });
    toEnd();

    // --- the number in the sidebar, which answers bring along
    document.addEventListener("htmx:afterRequest", (event) => {
        const n = event.detail.xhr?.getResponseHeader("X-Unread");
        if (n === null || n === undefined) {
            return;
        }
        document.querySelectorAll(`a[href="${window.location.pathname}"] .q-count`).forEach((count) => {
            count.textContent = n;
            count.hidden = !n;
        });
    });

    // --- forms
    inbox.addEventListener("change", (event) => {
        if (event.target.matches("[data-submits]")) {
            event.target.form.requestSubmit();
        } else if (event.target.matches("[data-canned]") && event.target.value) {
            insertCanned(event.target);
        }
    });
    inbox.addEventListener("submit", (event) => {
        // One click is one answer; the key in the form makes a second one harmless too.
        if (event.target.matches("[data-answer]")) {
            if (event.target.dataset.sent) {
                event.preventDefault();
            }
            event.target.dataset.sent = "1";
        }
    });
    window.addEventListener("pageshow", () => {
        inbox.querySelectorAll("[data-answer]").forEach((form) => delete form.dataset.sent);
    });

    async function insertCanned(select) {
        const said = inbox.querySelector("[data-said]");
        const address = select.dataset.canned.replace(/\/0\/$/, `/${select.value}/`);
        select.value = "";
        try {
            const answer = await (await fetch(address)).json();
            said.textContent = answer.error || "";
            if (answer.text) {
                const box = reply();
                box.setRangeText(answer.text, box.selectionStart, box.selectionEnd, "end");
                box.focus();
            }
        } catch {
            window.location.reload();
        }
    }

    // --- keys
    function move(by) {
        const all = rows();
        const now = all.findIndex((row) => row === document.activeElement);
        const start = now >= 0 ? now : all.findIndex((row) => row.hasAttribute("aria-current"));
        const next = start < 0 ? 0 : Math.min(all.length - 1, Math.max(0, start + by));
        all[next]?.focus();
    }
    const keys = {
        j: () => move(1),
        k: () => move(-1),
        r: () => reply()?.focus(),
        e: () => inbox.querySelector("[data-close]")?.requestSubmit(),
        "/": () => inbox.querySelector("[data-search]")?.select(),
    };
    document.addEventListener("keydown", (event) => {
        const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
        if (isTyping) {
            if (event.key === "Escape") {
                event.target.blur();
            } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form?.matches("[data-answer]")) {
                event.preventDefault();
                event.target.form.requestSubmit();
            }
            return;
        }
        if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) {
            return;
        }
        event.preventDefault();
        keys[event.key]();
    });
})();
