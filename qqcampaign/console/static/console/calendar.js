"use strict";

// A scheduled start is dragged to another day; it keeps its hour. The arrow beside it does the same by keyboard.
let dragged = null;

function dayOf(event) {
    return event.target.closest("td[data-day]");
}

document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-move]");
    if (dragged) {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", dragged.dataset.move);
    }
});

document.addEventListener("dragover", (event) => {
    const day = dayOf(event);
    document.querySelectorAll("td.target").forEach((other) => other.classList.toggle("target", other === day));
    if (dragged && day) {
        day.classList.add("target");
        event.preventDefault();
    }
});

document.addEventListener("dragend", () => {
    dragged = null;
    document.querySelectorAll("td.target").forEach((day) => day.classList.remove("target"));
});

document.addEventListener("drop", (event) => {
    const day = dayOf(event);
    if (!dragged || !day) {
        return;
    }
    event.preventDefault();
    if (day.contains(dragged)) {
        return;
    }
    const form = document.getElementById("move-form");
    form.action = dragged.dataset.move;
    form.elements.to.value = `${day.dataset.day}T${dragged.dataset.time}`;
    form.submit();
});
