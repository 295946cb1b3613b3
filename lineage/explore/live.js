// Live questions to the store, on pages that `lineage explore` serves. Everything comes from this address; an error is
// one line.
"use strict";
window.lineageLive = ({model, grow, pick, say, many, element, button}) => {
  const told = document.getElementById("told");

  async function fetched(node) {
    say("Asking\u2026");
    try {
      const response = await fetch(`near?${new URLSearchParams({node})}`);
      const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
      const answer = isJson ? await response.json() : {error: `${response.status} ${await response.text()}`};
      told.textContent = answer.error || "";
      return answer.error ? null : {nodes: [], links: [], boxes: [], folded: [], ...answer};
    } catch {
      told.textContent = "no answer: is lineage explore still running?";
      return null;
    }
  }

  // Links of another answer have other numbers: they are compared by their content. There may be several changes between
  // two nodes, and one link of every other type.
  const name = (link) => [link.source, link.target, link.type, Boolean(link.failed), link.type === "CHANGED" ? link.label : ""].join("\u0001");
  // Boxes of another answer have other numbers too, except accounts. A box with several new nodes is folded.
  const own = (id, box) => (box && !box.startsWith("account ") ? `live ${id} ${box}` : box);
  function added(id, answer) {
    const there = new Set([...model.links.values()].map(name)), boxes = new Map(answer.boxes.map((box) => [box.id, box]));
    const nodes = answer.nodes.filter((node) => !model.nodes.has(node.id)), held = new Map();
    for (const node of nodes) for (let box = node.box; box; box = boxes.get(box).box) held.set(box, (held.get(box) || 0) + 1);
    return {
      nodes: nodes.map((node) => ({...node, box: own(id, node.box), lit: false})),
      links: answer.links.filter((link) => !there.has(name(link))).map((link) => ({...link, id: `live ${name(link)}`})),
      boxes: answer.boxes.map((box) => ({...box, id: own(id, box.id), box: own(id, box.box)})),
      folded: answer.folded.filter((box) => held.get(box) > 1).map((box) => own(id, box)),
    };
  }

  async function load(id) {
    const answer = await fetched(id);
    if (!answer) return;
    const more = added(id, answer);
    grow(more, id);
    pick(id);
    const told = `${many(more.nodes.length, "more node")}, ${many(more.links.length, "more link")}`;
    say(more.nodes.length || more.links.length ? told : "No more neighbours");
  }

  // What the whole store has of that name or ID, below the search: each with the question to ask of it, in the time range.
  const search = document.getElementById("search"), list = element("div", null, {id: "everywhere", role: "group", "aria-label": "In the whole store"});
  const kept = {};
  for (const name of ["from", "to"]) { const field = document.querySelector(`#live input[name="${name}"]`); if (field && field.value) kept[name] = field.value; }
  let wanted = "", waiting = null;
  list.hidden = true;
  document.body.append(list);

  function find(text) {
    wanted = text;
    clearTimeout(waiting);
    if (text.length < 3) { list.hidden = true; return; }
    waiting = setTimeout(async () => {
      let found;
      try { found = await (await fetch(`find?${new URLSearchParams({text})}`)).json(); } catch { return; }
      if (text === wanted && Array.isArray(found) && document.activeElement === search) show(found);  // whoever left the field has gone on
    }, 300);
  }

  function show(found) {
    const at = search.getBoundingClientRect();
    list.style.left = `${at.left}px`;
    list.style.top = `${at.bottom + 4}px`;
    list.replaceChildren(element("p", found.length ? "In the whole store" : "Nothing in the whole store", {class: "quiet"}));
    for (const one of found) {
      const link = element("a", one.name, {href: `./?${new URLSearchParams({question: one.question, ask: one.ask, ...kept})}`});
      link.append(element("span", `  ${[one.kind, one.account].filter(Boolean).join(", ")}`, {class: "quiet"}));
      list.append(link);
    }
    list.hidden = false;
  }

  search.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown" && !list.hidden) { list.querySelector("a")?.focus(); e.preventDefault(); }
    if (e.key === "Escape") list.hidden = true;
  });
  list.addEventListener("keydown", (e) => {
    e.stopPropagation();
    const step = {ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling"}[e.key], next = step && document.activeElement[step];
    if (step) { (next && next.tagName === "A" ? next : e.key === "ArrowUp" ? search : document.activeElement).focus(); e.preventDefault(); }
    if (e.key === "Escape") { list.hidden = true; search.focus(); }
  });
  document.addEventListener("click", (e) => { if (!list.contains(e.target) && e.target !== search) list.hidden = true; });

  return {find, panel: (id) => {
    const made = element("p");
    if (/^(Session|Credential|Principal|Resource) /.test(id)) made.append(button("Load neighbours", () => load(id)));
    return made;
  }};
};
