"use strict";

// Draws the charts of a page with uPlot: an element with data-chart names the JSON beside it. Its table
// holds the same figures for those who cannot see it.

const HEIGHT = 220;
const MINUTE = 60;
const DAY = 1440 * MINUTE;
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((n) => n * MINUTE).concat([1, 2, 7, 14, 30, 60, 90, 180, 365].map((n) => n * DAY));
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

function axisOf(more) {
    const line = { stroke: colour("--q-line"), width: 1 };
    return { stroke: colour("--q-faint"), grid: line, ticks: line, font: "12px Inter, 'Noto Sans CJK SC', sans-serif", ...more };
}

function format(n) {
    return n === null || n === undefined ? "–" : new Intl.NumberFormat(document.documentElement.lang || "en").format(n);
}

function stepOf(data) {
    return data.width || (data.starts.length > 1 ? data.starts[1] - data.starts[0] : MINUTE);
}

// The span of a chart: what was dragged over, or all of it. A run that has just begun is drawn at the left of
// some empty minutes: of a single point, uPlot would make years.
function span(data, from, to) {
    const [first, last] = [data.starts[0], data.starts[data.starts.length - 1]];
    const isAll = from === first && (to === last || first === last);
    return isAll ? [first, Math.max(last, first + stepOf(data) * (data.least_steps || 1))] : [from, Math.max(to, from + stepOf(data))];
}

function timeAxis(data) {
    return axisOf({
        // No two ticks within a step: both would have the same words.
        incrs: TICKS.filter((tick) => tick >= Math.min(stepOf(data), DAY)),
        values: (_plot, splits, _axis, _space, step) => splits.map((at, n) => {
            const { day, clock } = moment(at, data.timezone);
            const isNewDay = n === 0 || day !== moment(splits[n - 1], data.timezone).day;
            return step >= 86400 ? day : isNewDay ? `${clock}\n${day}` : clock;
        }),
    });
}

function numberAxis(more) {
    return axisOf({ size: 60, values: (_plot, splits) => splits.map((n) => (Number.isInteger(n) ? format(n) : "")), ...more });
}

function timeSeries(data, back) {
    return {
        label: data.time,
        value: (_plot, at) => {
            if (at === null) {
                return "–";
            }
            const { day, clock } = moment(at - back, data.timezone);
            return `${day} ${clock}`;
        },
    };
}

function common(data, width) {
    return { width, height: HEIGHT, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.timezone), cursor: { drag: { x: true, y: false } } };
}

function timesUsed(data, n) {
    return data.series.slice(0, n).filter((other) => other.colour === data.series[n].colour).length;
}

// Lines over time, as a run's page has them.
function lines(data, width) {
    return {
        ...common(data, width),
        axes: [timeAxis(data), numberAxis()],
        scales: { x: { range: (_plot, from, to) => span(data, from, to) }, y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.05)] } },
        series: [
            timeSeries(data, 0),
            ...data.series.map((line, n) => {
                const stroke = colour(`--q-${line.colour}`) || colour("--q-neutral");
                return {
                    label: line.words,
                    stroke,
                    width: 1.5,
                    // Lines of one colour differ by their dashes.
                    dash: DASHES[timesUsed(data, n) % DASHES.length],
                    fill: line.colour === "success" ? `color-mix(in oklab, ${stroke} 14%, transparent)` : undefined,
                    points: { show: data.starts.length < 3 },
                    value: (_plot, n) => format(n),
                };
            }),
        ],
        rows: [data.starts, ...data.series.map((line) => line.values)],
    };
}

// Bars on top of each other, with pauses behind them and limits as lines, as an account's day has them.
function bars(data, width) {
    const middle = data.width / 2;
    const stacked = data.series.map((_line, n) => data.starts.map((_at, hour) => data.series.slice(n).reduce((sum, one) => sum + one.values[hour], 0)));
    const ink = colour("--q-ink");
    const limits = [];
    if (data.limit) {
        limits.push({ row: data.starts.map(() => data.limit.n), series: { label: data.limit.words, stroke: ink, width: 1, dash: [6, 4], points: { show: false }, value: (_plot, n) => format(n) } });
    }
    if (data.used) {
        limits.push({ row: data.used.values, series: { label: `${data.used.words} / ${format(data.used.most)}`, scale: "used", stroke: colour("--q-primary"), width: 2, points: { show: false }, value: (_plot, n) => format(n) } });
    }
    return {
        ...common(data, width),
        cursor: { drag: { x: false, y: false } },
        axes: [timeAxis(data), numberAxis(), ...(data.used ? [numberAxis({ scale: "used", side: 1, grid: { show: false } })] : [])],
        scales: {
            x: { range: () => [data.starts[0], data.starts[data.starts.length - 1] + data.width] },
            y: { range: (_plot, _least, most) => [0, Math.max(1, (most || 0) * 1.05)] },
            ...(data.used ? { used: { range: (_plot, _least, most) => [0, Math.max(data.used.most, most || 0) * 1.05] } } : {}),
        },
        series: [
            timeSeries(data, middle),
            ...data.series.map((line, n) => {
                const own = colour(`--q-${line.colour}`) || colour("--q-neutral");
                const fill = `color-mix(in oklab, ${own} ${Math.max(40, 100 - 30 * timesUsed(data, n))}%, ${ink})`;
                return { label: line.words, fill, stroke: fill, width: 0, paths: uPlot.paths.bars({ size: [0.75, 60] }), points: { show: false }, value: (_plot, _sum, _series, hour) => format(hour === null ? null : line.values[hour]) };
            }),
            ...limits.map((one) => one.series),
        ],
        hooks: { drawClear: [(plot) => shade(plot, data)] },
        rows: [data.starts.map((at) => at + middle), ...stacked, ...limits.map((one) => one.row)],
    };
}

// The spans in which nothing could be sent, and the quota.
function shade(plot, data) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.globalAlpha = 0.22;
    for (const band of data.bands) {
        const left = plot.valToPos(band.from, "x", true);
        const right = plot.valToPos(band.to, "x", true);
        ctx.fillStyle = colour(`--q-${band.colour}`) || colour("--q-neutral");
        ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
    }
    if (data.used) {
        const y = plot.valToPos(data.used.most, "used", true);
        ctx.globalAlpha = 1;
        ctx.strokeStyle = colour("--q-primary");
        ctx.setLineDash([2, 4]);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
    }
    ctx.restore();
}

function draw(place) {
    const source = document.getElementById(place.dataset.chart);
    if (!source || !place.clientWidth) {
        return;
    }
    drawn.get(place)?.destroy();
    const data = JSON.parse(source.textContent);
    const { rows, ...how } = (data.bands ? bars : lines)(data, place.clientWidth);
    drawn.set(place, new uPlot(how, rows, place));
}

function drawAll() {
    document.querySelectorAll("[data-chart]").forEach(draw);
}

document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    // A table that was unfolded stays so when its figures come anew.
    let isOpen = false;
    document.body.addEventListener("htmx:beforeSwap", (event) => { isOpen = event.target.querySelector(".q-chart-table")?.open === true; });
    document.body.addEventListener("htmx:afterSwap", (event) => {
        const table = event.target.querySelector(".q-chart-table");
        if (table && isOpen) {
            table.open = true;
        }
        event.target.querySelectorAll("[data-chart]").forEach(draw);
    });
    // Another width, or the other colour scheme.
    let waiting;
    window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 150); });
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
});
