"use strict";

// The tour: a card beside one entry of the sidebar after the other. Escape ends it. Where the sidebar is
// not shown, as on a phone, the card stands at the bottom of the page.

document.addEventListener("DOMContentLoaded", () => {
    const offer = document.getElementById("tour");
    const source = document.getElementById("tour-steps");
    if (!offer || !source) {
        return;
    }
    const link = (step) => document.querySelector(`#nav-sidebar a[href="${step.address}"], #nav-sidebar-inner a[href="${step.address}"]`);
    const steps = JSON.parse(source.textContent).filter(link);
    const words = offer.dataset;
    let card = null;
    let at = 0;
    let before = null;

    function element(name, attributes, text) {
        const made = document.createElement(name);
        Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
        made.textContent = text || "";
        return made;
    }

    function remember() {
        const token = offer.querySelector("[name=csrfmiddlewaretoken]");
        fetch(words.seen, { method: "POST", keepalive: true, headers: { "X-CSRFToken": token ? token.value : "", "X-Requested-With": "fetch" } });
    }

    function end() {
        if (!card) {
            return;
        }
        card.remove();
        card = null;
        unmark();
        offer.hidden = true;
        remember();
        (before && before.isConnected && before.offsetParent ? before : document.getElementById("content")).focus();
    }

    function unmark() {
        document.querySelectorAll(".q-tour-at").forEach((one) => one.classList.remove("q-tour-at"));
    }

    function place(target) {
        const seen = target && target.getClientRects().length > 0;
        card.classList.toggle("q-tour-free", !seen);
        if (!seen) {
            card.style.left = card.style.top = "";
            return;
        }
        const box = target.getBoundingClientRect();
        card.style.left = `${Math.min(box.right + 14, window.innerWidth - card.offsetWidth - 12)}px`;
        card.style.top = `${Math.max(12, Math.min(box.top - 12, window.innerHeight - card.offsetHeight - 12))}px`;
    }

    function show() {
        const step = steps[at];
        const target = link(step);
        unmark();
        target.classList.add("q-tour-at");
        target.scrollIntoView({ block: "nearest" });
        card.replaceChildren(
            element("p", { class: "q-note" }, words.place.replace("{n}", at + 1).replace("{all}", steps.length)),
            element("h2", { id: "tour-step-title" }, step.title),
            element("p", { id: "tour-step-text" }, step.text),
        );
        const buttons = element("div", { class: "q-buttons" });
        const add = (text, act, kind) => {
            const button = element("button", { type: "button", class: `q-button ${kind || ""}` }, text);
            button.addEventListener("click", act);
            buttons.append(button);
            return button;
        };
        if (at > 0) {
            add(words.back, () => { at -= 1; show(); });
        }
        const isLast = at === steps.length - 1;
        const next = add(isLast ? words.end : words.next, isLast ? end : () => { at += 1; show(); }, "q-main");
        if (!isLast) {
            add(words.end, end);
        }
        const open = element("a", { class: "q-link", href: step.address }, words.open);
        open.addEventListener("click", remember);
        card.append(buttons, open);
        place(target);
        next.focus({ preventScroll: true });
    }

    function start() {
        if (!steps.length || card) {
            return;
        }
        before = document.activeElement;
        at = 0;
        card = element("div", { class: "q-tour", role: "dialog", "aria-labelledby": "tour-step-title", "aria-describedby": "tour-step-text" });
        document.body.append(card);
        show();
    }

    offer.querySelector("[data-tour-start]").addEventListener("click", start);
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && card) {
            end();
        }
    });
    window.addEventListener("resize", () => card && place(link(steps[at])));
    if (words.starts !== undefined) {
        start();
    }
});
