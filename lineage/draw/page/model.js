// What there is and what of it is shown: the twin of lineage/draw/view.py, for what is folded, unfolded and filtered
// in the page. Knows no document.
"use strict";
const Model = (() => {
  const CLASSES = ["EXACT", "STRONG", "LIKELY", "HEURISTIC", "HINT", "NONE"];
  const LIKELY = CLASSES.indexOf("LIKELY");
  const sureness = (link) => CLASSES.indexOf(link.confidence || "EXACT");
  const guess = (link) => sureness(link) > LIKELY;
  const weakest = (links) => CLASSES[links.reduce((most, link) => Math.max(most, sureness(link)), 0)];
  const calls = (links) => links.reduce((sum, link) => sum + (link.count || 1), 0);

  function make(data) {
    const nodes = new Map(), links = new Map(), boxes = new Map();

    function take(more) {
      for (const box of more.boxes || []) if (!boxes.has(box.id)) boxes.set(box.id, box);
      for (const node of more.nodes || []) nodes.set(node.id, {...nodes.get(node.id), ...node});
      for (const link of more.links || []) links.set(link.id, link);
    }
    take(data);

    const start = () => ({folded: new Set(data.folded || []), account: "", confidence: "NONE", failed: false, cross: false,
      beside: Boolean(data.beside), until: null, picked: null, ends: []});

    // The boxes that a node or box lies in, the outermost first.
    function around(id) {
      const found = [];
      for (let box = look(id) && look(id).box; box && boxes.has(box); box = boxes.get(box).box) found.unshift(box);
      return found;
    }

    const look = (id) => boxes.get(id) || nodes.get(id);
    const kind = (id) => (boxes.has(id) ? boxes.get(id).kind : nodes.get(id).kind);
    const stands = (id, folded) => around(id).find((box) => folded.has(box)) || id;
    const accountOf = (id) => (kind(id) === "account" ? "" : look(id).account || "");

    function passes(link, state) {
      if (sureness(link) > CLASSES.indexOf(state.confidence)) return false;
      if (state.failed && !link.failed) return false;
      if (state.cross && !link.cross) return false;
      if (!state.beside && link.beside) return false;
      if (state.until !== null && link.first && link.first > state.until) return false;
      return !state.account || [link.source, link.target].some((end) => nodes.has(end) && nodes.get(end).account === state.account);
    }

    // Nodes that only links beside the chain touch.
    function besideAlone() {
      const along = new Set(), alone = new Set();
      for (const link of links.values()) if (!link.beside) along.add(link.source).add(link.target);
      for (const link of links.values())
        if (link.beside) for (const end of [link.source, link.target]) if (!along.has(end) && !(nodes.get(end) || {}).lit) alone.add(end);
      return alone;
    }

    // What is drawn: entries and ways by their IDs, in order.
    function view(state) {
      const entries = new Map(), ways = new Map();
      const filtered = state.failed || state.cross || state.account || state.confidence !== "NONE" || state.until !== null;
      const kept = [...links.values()].filter((link) => passes(link, state) && nodes.has(link.source) && nodes.has(link.target));
      const touched = new Set(kept.flatMap((link) => [link.source, link.target]));
      const hidden = state.beside ? new Set() : besideAlone();
      for (const node of nodes.values()) {
        if (hidden.has(node.id) || (filtered && !touched.has(node.id))) continue;
        const id = stands(node.id, state.folded);
        if (!entries.has(id)) entries.set(id, {id, thing: look(id), kind: kind(id), folded: boxes.has(id), members: []});
        entries.get(id).members.push(node);
      }
      for (const link of kept) {
        const source = stands(link.source, state.folded), target = stands(link.target, state.folded);
        if (source === target || !entries.has(source) || !entries.has(target)) continue;
        const id = [source, target, link.type, link.failed ? "x" : "", guess(link) ? "?" : ""].join("\u0001");
        if (!ways.has(id)) ways.set(id, {id, source, target, type: link.type, members: []});
        ways.get(id).members.push(link);
      }
      return {entries, ways};
    }

    const isLit = (entry) => Boolean(entry.thing.lit) || entry.members.some((node) => node.lit);

    // Where the nodes of a view stand; what is lit comes first.
    function places(seen) {
      const order = [...seen.entries.values()].sort((a, b) => isLit(b) - isLit(a)).map((entry) => entry.id);
      return Layout.place(order, [...seen.ways.values()].map((way) => [way.source, way.target]), accountOf);
    }

    return {nodes, links, boxes, take, start, around, look, kind, stands, accountOf, view, isLit, places};
  }

  // The caption of an entry: of several sessions, or nodes, folded into one it says how many.
  function caption(entry) {
    const own = entry.thing.caption || entry.thing.label;
    if (!entry.folded || ["session", "calls"].includes(entry.kind)) return own;
    const sessions = entry.members.filter((node) => node.kind === "session").length;
    return `${own} \u00d7${(sessions || entry.members.length).toLocaleString("en")}`;
  }

  // What a way is, in short.
  function what(way) {
    const labels = [...new Set(way.members.map((link) => link.label))];
    const label = labels.length === 1 ? labels[0] : `${labels.length} kinds`;
    return way.members[0].failed ? `\u2715 ${label}` : label;
  }

  // What stands at a way.
  function words(way) {
    const parts = [what(way)], count = calls(way.members);
    if (CLASSES.indexOf(weakest(way.members)) > LIKELY) parts.push("guess");
    if (count > 1) parts.push(`${count.toLocaleString("en")}\u00d7`);
    return parts.join(", ");
  }

  // The shortest path from one entry to another along the ways, else the other way round; null where there is none.
  function path(seen, from, to) {
    const out = new Map();
    for (const way of seen.ways.values()) { if (!out.has(way.source)) out.set(way.source, []); out.get(way.source).push(way); }
    const search = (source, target) => {
      const came = new Map([[source, null]]), queue = [source];
      for (let next = 0; next < queue.length && !came.has(target); next++)
        for (const way of out.get(queue[next]) || []) if (!came.has(way.target)) { came.set(way.target, way); queue.push(way.target); }
      if (!came.has(target)) return null;
      const found = {nodes: new Set([target]), ways: new Set()};
      for (let way = came.get(target); way; way = came.get(way.source)) { found.ways.add(way.id); found.nodes.add(way.source); }
      return found;
    };
    return search(from, to) || search(to, from);
  }

  // Where the chain to an entry begins: back along the ways, those beside the chain last.
  function origin(seen, id) {
    const into = new Map();
    for (const way of seen.ways.values()) { if (!into.has(way.target)) into.set(way.target, []); into.get(way.target).push(way); }
    const passed = new Set([id]);
    let at = id;
    for (;;) {
      const back = (into.get(at) || []).filter((way) => !passed.has(way.source))
        .sort((a, b) => Boolean(a.members[0].beside) - Boolean(b.members[0].beside))[0];
      if (!back) return at;
      at = back.source;
      passed.add(at);
    }
  }

  return {make, caption, what, words, path, origin, guess, weakest, calls, CLASSES, LIKELY};
})();
if (typeof module !== "undefined") module.exports = Model;
