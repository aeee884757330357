"use strict";

// Draws the charts of a page with uPlot: an element with data-chart names the JSON beside it. Its table
// holds the same figures for those who cannot see it.

const HEIGHT = 220;
const DASHES = [[], [6, 4], [2, 3]];
const drawn = new WeakMap();

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function two(n) {
    return String(n).padStart(2, "0");
}

// Digits alone, so that they read the same in every language.
function moment(seconds, zone) {
    const at = uPlot.tzDate(new Date(seconds * 1000), zone);
    return { day: `${two(at.getMonth() + 1)}-${two(at.getDate())}`, clock: `${two(at.getHours())}:${two(at.getMinutes())}` };
}

function options(data, width) {
    const ink = colour("--q-faint");
    const axis = { stroke: ink, grid: { stroke: colour("--q-line"), width: 1 }, ticks: { stroke: colour("--q-line"), width: 1 }, font: "12px Inter, 'Noto Sans CJK SC', sans-serif" };
    const number = new Intl.NumberFormat(document.documentElement.lang || "en");
    return {
        width,
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.timezone),
        cursor: { drag: { x: true, y: false } },
        axes: [
            {
                ...axis,
                values: (_plot, splits, _axis, _space, step) => splits.map((at, n) => {
                    const { day, clock } = moment(at, data.timezone);
                    const isNewDay = n === 0 || day !== moment(splits[n - 1], data.timezone).day;
                    return step >= 86400 ? day : isNewDay ? `${clock}\n${day}` : clock;
                }),
            },
            { ...axis, size: 60, values: (_plot, splits) => splits.map((n) => (Number.isInteger(n) ? number.format(n) : "")) },
        ],
        scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.05)] } },
        series: [
            { label: data.time, value: (_plot, at) => { if (at === null) { return "–"; } const { day, clock } = moment(at, data.timezone); return `${day} ${clock}`; } },
            ...data.series.map((line, n) => {
                const stroke = colour(`--q-${line.colour}`) || colour("--q-neutral");
                return {
                    label: line.words,
                    stroke,
                    width: 1.5,
                    // Lines of one colour differ by their dashes.
                    dash: DASHES[data.series.slice(0, n).filter((other) => other.colour === line.colour).length % DASHES.length],
                    fill: line.colour === "success" ? `color-mix(in oklab, ${stroke} 14%, transparent)` : undefined,
                    points: { show: data.starts.length < 3 },
                    value: (_plot, n) => (n === null ? "–" : number.format(n)),
                };
            }),
        ],
    };
}

function draw(place) {
    const source = document.getElementById(place.dataset.chart);
    if (!source || !place.clientWidth) {
        return;
    }
    drawn.get(place)?.destroy();
    const data = JSON.parse(source.textContent);
    const rows = [data.starts, ...data.series.map((line) => line.values)];
    drawn.set(place, new uPlot(options(data, place.clientWidth), rows, place));
}

function drawAll() {
    document.querySelectorAll("[data-chart]").forEach(draw);
}

document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    document.body.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll("[data-chart]").forEach(draw));
    // Another width, or the other colour scheme.
    let waiting;
    window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 150); });
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
});
