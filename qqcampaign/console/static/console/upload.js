// Shows how far an upload is. Without it the form works all the same.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-upload]") || !form.querySelector("input[type=file]")?.files.length) {
        return;
    }
    event.preventDefault();
    const panel = form.querySelector("[data-upload-progress]");
    const request = new XMLHttpRequest();
    panel.hidden = false;
    request.upload.addEventListener("progress", (step) => {
        const percent = Math.floor((100 * step.loaded) / step.total);
        panel.querySelector("[data-upload-percent]").textContent = percent;
        panel.querySelector("[data-upload-bar]").style.width = `${percent}%`;
    });
    request.addEventListener("load", () => {
        // In place of a redirect, which this request would follow, the answer names the next page.
        // Without one it is this form again, with its errors.
        const next = request.getResponseHeader("X-Upload-Address");
        if (next) {
            window.location.assign(next);
            return;
        }
        const answer = new DOMParser().parseFromString(request.responseText, "text/html");
        const main = answer.getElementById("main");
        if (main) {
            document.getElementById("main").replaceWith(main);
            return;
        }
        // A page of another kind, for example to sign in again.
        document.open();
        document.write(request.responseText);
        document.close();
    });
    request.addEventListener("error", () => form.submit());
    request.open("POST", window.location.href);
    request.setRequestHeader("X-Upload", "1");
    request.send(new FormData(form));
});
