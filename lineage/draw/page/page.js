// The page: what a person does there, and what becomes of it. The data stands in #data; nothing is fetched, unless the
// page is served with live questions.
"use strict";
(() => {
  const {$, element, button} = Panels;
  const DATA = JSON.parse($("data").textContent);
  const LOOKS = DATA.looks, MOST_DRAWN = 100;
  const model = Model.make(DATA);
  const root = document.documentElement;
  const titleOf = (account, wide) => Lettering.title((DATA.accounts || {})[account], account, wide);
  const nameOf = (account) => (DATA.accounts && DATA.accounts[account] ? `${DATA.accounts[account]}  ${account}` : account);
  let state = model.start(), seen = null, untouched = true;
  root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const picture = Picture.make($("drawing"), DATA, Object.keys(DATA.at || {}).length);

  // ---- drawing -------------------------------------------------------------------------------------------------
  // Where everything stands does not depend on the time, so that nothing jumps while the chain is played.
  let standing = {key: null, stands: null};
  function stands() {
    const key = JSON.stringify([[...state.folded].sort(), state.account, state.confidence, state.failed, state.cross, state.beside, state.pair, model.nodes.size, model.links.size]);
    if (standing.key !== key) {
      const opening = untouched && DATA.at && state.until === null && key === openingKey;
      standing = {key, stands: opening ? given() : model.places(model.view({...state, until: null}))};
    }
    return standing.stands;
  }
  const openingKey = JSON.stringify([[...state.folded].sort(), "", "NONE", false, false, state.beside, null, model.nodes.size, model.links.size]);
  const given = () => ({at: new Map(Object.entries(DATA.at).map(([id, [x, y]]) => [id, {x, y}])), frames: new Map(Object.entries(DATA.frames))});

  // Draws what the state says and fits all of it in; or keeps the place of `anchor` on the screen, where somebody has
  // gone near to it.
  function draw({anchor = null, fit = true} = {}) {
    if (picture.whole()) anchor = null;
    const before = anchor ? picture.at(model.stands(anchor, state.folded)) || picture.at(anchor) || anchored(anchor) : null;
    seen = model.view(state);
    matrix();
    const placed = stands();
    picture.show(Picture.elements(model, seen, placed, state, titleOf), placed);
    const after = anchor ? picture.at(model.stands(anchor, state.folded)) || anchored(anchor) : null;
    notes();
    if (before && after) picture.hold(before, after); else if (fit) picture.fit();
    panels();
  }

  // The matrix, where there are too many accounts to draw them all; the drawing is then of the pair that is chosen.
  function matrix() {
    if (!DATA.matrix) return;
    $("matrix").hidden = false;
    $("graph").classList.add("matrix");
    $("graph").classList.toggle("pair", Boolean(state.pair));
    Matrix.show($("matrix"), {model, seen: model.view({...state, pair: null}), state, pick: pair});
  }

  function pair(chosen) {
    state.pair = chosen;
    draw();
    const way = [...seen.ways.values()].find((one) => one.source === chosen[0] && one.target === chosen[1]);
    pick(way ? way.id : null);
  }

  // Where something that lies in a box stands now.
  function anchored(box) {
    for (const [id, at] of picture.stands().at) if (model.around(id).includes(box)) return at;
    return null;
  }

  const many = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
  function notes() {
    const folded = [...seen.entries.values()].filter((entry) => entry.folded);
    const inside = folded.reduce((sum, entry) => sum + entry.members.length, 0), told = [...(DATA.notes || [])];
    if (folded.length) told.push(`${many(inside, "thing")} in ${many(folded.length, "folded group")}; a double click opens one.`);
    if (DATA.matrix) told.push(state.pair ? "Escape leaves the pair." : "A number of the matrix draws its pair of accounts.");
    else if (seen.entries.size > MOST_DRAWN) told.push(`${many(seen.entries.size, "node")} are drawn; fold accounts or filter to see more clearly.`);
    if (!seen.entries.size) told.push("No node matches these filters. \u201cReset\u201d removes them.");
    $("notes").replaceChildren(...told.map((line) => element("div", line)));
  }

  function panels() {
    Panels.evidence($("details"), {model, seen, state, data: DATA, looks: LOOKS, acts: {pick, toggle, mark, lead, copy}, live: LIVE});
    Panels.table({model, seen, state});
    Panels.markRows(seen, state.picked, false);
  }

  function say(text) {
    $("said").textContent = text;
    $("said").classList.remove("shown");
    void $("said").offsetWidth;  // begins its fading anew
    $("said").classList.add("shown");
  }

  async function copy(text) {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = element("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say("Copied");
  }

  // ---- acting --------------------------------------------------------------------------------------------------
  function pick(id, bring) {
    state.picked = id && (seen.entries.has(id) || seen.ways.has(id)) ? id : null;
    picture.pick(state.picked);
    matrix();
    if (state.picked && bring) picture.bring(state.picked);
    Panels.evidence($("details"), {model, seen, state, data: DATA, looks: LOOKS, acts: {pick, toggle, mark, lead, copy}, live: LIVE});
    Panels.markRows(seen, state.picked, true);
    remember();
  }

  function toggle(box) {
    untouched = false;
    if (state.folded.has(box)) state.folded.delete(box); else state.folded.add(box);
    if (state.picked && model.look(state.picked)) state.picked = model.stands(state.picked, state.folded);
    const drawn = (id) => model.stands(id, state.folded) === id && !(model.boxes.has(id) && !state.folded.has(id));
    state.ends = state.ends.filter(drawn);
    if (state.lead && !drawn(state.lead)) state.lead = null;
    draw({anchor: box});
    if (state.picked && !seen.entries.has(state.picked) && !seen.ways.has(state.picked))
      pick([...seen.entries.keys()].find((id) => model.around(id).includes(state.picked)) || null);
    remember();
  }

  function mark(id) {
    state.lead = null;
    state.ends = state.ends.includes(id) ? state.ends.filter((one) => one !== id) : [...state.ends.slice(-1), id];
    draw({fit: false});
    if (state.ends.length === 2) {
      const found = Model.path(seen, ...state.ends);
      say(found ? `A path of ${many(found.ways.size, "step")}${Model.doubts(found)}` : "No path between the two along what is drawn");
    } else say(state.ends.length ? "One end of a path; mark the other" : "No path");
    remember();
  }

  function lead(id) {
    const found = Model.origin(seen, id), {tops, without} = found;
    if (!tops.length) { say("Nothing leads here"); return; }
    state.ends = [];
    state.lead = id;
    draw({fit: false});
    const from = tops.length === 1 ? model.look(tops[0]).label : many(tops.length, "origin");
    say(`The way from ${from}${without ? `; nothing leads to ${without.toLocaleString("en")} of it` : ""}${Model.doubts(found)}`);
    remember();
  }

  function takeBack() {
    if (state.pair) { state.pair = null; draw(); pick(null); }
    else if (state.ends.length || state.lead) { state.ends = []; state.lead = null; draw({fit: false}); remember(); }
    else if (state.picked) pick(null);
    else asOpened();
  }

  function openAll() { untouched = false; state.folded.clear(); state.ends = []; state.lead = null; draw(); remember(); }
  function asOpened() { state = model.start(); place = null; untouched = true; controls(); opened(); remember(); }

  // Draws from afresh. What is too large to be read as a whole begins with what was asked.
  function opened() {
    draw({fit: false});
    if (place) { picture.look(place); return; }
    if (DATA.matrix && !state.pair) return;
    const lit = [...seen.entries.values()].filter(model.isLit).map((entry) => entry.id);
    if (!picture.open(lit)) say("Not everything is visible: f, or \u2922, fits it in");
  }

  // Two quick taps on different things are no double one.
  const {cy} = picture;
  let taps = [null, null];
  cy.on("tap", "node, edge", (e) => {
    taps = [taps[1], e.target.id()];
    if (e.originalEvent && e.originalEvent.shiftKey && e.target.isNode()) mark(e.target.id()); else pick(e.target.id());
  });
  cy.on("tap", (e) => { if (e.target === cy) pick(null); });
  cy.on("dbltap", "node", (e) => { if (taps[0] === taps[1] && model.boxes.has(e.target.id())) toggle(e.target.id()); });
  cy.on("mouseover", "node, edge", (e) => {
    const id = e.target.id(), way = seen.ways.get(id);
    $("drawing").title = way ? `${Model.words(way)}: ${model.look(way.source).label} \u2192 ${model.look(way.target).label}` : model.look(id).label;
  });
  cy.on("mouseout", "node, edge", () => { $("drawing").title = ""; });
  $("rows").querySelector("tbody").addEventListener("click", (e) => { const line = e.target.closest("tr"); if (line) pick(line.dataset.id, true); });
  $("rows").querySelector("tbody").addEventListener("keydown", (e) => {
    const line = e.target.closest("tr");
    if (line && e.key === "Enter") { e.stopPropagation(); pick(line.dataset.id, true); }
  });
  $("rowfilter").addEventListener("input", () => { Panels.table({model, seen, state}); Panels.markRows(seen, state.picked, false); });
  const acts = {unfold: openAll, refold: asOpened, theme, panel: side, in: () => picture.zoom(1.25), out: () => picture.zoom(0.8), fit: picture.fit, play};
  for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", act);

  // ---- keyboard ------------------------------------------------------------------------------------------------
  function step(key) {
    const at = state.picked && picture.at(state.picked);
    if (!at) { pick([...seen.entries.keys()].find((id) => model.isLit(seen.entries.get(id))) || [...seen.entries.keys()][0], true); return; }
    const across = key === "ArrowRight" || key === "ArrowLeft";
    let best = null, least = Infinity;
    for (const id of seen.entries.keys()) {
      const there = picture.at(id), dx = there.x - at.x, dy = there.y - at.y;
      const ahead = {ArrowRight: dx, ArrowLeft: -dx, ArrowDown: dy, ArrowUp: -dy}[key], aside = Math.abs(across ? dy : dx);
      if (ahead > 1 && ahead + 2 * aside < least) { least = ahead + 2 * aside; best = id; }
    }
    if (best) pick(best, true);
  }

  const keys = {f: picture.fit, u: openAll, d: theme, s: side, "+": acts.in, "=": acts.in, "-": acts.out, "/": () => $("search").focus(),
    Enter: () => { if (model.boxes.has(state.picked)) toggle(state.picked); else if (state.picked && model.look(state.picked)) toggleAround(); },
    p: () => { if (seen.entries.has(state.picked)) mark(state.picked); }, o: () => { if (seen.entries.has(state.picked)) lead(state.picked); },
    " ": () => { if (!$("time").hidden) play(); }};
  function toggleAround() {
    const inner = model.around(state.picked).pop();
    if (inner && model.boxes.get(inner).kind !== "account") toggle(inner);
  }

  document.addEventListener("keydown", (e) => {
    const at = document.activeElement, typing = (at.tagName === "INPUT" && at.type !== "checkbox" && at.type !== "range") || at.tagName === "SELECT";
    if (e.key === "Escape") { if (typing) at.blur(); else takeBack(); return; }
    if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
    if (at.tagName === "BUTTON" && (e.key === "Enter" || e.key === " ")) return;
    if (e.key.startsWith("Arrow") && $("matrix").contains(at)) { Matrix.step(at, e.key); e.preventDefault(); return; }
    if (e.key.startsWith("Arrow") && at.type !== "range" && !$("side").contains(at)) { step(e.key); e.preventDefault(); return; }
    if (Object.hasOwn(keys, e.key)) { keys[e.key](); e.preventDefault(); }
  });

  // ---- search --------------------------------------------------------------------------------------------------
  let hits = [], hit = -1;
  const texts = (thing) => [thing.id, thing.label, thing.account, ...(thing.facts || []).flat(2)];
  function find() {
    const wanted = $("search").value.trim().toLowerCase();
    if (!wanted) { hits = []; $("found").textContent = ""; if (LIVE) LIVE.find(""); return; }
    const about = new Map([...model.nodes.values()].map((node) => [node.id, texts(node)]));
    for (const link of model.links.values()) if (about.has(link.target)) about.get(link.target).push(...(link.facts || []).flat(2));
    hits = [...about].filter(([, told]) => told.some((text) => text && String(text).toLowerCase().includes(wanted))).map(([id]) => id);
    hit = 0;
    found(hits.length === 1);
    if (LIVE) LIVE.find($("search").value.trim());
  }
  const foldedAround = (id) => model.around(id).filter((box) => state.folded.has(box));
  // Shows the hit; what it is folded into is opened on Enter, and where there is no other hit, not at each letter.
  function found(open) {
    const id = hits[hit];
    $("found").textContent = id ? `${hit + 1} of ${hits.length.toLocaleString("en")}` : "none";
    if (!id) return;
    const folded = open ? foldedAround(id) : [];
    if (folded.length) { untouched = false; folded.forEach((box) => state.folded.delete(box)); draw({anchor: id}); }
    const shown = model.stands(id, state.folded);
    if (!seen.entries.has(shown)) say("Hidden by the filters");
    pick(shown, true);
  }
  function next() {
    if (!hits.length) return;
    if (!foldedAround(hits[hit]).length) hit = (hit + 1) % hits.length;
    found(true);
  }
  $("search").addEventListener("input", find);
  $("search").addEventListener("search", () => { if (!$("search").value) find(); });  // emptied by Escape
  $("search").addEventListener("keydown", (e) => { if (e.key === "Enter") next(); });

  // ---- filters -------------------------------------------------------------------------------------------------
  function controls() {
    for (const name of ["account", "confidence"]) $(name).value = state[name];
    for (const name of ["failed", "cross", "beside"]) $(name).checked = state[name];
    const at = times.indexOf(state.until);
    $("slider").value = String(at < 0 ? times.length - 1 : at);
    clock();
  }
  function accounts() {
    const found = [...new Set([...model.nodes.values()].map((node) => node.account).filter(Boolean))].sort();
    $("account").replaceChildren($("account").options[0], ...found.map((account) => element("option", nameOf(account), {value: account})));
  }
  for (const name of [...Model.CLASSES].reverse()) $("confidence").append(element("option", name === "NONE" ? "any" : name === "EXACT" ? name : `${name} or better`, {value: name}));
  for (const name of ["account", "confidence"]) $(name).addEventListener("change", () => { state[name] = $(name).value; filtered(); });
  for (const name of ["failed", "cross", "beside"]) $(name).addEventListener("change", () => { state[name] = $(name).checked; filtered(); });
  function filtered() { draw(); if (state.picked && !seen.entries.has(state.picked) && !seen.ways.has(state.picked)) pick(null); remember(); }

  // ---- time ----------------------------------------------------------------------------------------------------
  let playing = null, times = [];
  function moments() {
    const links = [...model.links.values()].filter((link) => link.first), end = links.map((link) => link.last || link.first).sort().pop();
    times = [...new Set([...links.map((link) => link.first), ...(end ? [end] : [])])].sort();
    $("time").hidden = times.length < 2;
    $("slider").max = String(Math.max(0, times.length - 1));
  }
  function clock() {
    const shown = (time) => time.replace("T", " ");
    $("clock").textContent = times.length < 2 ? "" : state.until === null ? `all: ${shown(times[0])} to ${shown(times[times.length - 1])}` : `until ${shown(state.until)}`;
    $("slider").setAttribute("aria-valuetext", $("clock").textContent);
  }
  function until(position) {
    state.until = position >= times.length - 1 ? null : times[position];
    clock();
    draw({fit: false});
    remember();
  }
  $("slider").addEventListener("input", () => until(Number($("slider").value)));
  function play() {
    if (playing) { stop(); return; }
    $("play").textContent = "Stop";
    let position = state.until === null ? 0 : times.indexOf(state.until) + 1;
    const tick = () => {
      if (position >= times.length) { stop(); return; }
      $("slider").value = String(position);
      until(position);
      position = position === times.length - 1 ? times.length : Math.min(times.length - 1, position + Math.max(1, Math.ceil(times.length / 120)));
    };
    playing = setInterval(tick, 600);
    tick();
  }
  function stop() { clearInterval(playing); playing = null; $("play").textContent = "Play"; }

  // ---- saving, and the link to a view ----------------------------------------------------------------------------
  $("svg").addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([Export.svg(picture, DATA)], {type: "image/svg+xml"}));
    Export.save("lineage.svg", url);
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
  $("png").addEventListener("click", () => Export.save("lineage.png", cy.png({full: true, scale: 2, bg: Picture.css("--paper"), maxWidth: 8000, maxHeight: 8000})));
  $("link").addEventListener("click", () => { remember(); copy(location.href.split("#")[0] + fragment(picture.where())); });
  for (const id of ["svg", "png", "link"]) $(id).addEventListener("click", () => { $("save").open = false; });

  function fragment(at) {
    const first = model.start(), changed = at ? {at} : {};
    const opened = [...first.folded].filter((id) => !state.folded.has(id)), closed = [...state.folded].filter((id) => !first.folded.has(id));
    if (opened.length) changed.opened = opened.length === first.folded.size && !closed.length ? "all" : opened;
    if (closed.length) changed.closed = closed;
    for (const name of ["account", "confidence", "failed", "cross", "beside", "until", "picked"]) if (state[name] !== first[name]) changed[name] = state[name];
    if (state.ends.length) changed.ends = state.ends;
    if (state.pair) changed.pair = state.pair;
    if (state.lead) changed.lead = state.lead;
    return Object.keys(changed).length ? `#${encodeURIComponent(JSON.stringify(changed))}` : "";
  }
  let told = "", place = null;  // the zoom, and the middle of the screen, that a link says
  function remember() {
    const now = fragment();
    if (now === told) return;
    told = now;
    try { history.replaceState(null, "", now || location.pathname + location.search); } catch { /* too often, or not allowed there */ }
  }
  function recall() {
    let said;
    try { said = JSON.parse(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!said || typeof said !== "object") return;
    const ids = (list) => (Array.isArray(list) ? list.filter((id) => typeof id === "string" && model.look(id)) : []);
    state = model.start();
    for (const id of said.opened === "all" ? [...state.folded] : ids(said.opened)) state.folded.delete(id);
    for (const id of ids(said.closed)) if (model.boxes.has(id)) state.folded.add(id);
    for (const name of ["failed", "cross", "beside"]) if (typeof said[name] === "boolean") state[name] = said[name];
    if (Model.CLASSES.includes(said.confidence)) state.confidence = said.confidence;
    if ([...$("account").options].some((option) => option.value === said.account)) state.account = said.account;
    if (times.includes(said.until)) state.until = said.until;
    if (typeof said.picked === "string") state.picked = said.picked;
    state.ends = ids(said.ends).slice(0, 2);
    state.lead = ids([said.lead])[0] || null;
    if (DATA.matrix && ids(said.pair).length === 2) state.pair = ids(said.pair);
    place = Array.isArray(said.at) && said.at.length === 3 && said.at.every(Number.isFinite) ? said.at : null;
    told = location.hash;
  }
  addEventListener("hashchange", () => { if (location.hash !== told) { recall(); controls(); opened(); pick(state.picked, !place); } });

  // ---- the side, light and dark ----------------------------------------------------------------------------------
  const tabs = ["details", "rows", "legend"];
  function tab(name) {
    for (const other of tabs) {
      $(other).hidden = other !== name;
      $(`tab-${other}`).setAttribute("aria-selected", String(other === name));
      $(`tab-${other}`).tabIndex = other === name ? 0 : -1;
    }
    if (name === "rows") { Panels.table({model, seen, state}); Panels.markRows(seen, state.picked, true); }
  }
  for (const [place, name] of tabs.entries()) {
    $(`tab-${name}`).addEventListener("click", () => tab(name));
    $(`tab-${name}`).addEventListener("keydown", (e) => {
      const turn = {ArrowRight: 1, ArrowLeft: -1}[e.key];
      if (turn) { const other = tabs[(place + turn + tabs.length) % tabs.length]; tab(other); $(`tab-${other}`).focus(); e.stopPropagation(); }
    });
  }
  function side() {
    $("side").hidden = !$("side").hidden;
    $("panel").setAttribute("aria-expanded", String(!$("side").hidden));
  }
  function theme() {
    root.dataset.theme = Picture.dark() ? "light" : "dark";
    picture.restyle();
    Panels.legend($("legend"), DATA);
  }

  // ---- live, and the beginning -----------------------------------------------------------------------------------
  // Takes more into the model, and draws it.
  function grow(more, anchor) {
    model.take(more);
    for (const box of more.folded) state.folded.add(box);
    accounts();
    moments();
    controls();
    draw({anchor});
  }
  const LIVE = window.lineageLive ? window.lineageLive({model, grow, pick, say, many, element, button}) : null;
  $("title").textContent = DATA.title;
  $("about").textContent = DATA.about || "";
  document.title = DATA.title;
  accounts();
  moments();
  recall();
  controls();
  Panels.legend($("legend"), DATA);
  opened();
  if (state.picked) pick(state.picked);
  window.lineagePage = {visible: () => ({nodes: [...seen.entries.keys()], edges: [...seen.ways.keys()]}), state: () => state, cy: () => cy, model, draw};
})();
