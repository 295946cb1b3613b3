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

  return {panel: (id) => {
    const made = element("p");
    if (/^(Session|Credential|Principal|Resource) /.test(id)) made.append(button("Load neighbours", () => load(id)));
    return made;
  }};
};
