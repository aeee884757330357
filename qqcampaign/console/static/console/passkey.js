// Makes a passkey, or proves with one: the form says which, and where options and answer go.
(() => {
    const post = async (form, address, body) => {
        const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
        const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
        const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
        const content = await answer.json();
        if (!answer.ok) throw new Error(content.problem);
        return content;
    };

    const use = async (form) => {
        const options = (await post(form, form.dataset.options, {})).publicKey;
        const name = form.querySelector("[name=name]");
        let made;
        try {
            made = form.dataset.passkey === "create"
                ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
                : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
        } catch {
            throw new Error(form.dataset.failed);
        }
        const answer = await post(form, form.dataset.answer, { ...made.toJSON(), ...(name ? { name: name.value } : {}) });
        window.location.assign(answer.next);
    };

    for (const form of document.querySelectorAll("form[data-passkey]")) {
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            use(form).catch((problem) => {
                const says = form.querySelector("[role=alert]");
                says.textContent = problem.message || form.dataset.failed;
                says.hidden = false;
            });
        });
    }
})();
