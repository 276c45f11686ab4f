// What a page does beyond being read: tables sort, filter and unfold, choices show one panel of several, commands are
// copied. Without it a page shows the first rows and the first panel of each. Nothing is fetched, nothing is stored.
"use strict";
const page = (() => {
  const MORE = 100; // rows that a press of "show more" adds at first; each press doubles it
  const NARROW = matchMedia("(max-width: 720px)"); // as in page.css

  const escaped = text => String(text).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);
  const counted = n => n.toLocaleString("en-US");
  const data = id => JSON.parse(document.getElementById(id).textContent);

  // ---- tables -----------------------------------------------------------------------------------------------------

  // What a cell's text is sorted by: a number where it reads as one, null where nothing exists, else the text.
  function keyOf(text) {
    const plain = text.trim().replace(/−/g, "-").replace(/,(?=\d)/g, "").replace(/ ?%$/, "").replace("∞", "Infinity");
    if (plain === "" || plain === "–") return null;
    return Number.isNaN(Number(plain)) ? text.trim() : Number(plain);
  }

  const keyOfCell = cell => (cell.dataset.v === undefined ? keyOf(cell.textContent) : keyOf(cell.dataset.v));

  // A box `.sheet` around a table. Its rows stand in the page, or (data-rows) all of them in a JSON element:
  // {rows: [[text]], values: {column: [number]}, kinds: [class]}.
  class Sheet {
    constructor(box) {
      this.box = box;
      this.table = box.querySelector("table");
      this.body = this.table.tBodies[0];
      this.heads = [...this.table.tHead.rows[0].cells];
      this.titles = this.heads.map(head => head.textContent.trim());
      this.rows = box.dataset.rows ? this.told(data(box.dataset.rows)) : this.standing();
      this.numeric = this.titles.map((_, c) =>
        this.rows.every(row => row.keys[c] === null || typeof row.keys[c] === "number"));
      this.first = this.limit = Number(box.dataset.first) || 25;
      this.kept = this.rows;
      this.status = box.querySelector(".status");
      this.input = box.querySelector("input");
      this.more = box.querySelector("button.more");
      this.heads.forEach((head, c) => this.sortable(head, c));
      this.input.addEventListener("input", () => this.filter());
      this.more.addEventListener("click", () => this.unfold());
      this.show();
    }

    standing() {
      return [...this.body.rows].map(tr => {
        const cells = [...tr.cells];
        return { tr, text: cells.map(cell => cell.textContent.trim()), keys: cells.map(keyOfCell) };
      });
    }

    told({ rows, values = {}, kinds = [] }) {
      return rows.map((text, i) => ({
        tr: null,
        kind: kinds[i] || "",
        text,
        keys: text.map((t, c) => (values[c] ? values[c][i] : keyOf(t))),
      }));
    }

    drawn(row) {
      if (row.tr === null) {
        row.tr = document.createElement("tr");
        if (row.kind) row.tr.className = row.kind;
        row.text.forEach((text, c) => {
          const cell = row.tr.insertCell();
          cell.textContent = text;
          if ("signed" in this.heads[c].dataset && text.startsWith("−")) cell.className = "neg";
        });
      }
      return row.tr;
    }

    sortable(head, column) {
      if (this.titles[column] === "") return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => this.sort(column));
    }

    sort(column) {
      const before = this.heads[column].getAttribute("aria-sort");
      const falling = before ? before === "ascending" : this.numeric[column]; // figures: the largest first
      this.heads.forEach(head => head.removeAttribute("aria-sort"));
      this.heads[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
      const sign = falling ? -1 : 1;
      const compare = this.numeric[column] ? (a, b) => (a < b ? -1 : a > b ? 1 : 0)
        : (a, b) => String(a).localeCompare(String(b), "en", { numeric: true });
      this.rows.sort(({ keys: { [column]: a } }, { keys: { [column]: b } }) =>
        a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b)); // what does not exist: last
      this.filter();
    }

    // "call, net > 0": every part between commas has to hold; a part is words, or a column, a comparison and a value.
    filter() {
      const tests = [];
      this.wrong = "";
      for (const part of this.input.value.split(/,(?!\d)/).map(p => p.trim()).filter(Boolean)) {
        const found = part.match(/^(.+?)\s*(<=|>=|!=|<|>|=)\s*(.+)$/);
        if (found === null) {
          const words = part.toLowerCase().split(/\s+/);
          tests.push(row => {
            const all = row.text.join(" ").toLowerCase();
            return words.every(word => all.includes(word));
          });
          continue;
        }
        const column = this.column(found[1]);
        if (column < 0) this.wrong = `There is no column “${found[1]}”. `;
        else tests.push(this.comparison(column, found[2], found[3]));
      }
      this.kept = this.rows.filter(row => tests.every(holds => holds(row)));
      this.limit = this.first;
      this.show();
    }

    column(name) {
      const asked = name.toLowerCase();
      const titles = this.titles.map(title => title.toLowerCase());
      for (const fits of [t => t === asked, t => t.startsWith(asked), t => t.includes(asked)]) {
        const at = titles.findIndex(fits);
        if (at >= 0) return at;
      }
      return -1;
    }

    comparison(column, sign, asked) {
      const value = keyOf(asked);
      const equal = (key, text) => (typeof value === "number" && typeof key === "number" ? key === value
        : text.toLowerCase() === asked.toLowerCase());
      const holds = {
        "=": equal,
        "!=": (key, text) => !equal(key, text),
        "<": key => key < value,
        ">": key => key > value,
        "<=": key => key <= value,
        ">=": key => key >= value,
      }[sign];
      const ordered = sign !== "=" && sign !== "!=";
      return ({ keys, text }) => !(ordered && (keys[column] === null || typeof keys[column] !== typeof value))
        && holds(keys[column], text[column]);
    }

    unfold() {
      const at = this.limit;
      this.limit += MORE * Math.max(1, Math.floor(this.limit / MORE));
      this.show();
      const next = this.body.rows[at]; // the button may be gone: go on reading at the first row that is new
      if (this.more.hidden && next) {
        next.tabIndex = -1;
        next.focus();
      }
    }

    show() {
      const shown = this.kept.slice(0, this.limit);
      this.body.replaceChildren(...shown.map(row => this.drawn(row)));
      const [n, kept, all] = [shown.length, this.kept.length, this.rows.length].map(counted);
      const rows = kept === "1" ? "row" : "rows";
      const part = kept === all ? `${all} ${rows}` : `${kept} ${rows} that match, of ${all}`;
      this.status.textContent = this.wrong || "";
      this.status.textContent += n === kept ? part : `${n} of ${part}`;
      this.more.hidden = n === kept;
    }
  }

  // ---- choices ----------------------------------------------------------------------------------------------------

  const drawings = {}; // name -> (data, [place in each select], width) => {svg, said}

  // A box `.choice` with one or two selects. Its panels stand in the page (data-key: the chosen values, joined by
  // "|"), or one panel is drawn (data-draw, data-from).
  class Choice {
    constructor(box) {
      this.box = box;
      this.selects = [...box.querySelectorAll(".choose select")];
      this.panels = [...box.querySelectorAll(".panel")];
      this.status = box.querySelector(".status");
      this.before = this.selects.map(s => s.selectedIndex);
      this.alike = new Set(this.selects.slice(0, 2).map(s => [...s.options].map(o => o.text).join("\n"))).size === 1;
      this.selects.forEach((select, i) => select.addEventListener("change", () => this.change(i)));
      if (box.dataset.draw) NARROW.addEventListener("change", () => this.told && this.draw());
      if (this.selects.some(s => !s.options[s.selectedIndex].defaultSelected)) this.change(0); // a browser kept it
    }

    change(i) {
      const [a, b] = this.selects;
      // two selects over the same names never show a name against itself: the other one takes what this one had
      if (b && this.alike && a.value === b.value) (i === 0 ? b : a).selectedIndex = this.before[i];
      this.before = this.selects.map(s => s.selectedIndex);
      if (this.box.dataset.draw) this.draw();
      else {
        const key = this.selects.map(s => s.value).join("|");
        this.panels.forEach(panel => { panel.hidden = panel.dataset.key !== key; });
      }
    }

    draw() {
      this.told ??= data(this.box.dataset.from);
      const [panel] = this.panels;
      const width = NARROW.matches ? 350 : panel.clientWidth > 700 ? 960 : 560;
      const { svg, said = "" } = drawings[this.box.dataset.draw](this.told, this.before, width);
      panel.innerHTML = svg;
      this.status.textContent = said;
    }
  }

  // ---- drawing, as quantray/report/svg.py draws -------------------------------------------------------------------

  class Canvas {
    constructor(width, height, title) {
      Object.assign(this, { width, height, title, parts: [] });
    }

    line(x1, y1, x2, y2, kind) {
      this.parts.push(`<line class="${kind}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" ` +
        `y2="${y2.toFixed(1)}"/>`);
    }

    rect(x, y, w, h, kind, tip = "", opacity = 1) {
      const shade = opacity < 1 ? ` fill-opacity="${opacity.toFixed(3)}"` : "";
      const box = `<rect class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(w, 0).toFixed(1)}" ` +
        `height="${Math.max(h, 0).toFixed(1)}"${shade}`;
      this.parts.push(tip ? `${box}><title>${escaped(tip)}</title></rect>` : `${box}/>`);
    }

    dot(x, y, r, kind, tip = "") {
      const circle = `<circle class="${kind}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r.toFixed(1)}"`;
      this.parts.push(tip ? `${circle}><title>${escaped(tip)}</title></circle>` : `${circle}/>`);
    }

    path(xs, ys, kind) {
      const points = xs.map((x, i) => `${x.toFixed(1)},${ys[i].toFixed(1)}`).join(" ");
      this.parts.push(`<polyline class="${kind}" points="${points}"/>`);
    }

    text(x, y, text, kind = "tick", anchor = "start") {
      this.parts.push(`<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">` +
        `${escaped(text)}</text>`);
    }

    render() {
      const title = escaped(this.title);
      return `<svg viewBox="0 0 ${this.width} ${this.height}" role="img" aria-label="${title}"><title>${title}</title>` +
        `${this.parts.join("")}</svg>`;
    }
  }

  // A linear map of [low, high] onto [start, stop], with round ticks.
  function scale(low, high, start, stop) {
    const span = high - low;
    const at = value => start + (stop - start) * (span ? (value - low) / span : 0.5);
    at.ticks = (count = 5) => {
      if (!(span > 0)) return [low];
      const raw = span / count;
      const unit = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 2.5, 5, 10].map(m => m * unit).find(s => s >= raw * 0.999);
      const found = [];
      for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) {
        found.push(Number((i * step).toFixed(12)));
      }
      return found;
    };
    return at;
  }

  // The range of the finite values, with 0 in it where asked and a little air.
  function padded(values, zero = true) {
    const finite = values.filter(Number.isFinite);
    let low = finite.length ? finite.reduce((a, b) => Math.min(a, b)) : 0;
    let high = finite.length ? finite.reduce((a, b) => Math.max(a, b)) : 1;
    if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
    if (low === 0 && high === 0) return [0, 1];
    const air = (high - low) * 0.06 || Math.max(Math.abs(high), 1) * 0.1;
    return [low < 0 || !zero ? low - air : low, high > 0 || !zero ? high + air : high];
  }

  // With so many digits, a tie to the even one, as Python rounds it.
  const fixed = (value, digits, useGrouping = false) => value.toLocaleString("en-US", {
    minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping, roundingMode: "halfEven",
  });

  // A number for an axis or a cell, and one for a sentence: as words.short and words.number tell them.
  function short(value) {
    if (value === null || Number.isNaN(value)) return "";
    const size = Math.abs(value);
    const text = size >= 1e6 ? `${fixed(value / 1e6, 1)}M` : size >= 1e4 ? `${fixed(value / 1e3, 0)}k`
      : size >= 100 || Number.isInteger(value) ? fixed(value, 0) : size >= 1 ? fixed(value, 1)
        : String(Number(value.toPrecision(2)));
    return text.replace("-", "−");
  }

  function number(value, digits = 2) {
    if (value === null || Number.isNaN(value)) return "–";
    const told = value && Math.abs(value) < 10 ** -digits / 2 ? String(Number(value.toPrecision(2))) : fixed(value, digits, true);
    return told.replace("-", "−");
  }

  // ---- commands ---------------------------------------------------------------------------------------------------

  async function copy(button) {
    const told = document.getElementById(button.dataset.copy);
    const status = button.parentElement.querySelector(".status");
    try {
      await navigator.clipboard.writeText(told.textContent);
      status.textContent = "Copied.";
    } catch { // a browser that does not let a page write there: mark it, so that a key does it
      getSelection().selectAllChildren(told);
      status.textContent = "Marked: copy it with your keyboard.";
    }
  }

  // What is wider than the page is scrolled by keys too: then it is a stop of the keyboard, with a name.
  function stops() {
    for (const box of document.querySelectorAll(".scroll:not([tabindex])")) {
      if (box.scrollWidth <= box.clientWidth + 1) continue;
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      const heading = box.closest("section")?.querySelector("h2, h3");
      box.setAttribute("aria-label", heading ? heading.textContent.trim() : "table");
    }
  }

  document.documentElement.classList.add("scripted");
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".sheet").forEach(box => new Sheet(box));
    document.querySelectorAll(".choice").forEach(box => new Choice(box));
    stops();
    addEventListener("resize", stops);
    document.addEventListener("toggle", stops, true); // what was folded away had no width
    document.querySelectorAll("button[data-copy]").forEach(b => b.addEventListener("click", () => copy(b)));
  });
  return { Canvas, scale, padded, short, number, counted, escaped, drawings };
})();
