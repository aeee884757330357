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
        // A redirect was followed: go where it led. Otherwise it is this form again, with its errors.
        if (request.responseURL !== window.location.href) {
            window.location.assign(request.responseURL);
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
    request.send(new FormData(form));
});
