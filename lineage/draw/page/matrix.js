// Many accounts as a matrix: how often principals of one (rows) assumed roles of another (columns). A cell draws its pair.
"use strict";
const Matrix = (() => {
  const MOST = 100;  // rows and columns; the table beside has all
  const {element, button} = Panels;

  function counts(seen) {
    const cells = new Map(), rows = new Map(), columns = new Map();
    const add = (map, key, more) => map.set(key, (map.get(key) || 0) + more);
    for (const way of seen.ways.values()) {
      const count = Model.calls(way.members);
      if (!cells.has(way.source)) cells.set(way.source, new Map());
      add(cells.get(way.source), way.target, count);
      add(rows, way.source, count);
      add(columns, way.target, count);
    }
    const ordered = (map) => [...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST);
    return {cells, rows: ordered(rows), columns: ordered(columns), whole: rows.size <= MOST && columns.size <= MOST};
  }

  // Fills the container; `pick` is called with a pair of accounts. The focus stays where it was.
  function show(container, {model, seen, state, pick}) {
    const {cells, rows, columns, whole} = counts(seen), most = Math.max(1, ...[...cells.values()].flatMap((row) => [...row.values()]));
    const focused = container.contains(document.activeElement) ? document.activeElement.dataset.pair : null;
    const table = element("table", null, {"aria-label": "Assumptions from account to account"}), head = element("tr");
    const name = (id, scope) => {
      const made = element("th", null, {scope, title: model.look(id).label});
      made.append(...model.look(id).caption.split("\n").map((line) => element("div", line)));
      if (state.picked === id) made.setAttribute("aria-current", "true");
      return made;
    };
    head.append(element("td", "from \\ into", {class: "quiet"}), ...columns.map(([id]) => name(id, "col")), element("th", "all", {scope: "col"}));
    const body = element("tbody");
    for (const [from, sum] of rows) {
      const line = element("tr");
      line.append(name(from, "row"));
      for (const [into] of columns) {
        const count = cells.get(from).get(into), cell = element("td");
        if (count) {
          const chosen = Boolean(state.pair) && state.pair[0] === from && state.pair[1] === into;
          const made = button(count.toLocaleString("en"), () => pick([from, into]), {"aria-pressed": String(chosen), title: `${model.look(from).label} \u2192 ${model.look(into).label}`});
          made.dataset.pair = JSON.stringify([from, into]);
          made.style.setProperty("--share", `${Math.round(8 + 52 * Math.log1p(count) / Math.log1p(most))}%`);
          cell.append(made);
        }
        line.append(cell);
      }
      line.append(element("td", sum.toLocaleString("en"), {class: "sum"}));
      body.append(line);
    }
    const top = element("thead");
    top.append(head);
    table.append(top, body);
    container.replaceChildren(table);
    if (!whole) container.append(element("p", `The ${MOST} accounts with most assumptions are shown; the table has all.`, {class: "quiet"}));
    if (focused) [...container.querySelectorAll("button")].find((one) => one.dataset.pair === focused)?.focus();
  }

  // The next cell with a number in a direction.
  function step(from, key) {
    const cell = from.closest("td"), line = cell.parentElement, along = [...line.cells].indexOf(cell);
    const lines = [...line.parentElement.rows], down = lines.indexOf(line);
    const turn = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1, across = key === "ArrowRight" || key === "ArrowLeft";
    for (let place = (across ? along : down) + turn; place >= 0 && place < (across ? line.cells.length : lines.length); place += turn) {
      const found = (across ? line.cells[place] : lines[place].cells[along]).querySelector("button");
      if (found) { found.focus(); return; }
    }
  }

  return {show, step};
})();
