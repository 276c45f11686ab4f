// The plane of any two parameters, drawn as quantray/sweeps/report/planes.py draws the first.
page.drawings.plane = (() => {
  const PALEST = 0.15, RANGE = 0.75, RAMP = 5; // as planes.py has them
  const { Canvas, short, number, counted } = page;
  const shareOf = share => `${number(100 * share, share >= 0.1 || !share ? 0 : 1)} %`;

  // Cells of the plane with these rows and columns, [row][column] of { n, kept, best }, whichever way it is stored.
  function cellsOf(data, rows, columns) {
    const straight = data.planes[`${rows}|${columns}`];
    const stored = straight || data.planes[`${columns}|${rows}`];
    if (stored === undefined) return null;
    const [height, width] = [data.levels[rows].length, data.levels[columns].length];
    return Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => {
      const at = straight ? i * width + j : j * height + i;
      return { n: stored.n[at], kept: stored.kept ? stored.kept[at] : 0, best: stored.best[at] };
    }));
  }

  function scaleOf(cells, share, figure) {
    const valueOf = cell => (share ? (cell.n ? cell.kept / cell.n : 0) : cell.best);
    const known = cells.flat().map(valueOf).filter(value => (share ? value > 0 : value !== null));
    const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 0];
    const shade = value => {
      if (value === null || (share && !value)) return ["bar none", 1];
      if (low > 0) return ["bar gain", PALEST + RANGE * (high > low ? (value - low) / (high - low) : 1)];
      const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
      return [value > 0 ? "bar gain" : "bar loss", PALEST + RANGE * Math.abs(value) / most];
    };
    const text = cell => {
      const value = valueOf(cell);
      if (share) return value ? shareOf(value) : cell.n ? "0" : "";
      return value === null ? "" : short(figure.factor * value);
    };
    return { low, high, shade, text, valueOf, end: value => (share ? shareOf(value) : told(value, figure)) };
  }

  function told(value, { factor, digits, unit }) {
    return value === null ? "–" : `${number(factor * value, digits)}${unit}`;
  }

  function sentence(cell, data) {
    if (!cell.n) return "no candidate traded often enough";
    const kept = data.survivors ? `${counted(cell.kept)} of ${counted(cell.n)} survive`
      : `${counted(cell.n)} candidate${cell.n === 1 ? "" : "s"}`;
    return `${kept}, best ${told(cell.best, data.figure)}`;
  }

  function nearPick(data, rows, columns, i, j) {
    const pick = data.marks.pick;
    return pick !== undefined && ((data.near[rows].includes(i) && j === pick[columns])
      || (data.near[columns].includes(j) && i === pick[rows]));
  }

  function legend(canvas, scale, data, y) {
    const low = scale.end(scale.low);
    canvas.text(4, y + 11, low);
    let x = 4 + 6.2 * low.length + 6;
    for (let k = 0; k < RAMP; k++) {
      const [kind, depth] = scale.shade(scale.low + (scale.high - scale.low) * k / (RAMP - 1));
      canvas.rect(x + 18 * k, y + 1, 17, 12, kind, "", depth);
    }
    canvas.text(x + 18 * RAMP + 6, y + 11, scale.end(scale.high));
    x = 4;
    const kinds = { pick: "ring", peak: "ring dashed" };
    const frames = Object.keys(data.marks).map(name => [kinds[name], name]);
    if (data.marks.pick) frames.push(["ring near", "one step from the pick"]);
    for (const [kind, name] of frames) {
      canvas.rect(x, y + 23, 16, 12, kind);
      canvas.text(x + 22, y + 33, name);
      x += 22 + 6.2 * name.length + 16;
    }
  }

  return (data, [rows, columns, measure], width) => {
    const cells = cellsOf(data, rows, columns);
    if (cells === null) return { svg: "", said: "This plane has too many cells for a page; survivors.parquet has them." };
    const share = data.survivors && measure === 0;
    const [down, across] = [data.levels[rows], data.levels[columns]];
    const left = Math.min(Math.max(...down.map(level => level.length)) * 6 + 12, 84);
    const w = (width - left - 4) / across.length, h = down.length <= 12 ? 30 : 22;
    const bottom = 20 + h * down.length;
    const canvas = new Canvas(width, bottom + 68, `${data.names[rows]} by ${data.names[columns]}`);
    const scale = scaleOf(cells, share, data.figure);
    let most = null;
    cells.forEach((line, i) => {
      canvas.text(left - 6, 20 + h * (i + 0.5) + 4, down[i].slice(0, 13), "tick", "end");
      line.forEach((cell, j) => {
        const x = left + w * j, y = 20 + h * i;
        const [kind, depth] = scale.shade(scale.valueOf(cell));
        const tip = `${down[i]} / ${across[j]}: ${sentence(cell, data)}`;
        canvas.rect(x + 0.5, y + 0.5, w - 1, h - 1, kind, tip, depth);
        if (scale.valueOf(cell) !== null && (most === null || scale.valueOf(cell) > scale.valueOf(most.cell))) {
          most = { cell, tip };
        }
        const here = Object.keys(data.marks).filter(name => data.marks[name][rows] === i && data.marks[name][columns] === j);
        if (here.length) canvas.rect(x + 1.5, y + 1.5, w - 3, h - 3, here.includes("pick") ? "ring" : "ring dashed");
        else if (nearPick(data, rows, columns, i, j)) canvas.rect(x + 1.5, y + 1.5, w - 3, h - 3, "ring near");
        if (w >= 24) {
          const named = here.length > 0 && h > 24 && w >= 30;
          canvas.text(x + w / 2, y + h / 2 + (named ? -1.5 : 3.5), scale.text(cell), "cell", "middle");
          if (named) canvas.text(x + w / 2, y + h / 2 + 11, here.join(" + "), "cell", "middle");
        }
      });
    });
    const every = Math.max(1, Math.ceil(26 / w));
    for (let j = 0; j < across.length; j += every) canvas.text(left + w * (j + 0.5), 14, across[j], "tick", "middle");
    canvas.text(left + (width - left) / 2, bottom + 18, `across: ${data.names[columns]}`, "tick", "middle");
    legend(canvas, scale, data, bottom + 28);
    return { svg: canvas.render(), said: most ? `Highest: ${most.tip}` : "" };
  };
})();
