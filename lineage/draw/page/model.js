// What there is and what of it is shown: as lineage/draw/shape.py has it, for what is folded, unfolded and filtered
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
    const nodes = new Map(), links = new Map(), boxes = new Map(), folded = new Set();

    function take(more) {
      for (const box of more.boxes || []) if (!boxes.has(box.id)) boxes.set(box.id, box);
      for (const node of more.nodes || []) nodes.set(node.id, {...nodes.get(node.id), ...node});
      for (const link of more.links || []) links.set(link.id, link);
      for (const box of more.folded || []) folded.add(box);
    }
    take(data);

    const start = () => ({folded: new Set(folded), account: "", confidence: "NONE", failed: false, cross: false,
      beside: true, until: null, pair: null, picked: null, ends: [], lead: null});

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
      if (state.pair && !(state.pair.includes(link.source) && state.pair.includes(link.target))) return false;
      return !state.account || [link.source, link.target].some((end) => nodes.has(end) && nodes.get(end).account === state.account);
    }

    // Nodes that only links outside the chain touch.
    function besideAlone() {
      const along = new Set(), alone = new Set();
      for (const link of links.values()) if (!link.beside) along.add(link.source).add(link.target);
      for (const link of links.values())
        if (link.beside) for (const end of [link.source, link.target]) if (!along.has(end) && !(nodes.get(end) || {}).lit) alone.add(end);
      return alone;
    }

    // What is drawn: entries and ways by their IDs, in order; the links that pass, and in which way each one is;
    // and the entry that each node stands in.
    function view(state) {
      const entries = new Map(), ways = new Map(), wayOf = new Map(), at = new Map();
      const filtered = state.failed || state.cross || state.account || state.confidence !== "NONE" || state.until !== null || state.pair;
      const kept = [...links.values()].filter((link) => passes(link, state) && nodes.has(link.source) && nodes.has(link.target));
      const touched = new Set(kept.flatMap((link) => [link.source, link.target]));
      const hidden = state.beside ? new Set() : besideAlone();
      for (const node of nodes.values()) {
        if (hidden.has(node.id) || (filtered && !touched.has(node.id))) continue;
        const id = stands(node.id, state.folded);
        if (!entries.has(id)) entries.set(id, {id, thing: look(id), kind: kind(id), folded: boxes.has(id), members: []});
        entries.get(id).members.push(node);
        at.set(node.id, id);
      }
      for (const link of kept) {
        const source = at.get(link.source), target = at.get(link.target);
        if (source === target || !source || !target) continue;
        const id = [source, target, link.type, link.failed ? "x" : "", guess(link) ? "?" : "", link.beside ? "b" : ""].join("\u0001");
        if (!ways.has(id)) ways.set(id, {id, source, target, type: link.type, members: []});
        ways.get(id).members.push(link);
        wayOf.set(link.id, id);
      }
      return {entries, ways, wayOf, at, links: kept.filter((link) => at.has(link.source) && at.has(link.target))};
    }

    const isLit = (entry) => Boolean(entry.thing.lit) || entry.members.some((node) => node.lit);

    // Where the nodes of a view stand; what is lit comes first.
    function places(seen) {
      const order = [...seen.entries.values()].sort((a, b) => isLit(b) - isLit(a)).map((entry) => entry.id);
      return Layout.place(order, [...seen.ways.values()].map((way) => [way.source, way.target]), accountOf);
    }

    return {nodes, links, boxes, take, start, around, look, kind, stands, accountOf, view, isLit, places};
  }

  const WORKS = {yes: "works", unknown: "may work", no: "ended"}, CAPTION_LINES = 3;

  // The caption of an entry: of several sessions, or nodes, folded into one it says how many.
  function caption(entry) {
    const own = ownCaption(entry), state = stateOf(entry);
    return state ? `${own}${own.split("\n").length < CAPTION_LINES ? "\n" : " \u00b7 "}${state}` : own;
  }

  function ownCaption(entry) {
    const own = entry.thing.caption || entry.thing.label;
    if (!entry.folded || ["session", "calls"].includes(entry.kind)) return own;
    const sessions = entry.members.filter((node) => node.kind === "session").length;
    return `${own} \u00d7${(sessions || entry.members.length).toLocaleString("en")}`;
  }

  // Does anything in an entry still work, as far as that was asked?
  const works = (entry) => Object.keys(WORKS).find((state) => entry.members.some((node) => node.works === state)) || null;

  function stateOf(entry) {
    const asked = entry.members.map((node) => node.works).filter(Boolean), state = works(entry);
    if (!state || asked.every((one) => one === state)) return state && WORKS[state];
    return `${asked.filter((one) => one === state).length} of ${asked.length} ${state === "yes" ? "work" : "may work"}`;
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

  // ---- ways that lead from one thing to another ----
  // They go from node to node: what is folded into one did not all do the same. A refused call leads no further, and
  // along a guess they go only where nothing else leads.
  const nodesOf = (seen, id) => (seen.entries.has(id) ? seen.entries.get(id).members.map((node) => node.id) : []);
  const SHARED = ["role", "account"];

  function grouped(links, end) {
    const found = new Map();
    for (const link of links) { if (!found.has(link[end])) found.set(link[end], []); found.get(link[end]).push(link); }
    return found;
  }

  // What is lit of the drawing where these links are, and what must be said of it: `shared` are the things between its
  // ends that stand for many sessions, of which nothing says that they are the same.
  function lifted(seen, links) {
    const into = new Set(links.map((link) => link.target));
    const shared = links.filter((link) => into.has(link.source)).map((link) => seen.entries.get(seen.at.get(link.source)))
      .filter((entry) => SHARED.includes(entry.kind) && !entry.folded).map((entry) => entry.thing.label);
    return {nodes: new Set(links.flatMap((link) => [seen.at.get(link.source), seen.at.get(link.target)])),
      ways: new Set(links.map((link) => seen.wayOf.get(link.id)).filter(Boolean)),
      guess: links.some(guess), beside: links.some((link) => link.beside && seen.wayOf.has(link.id)), shared: [...new Set(shared)]};
  }

  function search(seen, from, to, guesses) {
    const out = grouped(seen.links, "source"), goals = new Set(nodesOf(seen, to));
    const came = new Map(nodesOf(seen, from).map((node) => [node, null])), queue = [...came.keys()];
    for (let next = 0; next < queue.length; next++)
      for (const link of out.get(queue[next]) || []) {
        if (came.has(link.target) || (guess(link) && !guesses) || (link.failed && !goals.has(link.target))) continue;
        came.set(link.target, link);
        queue.push(link.target);
        if (!goals.has(link.target)) continue;
        const found = [];
        for (let one = link; one; one = came.get(one.source)) found.unshift(one);
        return lifted(seen, found);
      }
    return null;
  }

  // The shortest path from one entry to another, else the other way round; null where there is none.
  function path(seen, from, to) {
    for (const guesses of [false, true]) {
      const found = search(seen, from, to, guesses) || search(seen, to, from, guesses);
      if (found) return found;
    }
    return null;
  }

  // Where the chains to an entry begin: the nodes that nothing leads to (`tops`), and to how many of what it stands for
  // nothing leads at all (`without`). What stands outside the chain is gone along from the entry itself, and from a key
  // to who made it, where nothing else leads there.
  function origin(seen, id) {
    const into = grouped(seen.links, "target"), own = nodesOf(seen, id), passed = new Set(own), queue = [...own];
    const links = [], tops = [];
    for (let next = 0; next < queue.length; next++) {
      const here = into.get(queue[next]) || [], first = next < own.length;
      const leads = (link) => !link.failed && !link.beside;
      const fits = [(link) => leads(link) && !guess(link), leads,
        (link) => !link.failed && (first || link.type === "ISSUED"), () => first].find((fit) => here.some(fit));
      const back = fits ? here.filter(fits) : [];
      if (!back.length) tops.push(queue[next]);
      for (const link of back) {
        links.push(link);
        if (!passed.has(link.source)) { passed.add(link.source); queue.push(link.source); }
      }
    }
    const used = new Set(links.map((link) => link.source));
    return {...lifted(seen, links), tops: tops.filter((node) => used.has(node)), without: tops.filter((node) => !used.has(node)).length};
  }

  // What somebody has marked: the way to one thing, or that between two; null where nothing is marked.
  function marked(seen, state) {
    if (state.lead) return origin(seen, state.lead);
    if (state.ends.length < 2) return null;
    return path(seen, ...state.ends) || {nodes: new Set(state.ends), ways: new Set()};
  }

  // What must be said of a way beside that there is one.
  function doubts(found) {
    return (found.guess ? "; with a guess, not proven" : "") + (found.beside ? "; partly outside the chain" : "") +
      (found.shared.length ? `; ${found.shared.join(", ")} ${found.shared.length > 1 ? "stand" : "stands"} for many sessions, so it may be no one chain` : "");
  }

  return {make, caption, works, WORKS, what, words, path, origin, marked, doubts, guess, weakest, calls, CLASSES, LIKELY};
})();
if (typeof module !== "undefined") module.exports = Model;
