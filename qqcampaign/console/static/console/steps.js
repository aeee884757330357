// A step of making a campaign: saves as one types, and shows what the choices lead to beside them.
// Without this script each step is saved by its buttons.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const PAUSE = 500; // ms without a change before it is saved
    const form = document.querySelector("form[data-step]");
    if (!form || !form.querySelector("input:not([type=hidden]), textarea, select")) return;
    const status = document.querySelector("[data-saved]");
    const result = document.querySelector("[data-result]");
    // Selects announce a change when they are set up: only other values are saved.
    const values = () => new URLSearchParams(new FormData(form)).toString();
    let saved = "changed" in form.dataset ? "" : values();
    let timer = 0;
    let isSaving = false;
    let isChanged = false;
    let isLeaving = false;

    const save = async () => {
        if (isSaving || isLeaving) return; // one at a time: the later values are sent after it
        isChanged = false;
        const now = values();
        if (now === saved) return;
        isSaving = true;
        status.textContent = form.dataset.saving;
        if (result) result.setAttribute("aria-busy", "true");
        try {
            const data = new FormData(form);
            data.set("_live", "1");
            const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
            if (!answer.ok || answer.redirected) throw new Error("no answer");
            const found = await answer.json();
            status.textContent = found.sentence;
            saved = now;
            if (found.address) {
                // The first thing saved made the campaign: from now on its own address is used.
                form.action = found.address;
                if (!isLeaving) window.history.replaceState(null, "", found.address);
            }
            if (result && found.result !== undefined) {
                result.innerHTML = found.result;
                window.htmx?.process(result); // figures that take long ask for themselves
            }
        } catch (problem) {
            status.textContent = form.dataset.unsaved;
        } finally {
            isSaving = false;
            if (result) result.removeAttribute("aria-busy");
            if (isChanged) later();
        }
    };
    const later = () => {
        isChanged = true;
        clearTimeout(timer);
        timer = setTimeout(save, PAUSE);
    };
    const ofPreview = (target) => target.closest && target.closest(".q-writing-preview");
    form.addEventListener("input", (event) => ofPreview(event.target) || later());
    form.addEventListener("change", (event) => ofPreview(event.target) || later());
    // Selects that search tell their changes to jQuery alone.
    const jquery = window.django && window.django.jQuery;
    if (jquery) jquery(form).on("change", "select", later);
    form.addEventListener("submit", () => {
        isLeaving = true;
        clearTimeout(timer);
    });
    if ("changed" in form.dataset) later();
    // Leaving by a link right after typing: what waits is sent on the way.
    window.addEventListener("pagehide", () => {
        if (isLeaving || values() === saved) return;
        const data = new FormData(form);
        data.set("_live", "1");
        navigator.sendBeacon(form.action, data);
    });
});
