// A segment's rows: each shows only the parts that its subject needs. The server checks all the same.
"use strict";

(() => {
    const grammar = JSON.parse(document.getElementById("segment-grammar").textContent);
    const valueless = JSON.parse(document.getElementById("segment-valueless").textContent);
    const box = document.querySelector("[data-conditions]");
    if (!box) return;

    const part = (row, name) => row.querySelector(`[data-part="${name}"]`);
    const show = (element, isShown) => { element.closest(".q-part").hidden = !isShown; };

    const arrange = (row) => {
        const what = part(row, "what").value;
        const words = grammar[what] || [];
        const comparison = part(row, "comparison");
        for (const option of comparison.options) option.hidden = !words.includes(option.value);
        if (words.length && !words.includes(comparison.value)) comparison.value = words[0];
        show(comparison, what);
        show(part(row, "name"), what === "attribute");
        show(part(row, "lists"), what === "list");
        const hasValue = what === "friend_of" || (what && !valueless.includes(comparison.value));
        show(part(row, "value"), hasValue);
    };

    box.addEventListener("change", (event) => {
        const row = event.target.closest("[data-condition]");
        if (row) arrange(row);
    });
    document.querySelector("[data-condition-more]").addEventListener("click", () => {
        const total = document.querySelector("[name=row-TOTAL_FORMS]");
        const blank = document.querySelector("[data-condition-blank]").innerHTML;
        box.insertAdjacentHTML("beforeend", blank.replaceAll("__prefix__", total.value));
        total.value = Number(total.value) + 1;
        arrange(box.lastElementChild);
        part(box.lastElementChild, "what").focus();
    });
    box.querySelectorAll("[data-condition]").forEach(arrange);
})();
