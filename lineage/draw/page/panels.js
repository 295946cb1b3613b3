// What stands beside the drawing: evidence, the table, the legend. Text goes into the document as text alone.
"use strict";
const Panels = (() => {
  const LONG = 24;  // letters that fit beside the name of a fact
  const $ = (id) => document.getElementById(id);

  function element(name, text, attributes) {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = text;
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    return made;
  }

  // A text that breaks between the parts of its names.
  function flowing(made, text) {
    String(text).split(/(?<=[:/_.,@-])(?=[^\d:])/).forEach((part, place) => made.append(...(place ? [document.createElement("wbr")] : []), part));
    return made;
  }

  function button(text, act, attributes) {
    const made = element("button", text, {type: "button", ...attributes});
    made.addEventListener("click", act);
    return made;
  }

  function factList(facts) {
    const made = element("dl");
    for (const [name, value] of facts) {
      const long = Array.isArray(value) ? value.some((one) => one.length > LONG) : String(value).length > LONG;
      const told = element("dd", null, long ? {class: "whole"} : {});
      if (Array.isArray(value)) value.forEach((one) => told.append(flowing(element("code"), one), element("br")));
      else flowing(told, value);
      made.append(element("dt", name), told);
    }
    return made;
  }

  function copies(thing, queries, copy) {
    const made = element("div", null, {class: "copies"});
    for (const [name, text] of Object.entries(thing.copy || {})) if (text) made.append(button(`Copy ${name}`, () => copy(text), {title: text}));
    const paste = thing.cypher;
    if (paste && queries[paste.query]) {
      made.append(button("Copy :param", () => copy(paste.params), {title: `First, in Neo4j Browser:\n${paste.params}`}));
      made.append(button("Copy Cypher", () => copy(queries[paste.query]), {title: `Then the query, which takes these parameters`}));
    }
    return made;
  }

  // ---- evidence ------------------------------------------------------------------------------------------------
  // `acts` are what its buttons do: pick, toggle, mark, lead, copy; `live` may add more of a node.
  function evidence(panel, {model, seen, state, data, looks, acts, live}) {
    panel.replaceChildren();
    const id = state.picked, label = (one) => model.look(one).label;
    const go = (way, text) => button(text, () => acts.pick(way, true), {class: "go"});
    if (id && seen.entries.has(id)) {
      const entry = seen.entries.get(id), thing = entry.thing;
      panel.append(flowing(element("h2"), thing.label));
      const does = element("div", null, {class: "copies"});
      if (entry.folded) does.append(button(`Open (${entry.members.length.toLocaleString("en")})`, () => acts.toggle(id)));
      for (const box of model.around(id).reverse()) does.append(button(`Fold ${label(box)}`, () => acts.toggle(box)));
      does.append(button("Light the way here", () => acts.lead(id), {title: "From where its chain begins"}));
      does.append(button(state.ends.includes(id) ? "No end of a path" : "End of a path (p)", () => acts.mark(id)));
      panel.append(factList(thing.facts || []), copies(thing, data.queries || {}, acts.copy), does);
      if (live) panel.append(live.panel(id));
      const ways = [...seen.ways.values()];
      for (const [title, list, other] of [["From", ways.filter((way) => way.target === id), "source"], ["To", ways.filter((way) => way.source === id), "target"]]) {
        if (!list.length) continue;
        panel.append(element("h3", `${title} (${list.length.toLocaleString("en")})`));
        list.slice(0, 50).forEach((way) => panel.append(go(way.id, `${Model.words(way)}  ${title === "From" ? "\u2190" : "\u2192"}  ${label(way[other])}`)));
        if (list.length > 50) panel.append(element("p", `and ${(list.length - 50).toLocaleString("en")} more; the table has all`));
      }
      if (entry.folded) {
        panel.append(element("h3", "Folded here"));
        entry.members.slice(0, 200).forEach((node) => panel.append(flowing(element("div", null, {class: "member"}), node.label)));
        if (entry.members.length > 200) panel.append(element("p", `and ${(entry.members.length - 200).toLocaleString("en")} more`));
      }
      return;
    }
    if (id && seen.ways.has(id)) {
      const way = seen.ways.get(id);
      panel.append(flowing(element("h2"), `${label(way.source)} \u2192 ${label(way.target)}`));
      const ends = element("div", null, {class: "copies"});
      ends.append(button("Go to its source", () => acts.pick(way.source, true)), button("Go to its target", () => acts.pick(way.target, true)));
      panel.append(ends);
      for (const link of way.members.slice(0, 50)) {
        panel.append(element("h3", [link.failed ? `\u2715 ${link.label}` : link.label, link.first].filter(Boolean).join("  ")));
        if (Model.guess(link)) panel.append(element("p", "A guess, less sure than LIKELY.", {class: "guess"}));
        if (link.beside) panel.append(element("p", "Outside the chain, not a part of it.", {class: "quiet"}));
        panel.append(factList(link.facts || []), copies(link, data.queries || {}, acts.copy));
      }
      if (way.members.length > 50) panel.append(element("p", `and ${(way.members.length - 50).toLocaleString("en")} more`));
      return;
    }
    overview(panel, model, seen, go);
  }

  // What there is before anything is chosen: how much of what, and what is lit, in order of time.
  function overview(panel, model, seen, go) {
    const count = (number, one) => `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
    const first = (way) => way.members[0].first || "", label = (one) => model.look(one).label;
    panel.append(element("h2", `${count(seen.entries.size, "node")}, ${count(seen.ways.size, "link")}`));
    panel.append(element("p", "Select a node or an edge to see its evidence.", {class: "quiet"}));
    const lit = [...seen.ways.values()].filter((way) => way.members.some((link) => link.lit)).sort((a, b) => (first(a) < first(b) ? -1 : first(a) > first(b) ? 1 : 0));
    if (lit.length) panel.append(element("h3", "What was asked about"));
    for (const way of lit.slice(0, 100)) {
      const made = go(way.id, `${label(way.source)} \u2192 ${label(way.target)}`);
      made.append(element("div", `${Model.words(way)}  ${first(way).replace("T", " ")}`, {class: "quiet"}));
      panel.append(made);
    }
  }

  // ---- the table -----------------------------------------------------------------------------------------------
  const COLUMNS = [["time", "first"], ["what", "what"], ["from", "from"], ["to", "to"], ["times", "count"], ["sure", "sure"]];
  const MOST_ROWS = 5000;
  let sorted = ["first", 1];

  function rowsOf(model, seen) {
    return [...seen.ways.values()].map((way) => {
      const sure = Model.weakest(way.members), firsts = way.members.map((link) => link.first).filter(Boolean).sort();
      return {id: way.id, first: firsts[0] || "", what: Model.what(way),
        from: model.look(way.source).label, to: model.look(way.target).label, count: Model.calls(way.members),
        sure: way.members[0].beside ? `${sure}, beside` : sure + (Model.CLASSES.indexOf(sure) > Model.LIKELY ? " (guess)" : "")};
    });
  }

  function table({model, seen, state}) {
    if ($("rows").hidden) return;  // a table that nobody sees is not made
    const head = element("tr");
    for (const [name, key] of COLUMNS) {
      const mine = sorted[0] === key, cell = element("th", name + (mine ? (sorted[1] > 0 ? " \u25b2" : " \u25bc") : ""),
        {scope: "col", tabindex: "0", "aria-sort": mine ? (sorted[1] > 0 ? "ascending" : "descending") : "none"});
      const sort = () => { sorted = [key, mine ? -sorted[1] : 1]; table({model, seen, state}); };
      cell.addEventListener("click", sort);
      cell.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.stopPropagation(); sort(); } });
      head.append(cell);
    }
    $("rows").querySelector("thead").replaceChildren(head);
    const [by, way] = sorted, rows = rowsOf(model, seen).sort((a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : 0) * way);
    const wanted = $("rowfilter").value.trim().toLowerCase(), made = document.createDocumentFragment();
    const fitting = rows.filter((row) => !wanted || COLUMNS.some(([, key]) => String(row[key]).toLowerCase().includes(wanted)));
    for (const row of fitting.slice(0, MOST_ROWS)) {
      const line = element("tr", null, {tabindex: "0", "aria-selected": String(row.id === state.picked)});
      for (const [, key] of COLUMNS) line.append(flowing(element("td"), key === "count" ? row[key].toLocaleString("en") : key === "first" ? row[key].replace("T", " ") : row[key]));
      line.dataset.id = row.id;
      made.append(line);
    }
    $("rows").querySelector("tbody").replaceChildren(made);
    $("rowcount").textContent = `${fitting.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
  }

  // Marks the rows of what is picked: of a node those that lead to it or from it.
  function markRows(seen, id, bring) {
    let first = null;
    for (const line of $("rows").querySelectorAll("tbody tr")) {
      const way = seen.ways.get(line.dataset.id);
      const mine = Boolean(id) && (line.dataset.id === id || (way && (way.source === id || way.target === id)));
      line.setAttribute("aria-selected", String(mine));
      if (mine && !first) first = line;
    }
    if (first && bring) first.scrollIntoView({block: "nearest"});
  }

  // ---- the legend ----------------------------------------------------------------------------------------------
  const KEYS = [["/", "find"], ["arrows", "go from node to node"], ["Enter", "open or fold the selection"],
    ["p, or Shift and click", "mark an end of a path; with two ends it is highlighted"], ["o", "highlight the path from the origin"], ["f", "see all of it"],
    ["u", "open every group"], ["d", "light or dark"], ["s", "hide or show this side"], ["+ \u2212", "nearer, farther"], ["space", "play"],
    ["Escape", "undo: a path, the selection, then everything"]];

  function legend(panel, {looks, dashes, marks, pale, evaluated}) {
    const NS = "http://www.w3.org/2000/svg", nodes = element("div", null, {class: "legend"}), ways = element("div", null, {class: "legend"});
    const shape = (name, attributes) => { const made = document.createElementNS(NS, name); for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v); return made; };
    const picture = (...parts) => { const made = shape("svg", {width: 56, height: 34, "aria-hidden": "true"}); made.append(...parts); return made; };
    for (const look of Object.values(looks)) {
      const colour = Picture.dark() ? look.dark : look.light, place = "translate(28 17)";
      const parts = [shape("path", {d: look.path, transform: place, fill: colour, "fill-opacity": 0.18, stroke: colour, "stroke-width": 2})];
      if (look.double) parts.push(shape("path", {d: look.path, transform: `${place} scale(0.72)`, fill: "none", stroke: colour, "stroke-width": 1.6}));
      nodes.append(picture(...parts), element("span", look.words));
    }
    for (const [text, dash, colour, width, tip] of [["EXACT or STRONG", "", "--quiet", 2], ["LIKELY", dashes.likely, "--quiet", 2],
      ["guess: less sure than LIKELY", dashes.guess, "--quiet", 2], ["outside the chain: workloads, and who made a key or user", dashes.beside, "--quiet", 2],
      ["refused or failed (\u2715)", "", "--failed", 2, true], ["what was asked about", "", "--lit", 4]]) {
      const parts = [shape("line", {x1: 3, y1: 17, x2: 52, y2: 17, stroke: Picture.css(colour), "stroke-width": width, "stroke-dasharray": dash})];
      if (tip) parts.push(shape("line", {x1: 52, y1: 11, x2: 52, y2: 23, stroke: Picture.css(colour), "stroke-width": 3}));
      ways.append(picture(...parts), element("span", text));
    }
    const states = element("div", null, {class: "legend"}), session = looks.session;
    for (const [state, text] of Object.entries(Model.WORKS)) {
      const colour = Picture.dark() ? session.dark : session.light, place = "translate(28 17)", [, , dash] = marks[state];
      const parts = [shape("path", {d: session.path, transform: place, fill: colour, "fill-opacity": 0.18, stroke: colour, "stroke-width": 2, ...(state === "no" ? {opacity: pale} : {})})];
      if (Picture.ring(marks[state])) parts.push(shape("path", {d: session.path, transform: `${place} scale(1.25)`, fill: "none", stroke: Picture.ring(marks[state]), "stroke-width": 2, "stroke-dasharray": dash}));
      states.append(picture(...parts), element("span", text));
    }
    const keys = element("dl");
    for (const [key, text] of KEYS) keys.append(element("dt", key), element("dd", text));
    panel.replaceChildren(element("h3", "Nodes"), nodes, element("p", "A double outline: several things, folded into one. Open it with a double click. A frame is an account.", {class: "quiet"}),
      ...(evaluated ? [element("h3", `Sessions and keys at ${evaluated.replace("T", " ")}`), states] : []),
      element("h3", "Edges"), ways, element("h3", "Keys"), keys);
  }

  return {$, element, button, evidence, table, markRows, legend};
})();
