// Rows of a form in an order, such as the steps of a sequence, variants and rules: moves one up or down by its
// buttons or by dragging its handle, and writes the numbers anew. A choice of another row's number
// (data-order-of) follows that row. Without this script the numbers are typed.
"use strict";

(() => {
    const NUMBER = "input[data-order]";
    const ROW = "tbody.form-group, tr[data-order-row]";
    const rowOf = (element) => element.closest(ROW);
    const isUsed = (row) =>
        !row.classList.contains("empty-form")
        && [...row.querySelectorAll("textarea, " + NUMBER)].some((field) => field.value.trim());
    const rowsOf = (table) => [...table.querySelectorAll(ROW)].filter((row) => row.querySelector(NUMBER));
    const usedRowsOf = (table) => rowsOf(table).filter(isUsed);
    const isDeleted = (row) => !!row.querySelector("input[name$='-DELETE']:checked");

    const write = (field, value) => {
        if (field.value === String(value)) return;
        field.value = value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const renumber = (table) => {
        const moved = new Map();
        let n = 0;
        for (const row of usedRowsOf(table)) {
            if (isDeleted(row)) continue;
            const input = row.querySelector(NUMBER);
            n += 1;
            if (input.value) moved.set(input.value, n);
            write(input, n);
        }
        for (const field of table.querySelectorAll("[data-order-of]")) {
            if (moved.has(field.value)) write(field, moved.get(field.value));
        }
    };
    const move = (row, by) => {
        const table = row.closest("table");
        const rows = usedRowsOf(table);
        const other = rows[rows.indexOf(row) + by];
        if (!isUsed(row) || !other) return;
        if (by < 0) other.before(row);
        else other.after(row);
        renumber(table);
    };
    const button = (sign, words, act) => {
        const made = document.createElement("button");
        made.type = "button";
        made.className = "q-move";
        made.textContent = sign;
        made.title = words;
        made.setAttribute("aria-label", words);
        made.addEventListener("click", () => {
            act();
            made.focus(); // it went along with its row
        });
        return made;
    };

    let dragged = null;
    const equip = (input) => {
        const row = rowOf(input);
        if (!row || row.classList.contains("empty-form") || row.querySelector(".q-moves")) return;
        const handle = document.createElement("span");
        handle.className = "q-handle";
        handle.textContent = "⠿";
        handle.draggable = true;
        handle.setAttribute("aria-hidden", "true");
        handle.addEventListener("dragstart", (event) => {
            dragged = row;
            event.dataTransfer.effectAllowed = "move";
            event.dataTransfer.setData("text/plain", ""); // Firefox drags nothing without data
            event.dataTransfer.setDragImage(row, 0, 0);
        });
        handle.addEventListener("dragend", () => { dragged = null; });
        const moves = document.createElement("span");
        moves.className = "q-moves";
        moves.append(
            button("↑", input.dataset.up, () => move(row, -1)),
            button("↓", input.dataset.down, () => move(row, 1)),
            handle,
        );
        input.after(moves);
        row.addEventListener("dragover", (event) => {
            if (!dragged || dragged === row || dragged.parentElement !== row.parentElement || !isUsed(row)) return;
            event.preventDefault();
            const box = row.getBoundingClientRect();
            if (event.clientY < box.top + box.height / 2) row.before(dragged);
            else row.after(dragged);
        });
        row.addEventListener("drop", (event) => event.preventDefault());
        handle.addEventListener("dragend", () => renumber(row.closest("table")));
    };

    document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(NUMBER).forEach(equip));
    document.addEventListener("formset:added", (event) => event.target.querySelectorAll(NUMBER).forEach((input) => {
        equip(input);
        if (!input.value) input.value = usedRowsOf(rowOf(input).closest("table")).length + 1;
    }));
})();
