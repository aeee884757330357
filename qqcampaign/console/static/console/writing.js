// A text being written: inserts what is clicked, and shows the text for a person as one types.
"use strict";

(() => {
    const PAUSE = 350; // ms without typing before the server is asked
    const LONGEST = 8000; // ms after which an answer is given up

    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-variables-of] .q-variable");
        if (!button) return;
        const area = document.getElementById(button.parentElement.dataset.variablesOf);
        area.setRangeText(button.textContent, area.selectionStart, area.selectionEnd, "end");
        area.dispatchEvent(new Event("input", { bubbles: true }));
        area.focus();
    });

    const begin = (box) => {
        const area = document.getElementById(box.dataset.writing);
        const search = box.querySelector("[data-person]");
        const place = box.querySelector("[data-preview]");
        const form = area && area.closest("form");
        const token = form && form.querySelector("[name=csrfmiddlewaretoken]");
        if (!token || !search) return;
        let timer = 0;
        let asking = null;

        const say = (sentence) => {
            const line = document.createElement("p");
            line.className = "q-note";
            line.textContent = sentence;
            place.replaceChildren(line);
        };
        const ask = async () => {
            if (asking) asking.abort();
            const mine = new AbortController();
            asking = mine;
            const end = setTimeout(() => mine.abort("late"), LONGEST);
            const data = new FormData();
            data.set("csrfmiddlewaretoken", token.value);
            data.set("text", area.value);
            data.set("person", search.value);
            const zone = form.querySelector("[name=timezone]");
            if (zone) data.set("zone", zone.value);
            if (box.dataset.name === "text" && document.body.classList.contains("model-snippet")) {
                const name = form.querySelector("[name=name]");
                data.set("snippet", name ? name.value : "");
            }
            place.setAttribute("aria-busy", "true");
            try {
                const answer = await fetch(box.dataset.address, {
                    method: "POST", body: data, signal: mine.signal, credentials: "same-origin",
                });
                if (answer.status === 403) say(box.dataset.forbidden);
                else if (!answer.ok || answer.redirected) say(box.dataset.failed);
                else place.innerHTML = await answer.text();
            } catch (problem) {
                if (asking === mine) say(box.dataset.failed);
            } finally {
                clearTimeout(end);
                if (asking === mine) place.removeAttribute("aria-busy");
            }
        };
        const later = () => {
            clearTimeout(timer);
            timer = setTimeout(ask, PAUSE);
        };
        area.addEventListener("input", later);
        search.addEventListener("input", later);
        // Enter in the search would save the form.
        search.addEventListener("keydown", (event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            clearTimeout(timer);
            ask();
        });
        place.addEventListener("click", (event) => {
            const button = event.target.closest("[data-uin]");
            if (!button) return;
            search.value = button.dataset.uin;
            ask();
            search.focus();
        });
        if (area.value.trim()) ask();
    };

    document.addEventListener("DOMContentLoaded", () => {
        for (const box of document.querySelectorAll("[data-writing]")) begin(box);
        for (const list of document.querySelectorAll("[data-languages]")) {
            const more = list.querySelector("[data-more-languages]");
            const hidden = () => list.querySelectorAll("[data-language][hidden]");
            if (more) {
                more.addEventListener("click", () => {
                    const [row] = hidden();
                    if (row) {
                        row.hidden = false;
                        row.querySelector("input").focus();
                    }
                    more.hidden = !hidden().length;
                });
            }
        }
    });
})();
