// A segment's conditions as rows in nested groups, and the live count. The server checks all the same.
"use strict";

(() => {
    const read = (id) => JSON.parse(document.getElementById(id).textContent);
    const form = document.getElementById("segment-form");
    const editor = document.querySelector("[data-segment-editor]");
    const preview = document.querySelector("[data-segment-preview]");
    const words = read("segment-words"), names = read("segment-names");
    const say = words.labels;
    // Without a prototype: an attribute may be called "constructor".
    const byName = (rows, value) => {
        const found = Object.create(null);
        for (const row of rows) found[row.name] = value(row);
        return found;
    };
    const kinds = byName(words.kinds, (kind) => kind);
    const types = byName(words.attributes, (one) => one.type);
    const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);

    // --- The tree: {not, word, parts} for a group, {not, leaf} for a condition -----------------

    const emptyRow = () => ({ not: false, leaf: null });
    const fromJson = (node) => {
        if (!node || typeof node !== "object") return emptyRow();
        if ("not" in node) {
            const inner = fromJson(node.not);
            return { ...inner, not: !inner.not };
        }
        for (const word of ["all", "any"]) {
            if (Array.isArray(node[word])) return { not: false, word, parts: node[word].map(fromJson) };
        }
        return { not: false, leaf: node.kind in kinds ? { ...node } : null };
    };
    const toJson = (node) => {
        const found = node.parts ? { [node.word]: node.parts.map(toJson) } : node.leaf || { kind: "" };
        return node.not ? { not: found } : found;
    };
    const stored = read("segment-tree");
    let root = stored && Object.keys(stored).length ? fromJson(stored) : null;
    if (!root || !root.parts) root = { not: false, word: "all", parts: [root || emptyRow()] };

    // --- The live count --------------------------------------------------------------------------

    let asked = null, timer = 0;
    // A single condition needs no group around it.
    const plainRoot = () => (root.parts.length === 1 && !root.not ? root.parts[0] : root);
    const store = () => {
        if (!editor) return;
        const isEmpty = root.parts.every((part) => part.leaf === null && !part.parts);
        document.querySelector("[data-segment-tree]").value = JSON.stringify(isEmpty ? {} : toJson(plainRoot()));
    };
    const markProblems = () => {
        document.querySelectorAll(".q-condition.q-bad").forEach((row) => row.classList.remove("q-bad"));
        preview.querySelectorAll("[data-path]").forEach((problem) => {
            const path = plainRoot() === root ? problem.dataset.path : ["0", problem.dataset.path].filter(Boolean).join(".");
            const row = document.querySelector(`[data-place="${path}"]`);
            if (row) row.classList.add("q-bad");
        });
    };
    const count = async () => {
        if (asked) asked.abort();
        asked = new AbortController();
        const { signal } = asked;
        preview.setAttribute("aria-busy", "true");
        try {
            const answer = await fetch(preview.dataset.segmentPreview, { method: "POST", body: new FormData(form), signal });
            if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
            preview.innerHTML = await answer.text();
            markProblems();
        } catch (error) {
            if (error.name === "AbortError") return;
            preview.replaceChildren(make("p", { className: "q-note", textContent: say.failed }));
        }
        if (!signal.aborted) preview.removeAttribute("aria-busy");
    };
    const changed = (wait = 400) => {
        store();
        if (asked) asked.abort();
        clearTimeout(timer);
        timer = setTimeout(count, wait);
    };

    // --- Rows --------------------------------------------------------------------------------------

    const select = (label, options, value, onChange) => {
        const box = make("select", { className: "q-input" });
        box.setAttribute("aria-label", label);
        let group = null;
        for (const option of options) {
            if (option.group !== undefined) {
                group = make("optgroup", { label: option.group });
                box.append(group);
            } else {
                (group || box).append(make("option", { value: option.value, textContent: option.label }));
            }
        }
        box.value = value;
        box.addEventListener("change", () => onChange(box.value));
        return box;
    };
    const phraseOf = (leaf) => {
        const kind = kinds[leaf.kind];
        return kind.phrases.find((phrase) => Object.entries(phrase.fixed).every(([key, value]) => {
            const has = leaf[key] === undefined && key === "is" ? kind.usual : leaf[key];
            return JSON.stringify(has) === JSON.stringify(value);
        }));
    };
    const offered = (leaf) => {
        const kind = kinds[leaf.kind], now = phraseOf(leaf);
        if (leaf.kind !== "attribute") return kind.phrases;
        const fitting = words.offered[types[leaf.name] || ""];
        return kind.phrases.filter((phrase) => phrase === now || !fitting || fitting.includes(phrase.fixed.is));
    };
    const labelOf = (leaf, phrase) =>
        (leaf.kind === "attribute" && types[leaf.name] === "date" && words.dateLabels[phrase.fixed.is]) || phrase.label;
    const rephrase = (leaf, phrase) => {
        const kept = { kind: leaf.kind };
        if (leaf.kind === "attribute") kept.name = leaf.name;
        Object.assign(kept, phrase.fixed);
        for (const slot of phrase.slots) {
            if (slot === "value") kept.value = Array.isArray(leaf.value) ? leaf.value[0] || "" : leaf.value || "";
            else if (slot === "values") kept.value = Array.isArray(leaf.value) ? leaf.value : leaf.value ? [leaf.value] : [];
            else if (slot === "from") kept.value = Array.isArray(leaf.value) ? [leaf.value[0] || "", leaf.value[1] || ""] : [leaf.value || "", ""];
            else if (["hours", "days", "years"].includes(slot)) kept[slot] = leaf[slot] ?? null;
            else if (slot === kinds[leaf.kind].refersTo) {
                kept[slot] = Array.isArray(leaf[slot]) ? leaf[slot] : [];
                if (leaf.names) kept.names = leaf.names;
            }
        }
        return kept;
    };
    const subjects = (leaf) => {
        const options = [{ value: "", label: say.choose }, { group: say.attributes }];
        if (leaf && leaf.kind === "attribute" && !(leaf.name in types)) {
            options.push({ value: `a${leaf.name}`, label: `${leaf.name} (${say.unknownAttribute})` });
        }
        for (const one of words.attributes) {
            options.push({ value: `a${one.name}`, label: one.typeLabel ? `${one.name} (${one.typeLabel})` : one.name });
        }
        options.push({ group: say.others });
        for (const kind of words.kinds) if (kind.name !== "attribute") options.push({ value: `k${kind.name}`, label: kind.label });
        return options;
    };
    const input = (label, value, onInput, more = {}) => {
        const box = make("input", { className: "q-input", type: "text", value: value ?? "", placeholder: label, ...more });
        box.setAttribute("aria-label", label);
        box.addEventListener("input", () => { onInput(box.value); changed(); });
        return box;
    };
    const number = (label, leaf, key) => {
        const onInput = (text) => { leaf[key] = /^\d{1,7}(\.\d{1,6})?$/.test(text.trim()) ? Number(text) : text; };
        return input(label, leaf[key], onInput, { inputMode: "decimal", size: 5 });
    };
    const slot = (leaf, name) => {
        const isDate = leaf.kind === "attribute" && types[leaf.name] === "date";
        const more = (value) => (isDate && (!value || /^\d{4}-\d\d-\d\d$/.test(value)) ? { type: "date" } : {});
        if (name === "value") return input(say.value, leaf.value, (text) => { leaf.value = text; }, more(leaf.value));
        if (name === "from" || name === "to") {
            const n = Number(name === "to");
            return input(say[name], leaf.value[n], (text) => { leaf.value[n] = text; }, more(leaf.value[n]));
        }
        if (["hours", "days", "years"].includes(name)) return number(say[name], leaf, name);
        if (name === "values") {
            const box = make("textarea", { className: "q-input", rows: 3, value: (leaf.value || []).join("\n"), placeholder: say.values });
            box.setAttribute("aria-label", say.values);
            box.addEventListener("input", () => { leaf.value = box.value.split("\n").map((line) => line.trim()).filter(Boolean); changed(); });
            return box;
        }
        leaf[name] ||= [];
        names[name] ||= {};
        return window.makePicker({
            address: editor.dataset.choices, key: name, ids: leaf[name], names: names[name], labels: say, label: kinds[leaf.kind].label,
            onChange: (ids) => {
                leaf[name] = ids;
                if (leaf.names) leaf.names = ids.map((id) => (names[name][id] || {}).name || "");
                changed();
            },
        });
    };
    const subjectOf = (leaf) => (!leaf ? "" : leaf.kind === "attribute" ? `a${leaf.name ?? ""}` : `k${leaf.kind}`);
    const choose = (node, value) => {
        if (!value) { node.leaf = null; return; }
        const before = node.leaf || {};
        const leaf = value[0] === "a" ? { ...before, kind: "attribute", name: value.slice(1) } : { kind: value.slice(1) };
        const known = before.kind === leaf.kind && phraseOf({ ...leaf, is: before.is });
        const choices = offered(leaf);
        // The first comparison of a type is the usual one, "is".
        const usual = choices.find((phrase) => phrase.fixed.is === "equals") || choices[0];
        node.leaf = rephrase(leaf, known && choices.includes(known) && isFitting(leaf, known) ? known : usual);
    };
    const isFitting = (leaf, phrase) => {
        const fitting = words.offered[types[leaf.name] || ""];
        return leaf.kind !== "attribute" || !fitting || fitting.includes(phrase.fixed.is);
    };

    const button = (text, key, onClick, label = text) => {
        const made = make("button", { type: "button", className: "q-button", textContent: text });
        made.setAttribute("aria-label", label);
        made.dataset.key = key;
        made.addEventListener("click", onClick);
        return made;
    };
    const row = (node, path, remove) => {
        const box = make("div", { className: "q-condition" });
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", `${say.condition} ${path.join(".")}`);
        box.dataset.place = path.map((n) => n - 1).join(".");
        const key = path.join(".");
        const again = (from) => { changed(); draw(`${from}-${key}`); };
        const keyed = (element, name) => { element.dataset.key = `${name}-${key}`; return element; };
        box.append(keyed(select(say.meetsLabel, [{ value: "", label: say.meets }, { value: "not", label: say.meetsNot }], node.not ? "not" : "",
            (value) => { node.not = Boolean(value); changed(); }), "not"));
        box.append(keyed(select(say.subject, subjects(node.leaf), subjectOf(node.leaf), (value) => { choose(node, value); again("subject"); }), "subject"));
        const phrase = node.leaf && phraseOf(node.leaf);
        if (node.leaf) {
            const choices = offered(node.leaf);
            if (!phrase) choices[0] && (node.leaf = rephrase(node.leaf, choices[0]));
            const chosen = phraseOf(node.leaf) || choices[0];
            if (choices.length > 1 || chosen.slots.length) {
                box.append(keyed(select(say.comparison, choices.map((one, n) => ({ value: String(n), label: labelOf(node.leaf, one) })),
                    String(choices.indexOf(chosen)), (value) => { node.leaf = rephrase(node.leaf, choices[Number(value)]); again("comparison"); }), "comparison"));
            }
            if (chosen.slots.includes("from")) node.leaf.value = Array.isArray(node.leaf.value) ? node.leaf.value : ["", ""];
            for (const name of chosen.slots) box.append(slot(node.leaf, name));
        }
        box.append(button("×", `remove-${key}`, remove, `${say.remove}: ${say.condition} ${key}`));
        return box;
    };
    const GROUPS = { all: ["all", false], any: ["any", false], none: ["any", true], notAll: ["all", true] };
    const group = (node, path, remove) => {
        const box = make("fieldset", { className: "q-group" });
        const key = path.join(".");
        const legend = make("legend", { textContent: path.length ? `${say.group} ${key} ` : `${say.who} ` });
        const rule = Object.keys(GROUPS).find((name) => GROUPS[name][0] === node.word && GROUPS[name][1] === node.not);
        const choice = select(say.whichPart, Object.keys(GROUPS).map((name) => ({ value: name, label: say[name] })), rule,
            (value) => { [node.word, node.not] = GROUPS[value]; changed(); });
        choice.dataset.key = `rule-${key}`;
        legend.append(choice);
        box.append(legend);
        node.parts.forEach((part, n) => {
            const place = [...path, n + 1];
            const away = () => { node.parts.splice(n, 1); changed(); draw(`add-${key}`); };
            box.append(part.parts ? group(part, place, away) : row(part, place, away));
        });
        const add = (made, focus) => { node.parts.push(made); changed(); draw(`${focus}-${[...path, node.parts.length].join(".")}`); };
        const buttons = make("div", { className: "q-buttons" });
        buttons.append(
            button(say.addCondition, `add-${key}`, () => add(emptyRow(), "subject")),
            button(say.addGroup, `group-${key}`, () => add({ not: false, word: "any", parts: [emptyRow()] }, "rule")),
        );
        if (remove) buttons.append(button(say.removeGroup, `away-${key}`, remove, `${say.removeGroup} ${key}`));
        box.append(buttons);
        return box;
    };
    const draw = (focus = "") => {
        editor.replaceChildren(group(root, [], null));
        const element = focus && [...editor.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focus);
        if (element) element.focus();
    };

    if (editor) {
        draw();
        store();
        // Enter in a row does not save half a condition.
        editor.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault(); });
        form.addEventListener("submit", store);
    } else {
        form.addEventListener("input", () => changed());
    }
    count();
})();
