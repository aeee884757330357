// Choosing lists, accounts or campaigns by name: chips, and a search that the keyboard can work.
"use strict";

window.makePicker = ({ address, key, ids, names, labels, label, onChange }) => {
    const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);
    const box = make("div", { className: "q-picker" });
    const chips = make("span", { className: "q-chips" });
    const input = make("input", { className: "q-input", type: "text", placeholder: labels.search });
    const list = make("ul", { className: "q-choices", hidden: true, id: `choices-${Math.random()}` });
    list.setAttribute("role", "listbox");
    for (const [name, value] of Object.entries({
        role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": list.id,
        "aria-label": label, "aria-autocomplete": "list",
    })) input.setAttribute(name, value);
    box.append(chips, input, list);

    let items = [], at = -1, asked = null, timer = 0;
    const nameOf = (id) => (names[id] || {}).name || `#${id}`;

    const showChips = () => {
        chips.replaceChildren(...ids.map((id) => {
            const isGone = (names[id] || {}).gone;
            const chip = make("span", { className: isGone ? "q-chip q-gone" : "q-chip" });
            const remove = make("button", { type: "button", textContent: "×" });
            remove.setAttribute("aria-label", `${labels.remove} ${nameOf(id)}`);
            remove.addEventListener("click", () => { drop(id); input.focus(); });
            chip.append(isGone ? `${nameOf(id)} (${labels.gone})` : nameOf(id), remove);
            return chip;
        }));
    };
    const changed = () => { showChips(); onChange(ids); };
    const drop = (id) => { ids.splice(ids.indexOf(id), 1); changed(); };
    const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const mark = (number) => {
        at = number;
        [...list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
        if (list.children[at]) {
            input.setAttribute("aria-activedescendant", list.children[at].id);
            list.children[at].scrollIntoView({ block: "nearest" });
        }
    };
    const choose = (item) => {
        names[item.id] = { name: item.name };
        if (!ids.includes(item.id)) ids.push(item.id);
        input.value = "";
        close();
        changed();
    };
    const show = () => {
        const free = items.filter((item) => !ids.includes(item.id));
        list.replaceChildren(...free.map((item, n) => {
            const option = make("li", { textContent: item.name, id: `${list.id}-${n}` });
            option.setAttribute("role", "option");
            option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(item); });
            return option;
        }));
        if (!free.length) list.append(make("li", { className: "q-note", textContent: labels.nothing }));
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
        items = free;
        mark(free.length ? 0 : -1);
    };
    const search = async () => {
        if (asked) asked.abort();
        asked = new AbortController();
        try {
            const query = new URLSearchParams({ key, q: input.value });
            const answer = await fetch(`${address}?${query}`, { signal: asked.signal });
            if (!answer.ok) return;
            items = (await answer.json()).items;
            if (document.activeElement === input) show();
        } catch (error) {
            if (error.name !== "AbortError") close();
        }
    };
    input.addEventListener("focus", search);
    input.addEventListener("input", (event) => { event.stopPropagation(); clearTimeout(timer); timer = setTimeout(search, 150); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            if (list.hidden) search();
            else if (items.length) mark((at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length);
        } else if (event.key === "Enter") {
            event.preventDefault();
            if (!list.hidden && items[at]) choose(items[at]);
        } else if (event.key === "Escape") {
            close();
        } else if (event.key === "Backspace" && !input.value && ids.length) {
            drop(ids[ids.length - 1]);
        }
    });
    showChips();
    return box;
};
