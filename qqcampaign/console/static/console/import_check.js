// The check of an import: the name and the type of an attribute show only for columns that are one.
document.getElementById("check-form").addEventListener("change", (event) => {
    if (event.target.matches("select[name^=meaning-]")) {
        for (const field of event.target.parentElement.querySelectorAll("[name^=attribute-], [name^=type-]")) {
            field.hidden = event.target.value !== "attribute";
        }
    }
});
