// The underlying through one session, as quantray/sweeps/report/tape_chart.py draws it.
page.drawings.underlying = (() => {
  const STEPS = [60, 300, 900, 1800, 3600, 7200, 14400, 21600]; // of the clock, in seconds
  const [RIGHT, TOP, BOTTOM] = [10, 14, 26];

  // Whole numbers that are told by their steps, as bars and prices.
  function summed(steps) {
    let sum = 0;
    return steps.split(" ").map(step => (sum += Number(step)));
  }

  function clock(seconds) {
    const two = n => String(n).padStart(2, "0");
    return `${two(Math.floor((seconds % 86400) / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
  }

  function tickDigits(ticks) {
    if (ticks.length < 2) return 2;
    const step = ticks[1] - ticks[0];
    const digits = Math.min(Math.max(Math.ceil(-Math.log10(step) - 1e-9), 0), 8);
    const whole = step * 10 ** digits;
    return digits + (Math.abs(whole - Math.round(whole)) > 1e-6 ? 1 : 0);
  }

  function axis(canvas, day, x, left, right, base) {
    const span = day.bars * day.step;
    const room = Math.max(Math.trunc((right - left) / 62), 2);
    const step = STEPS.find(s => span / s <= room) || STEPS[STEPS.length - 1];
    for (let seconds = Math.ceil(day.open / step) * step; seconds <= day.open + span; seconds += step) {
      const at = x((seconds - day.open) / day.step);
      canvas.line(at, base, at, base + 4, "axis");
      canvas.text(at, base + 16, clock(seconds), "tick", at + 16 > canvas.width ? "end" : "middle");
    }
  }

  function mark(canvas, [entry, exit, entryAt, exitAt, down, gain, tip], x, y) {
    const [a, b, c, d] = [x(entry + 0.5), y(entryAt), x(exit + 0.5), y(exitAt)];
    const turn = down ? -1 : 1;
    const before = canvas.parts.length;
    canvas.line(a, b, c, d, "way");
    canvas.path([a, a - 5, a + 5, a], [b, b + 9 * turn, b + 9 * turn, b], "entry");
    canvas.rect(c - 3.5, d - 3.5, 7, 7, "exit");
    const drawn = canvas.parts.splice(before).join("");
    canvas.parts.push(`<g class="trade ${gain ? "gain" : "loss"}"><title>${page.escaped(tip)}</title>${drawn}</g>`);
  }

  return (days, [place], width) => {
    const day = days[place];
    const height = width > 700 ? 340 : 260;
    const canvas = new page.Canvas(width, height, `The underlying, ${day.title}`);
    const unit = 10 ** day.digits;
    const runs = kind => day[kind].map(([bars, prices]) => [summed(bars), summed(prices).map(p => p / unit)]);
    const lines = { vwap: runs("vwap"), price: runs("price") };
    const prices = [...lines.price, ...lines.vwap].flatMap(([, p]) => p);
    const [low, high] = prices.length ? page.padded(prices, false) : [0, 1];
    const ticks = page.scale(low, high, 0, 1).ticks(7);
    const digits = tickDigits(ticks);
    const names = ticks.map(tick => page.number(tick, digits));
    const left = 14 + 6.4 * Math.max(...names.map(name => name.length));
    const [base, right] = [height - BOTTOM, width - RIGHT];
    const [x, y] = [page.scale(0, day.bars, left, right), page.scale(low, high, base, TOP)];
    if (day.held) {
      canvas.rect(left, TOP - 8, right - left, base - TOP + 8, "unseen-zone");
      canvas.text(left + 5, TOP + 2, "held out", "tick strong");
    }
    ticks.forEach((tick, i) => {
      canvas.line(left, y(tick), right, y(tick), "grid");
      canvas.text(left - 6, y(tick) + 3.5, names[i], "tick", "end");
    });
    axis(canvas, day, x, left, right, base);
    for (const kind of ["vwap", "price"]) {
      for (const [bars, line] of lines[kind]) canvas.path(bars.map(b => x(b + 0.5)), line.map(y), `curve ${kind}`);
    }
    day.marks.forEach(m => mark(canvas, m, x, y));
    return { svg: `${canvas.render()}<p class="small">${page.escaped(day.said)}</p>`, said: day.title };
  };
})();
