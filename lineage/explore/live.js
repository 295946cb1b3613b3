// Live questions to the store behind the page: only where `lineage explore` serves it. Everything comes from this very
// address; what is not found or cannot be asked is told in one line.
"use strict";
window.lineageLive = ({model, grown, pick, say, many, element, button}) => {
  const told = document.getElementById("told");

  async function fetched(node) {
    say("Asking\u2026");
    try {
      const response = await fetch(`near?${new URLSearchParams({node})}`);
      const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
      const answer = isJson ? await response.json() : {error: `${response.status} ${await response.text()}`};
      told.textContent = answer.error || "";
      return answer.error ? null : {nodes: [], links: [], ...answer};
    } catch {
      told.textContent = "no answer: is lineage explore still running?";
      return null;
    }
  }

  // Links of another answer have numbers of their own: they are known by what they say. Changes are of many kinds;
  // anything else there is but once between two, whatever it is called.
  const name = (link) => [link.source, link.target, link.type, Boolean(link.failed), link.type === "CHANGED" ? link.label : ""].join("\u0001");
  async function grow(id) {
    const answer = await fetched(id);
    if (!answer) return;
    const there = new Set([...model.links.values()].map(name));
    const links = answer.links.filter((link) => !there.has(name(link))).map((link) => ({...link, id: `live ${name(link)}`}));
    const before = model.nodes.size;
    model.take({...answer, boxes: [], links, nodes: answer.nodes.filter((node) => !model.nodes.has(node.id)).map((node) => ({...node, box: undefined, lit: false}))});
    grown(id);
    pick(id);
    const more = model.nodes.size - before;
    say(more || links.length ? `${many(more, "more node")}, ${many(links.length, "more link")}` : "Nothing more hangs on it");
  }

  return {panel: (id) => {
    const made = element("p");
    if (/^(Session|Credential|Principal|Resource) /.test(id)) made.append(button("Load what hangs on it", () => grow(id)));
    return made;
  }};
};
