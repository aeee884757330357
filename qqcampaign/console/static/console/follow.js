// While a list says that its rows change by themselves (data-follow), it shows them as the server has
// them: cells are replaced, so that ticked rows stay ticked. Asked ever less often, and not for ever.
(() => {
    "use strict";
    const MARK = "[data-follow]";
    const LONGEST = 30000;
    let pause = 2000;

    function keyOf(row) {
        const box = row.querySelector(".action-select");
        return box ? box.value : row.querySelector("a[href]")?.getAttribute("href");
    }

    function rowsOf(page) {
        return new Map([...page.querySelectorAll("#result_list tbody tr")].map((row) => [keyOf(row), row]));
    }

    function show(page) {
        const fresh = rowsOf(page);
        for (const [key, row] of rowsOf(document)) {
            const other = fresh.get(key);
            if (!other || other.cells.length !== row.cells.length) continue;
            [...row.cells].forEach((cell, n) => {
                const now = other.cells[n];
                const isHeld = cell.matches(":active") || cell.contains(document.activeElement) || cell.querySelector(".action-select");
                if (!isHeld && cell.innerHTML !== now.innerHTML) cell.innerHTML = now.innerHTML;
            });
        }
        const mark = page.querySelector(MARK);
        if (!mark) document.querySelector(MARK).remove();
        return Boolean(mark);
    }

    async function look() {
        let goesOn = true;
        if (document.visibilityState === "visible") {
            try {
                const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
                // Elsewhere: signed out. The next click says so.
                goesOn = answer.ok && !answer.redirected
                    && show(new DOMParser().parseFromString(await answer.text(), "text/html"));
            } catch {
                // No answer: the next time asks again.
            }
        }
        pause = Math.min(pause * 1.2, LONGEST);
        if (goesOn) setTimeout(look, pause);
    }

    setTimeout(look, pause);
})();
