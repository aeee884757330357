// Inserts a variable into the text at the cursor.
document.addEventListener("click", (event) => {
    const button = event.target.closest(".q-variable");
    if (!button) return;
    const area = document.getElementById(button.parentElement.dataset.variablesOf);
    area.setRangeText(button.textContent, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
});
