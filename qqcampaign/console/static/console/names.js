"use strict";

// Gives the parts of select2 the name of their field. Select2 names them by what is chosen, which is
// nothing in an empty field, and leaves its search without a name.

function nameOf(select) {
    const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    return (label && label.textContent.trim()) || select.getAttribute("aria-label") || select.title || select.dataset.placeholder || select.name;
}

function nameSelects() {
    for (const container of document.querySelectorAll(".select2-container")) {
        const select = container.previousElementSibling;
        if (!select || select.tagName !== "SELECT") {
            continue;
        }
        const name = nameOf(select);
        for (const part of container.querySelectorAll("[role=combobox], [role=textbox], .select2-search__field")) {
            part.removeAttribute("aria-labelledby");
            part.setAttribute("aria-label", name);
        }
        for (const list of container.querySelectorAll("ul.select2-selection__rendered")) {
            list.setAttribute("role", "presentation");
        }
    }
}

// The picture beside the filter of Django's choice of many has a name, but no role that may have one.
// Django makes it when the page has loaded.
window.addEventListener("load", () => setTimeout(() => {
    for (const icon of document.querySelectorAll(".search-label-icon[aria-label]")) {
        icon.setAttribute("role", "img");
    }
}));

// Select2 is made after the page has loaded, and for rows and parts that are added later.
document.addEventListener("DOMContentLoaded", () => {
    nameSelects();
    new MutationObserver((changes) => {
        const isNew = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(".select2-container") || node.querySelector(".select2-container"));
        if (changes.some((change) => [...change.addedNodes].some(isNew))) {
            nameSelects();
        }
    }).observe(document.body, { childList: true, subtree: true });
});
