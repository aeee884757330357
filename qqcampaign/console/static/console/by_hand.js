// Tells the server which requests somebody made: those that a page repeats by itself, to show fresh
// figures, must not keep a session alive. htmx names no event for what it does by the clock.
document.addEventListener("htmx:configRequest", (event) => {
    const cause = event.detail.triggeringEvent;
    if (cause && cause.type !== "load") event.detail.headers["X-By-Hand"] = "1";
});
