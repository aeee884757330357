"use strict";

// "/" goes to the search of the list, or to the command palette on a page without one.

document.addEventListener("keydown", (event) => {
    const at = event.target;
    const isTyping = at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName);
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) {
        return;
    }
    const search = document.querySelector("#searchbar, [data-search]");
    event.preventDefault();
    if (search) {
        search.focus();
        search.select();
    } else {
        window.dispatchEvent(new CustomEvent("opencommand"));
    }
});
