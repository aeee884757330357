// The schedule of a campaign: shows the parts of the repetition that its kind needs, and asks for
// the next dates whenever something about them changes. The server checks all the same.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-repeat]");
    if (!box) return;
    const kind = box.querySelector("select");
    const dates = document.querySelector("[data-dates]");
    const once = ["repeat_until_0", "repeat_times"];

    const arrange = () => {
        for (const part of box.querySelectorAll("[data-for]")) {
            part.hidden = !part.dataset.for.split(" ").includes(kind.value);
        }
        for (const name of once) {
            const field = document.querySelector(`[name="${name}"]`);
            const row = field && field.closest(".field-row, .form-row");
            if (row) row.hidden = !kind.value;
        }
    };
    const ask = (event) => {
        const name = event.target.name || "";
        if (/^(repeat|starts_at|timezone)/.test(name)) dates.dispatchEvent(new Event("dates"));
    };
    const form = box.closest("form");
    form.addEventListener("change", ask);
    form.addEventListener("input", ask);
    kind.addEventListener("change", arrange);
    // The list of time zones tells its changes to jQuery alone.
    const jquery = window.django && window.django.jQuery;
    if (jquery) jquery("[name=timezone]").on("change", () => dates.dispatchEvent(new Event("dates")));
    arrange();
});
