// The variants of a campaign: hides rows that are not needed yet, and shows each variant's share of
// the people as its weight is typed. Without this script all rows are there.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-variants]");
    if (!box) return;
    const rows = [...box.querySelectorAll("tbody tr")]; // order.js may move them
    const add = box.querySelector("[data-add]");
    const part = (row, name) => row.querySelector(`[name$="_${name}"]`);

    const share = () => {
        const weights = rows.map((row) => {
            const isUsed = ["name", "template", "text"].some((name) => part(row, name).value.trim());
            const weight = part(row, "weight").value.trim();
            return isUsed && /^[0-9]{1,5}$/.test(weight) ? Number(weight) : 0;
        });
        const whole = weights.reduce((sum, weight) => sum + weight, 0);
        rows.forEach((row, place) => {
            const shown = whole && weights[place] ? `${((100 * weights[place]) / whole).toFixed(1)} %` : "";
            row.querySelector("[data-share]").textContent = shown;
        });
    };
    const spare = () => rows.filter((row) => row.hidden);

    for (const row of rows) row.hidden = "spare" in row.dataset;
    add.hidden = !spare().length;
    add.addEventListener("click", () => {
        const [next] = spare();
        if (!next) return;
        next.hidden = false;
        const place = part(next, "place");
        if (!place.value) place.value = rows.length - spare().length;
        part(next, "name").focus();
        add.hidden = !spare().length;
    });
    box.addEventListener("input", share);
    share();
});
