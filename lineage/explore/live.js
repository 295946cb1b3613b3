// Live questions to the store behind the page: only where `lineage explore` serves it. Everything comes from this very
// address; what is not found or cannot be asked is told in one line.
"use strict";
window.lineageLive = ({model, draw, pick, say, element, button}) => {
  const QUESTIONS = {who: 1, trace: 1, role: 1, blast: 1, denied: 0, chains: 0, "cross_account": 0, path: 2};
  const given = new URLSearchParams(location.search);
  const form = element("form", null, {id: "live"});
  const question = element("select", null, {id: "question", "aria-label": "Question"});
  for (const name of Object.keys(QUESTIONS)) question.append(element("option", name, {value: name}));
  const asked = element("input", null, {id: "ask", type: "search", size: "44", "aria-label": "Ask",
    placeholder: "event ID, key, session or ARN; two for path", autocomplete: "off", spellcheck: "false"});
  const told = element("span", null, {id: "told", role: "alert"});
  form.append(question, asked, element("button", "Ask"), told);
  document.getElementById("tools").prepend(form);
  if (given.get("question") in QUESTIONS) question.value = given.get("question");
  asked.value = given.get("ask") || "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = `./?${new URLSearchParams({question: question.value, ask: asked.value.trim()})}`;
  });

  async function fetched(node) {
    say("Asking\u2026");
    try {
      const answer = await (await fetch(`near?${new URLSearchParams({node})}`)).json();
      told.textContent = answer.error || "";
      return answer.error ? null : answer;
    } catch {
      told.textContent = "no answer: is lineage explore still running?";
      return null;
    }
  }

  // Links of another answer have numbers of their own: they are known by what they say.
  const name = (link) => [link.source, link.target, link.type, Boolean(link.failed)].join("\u0001");
  async function grow(id) {
    const answer = await fetched(id);
    if (!answer) return;
    const there = new Set([...model.links.values()].map(name));
    const links = answer.links.filter((link) => !there.has(name(link))).map((link) => ({...link, id: `live ${name(link)} ${link.label}`}));
    const before = model.nodes.size;
    model.take({...answer, boxes: [], links, nodes: answer.nodes.filter((node) => !model.nodes.has(node.id)).map((node) => ({...node, box: undefined, lit: false}))});
    draw({anchor: id});
    pick(id);
    say(`${model.nodes.size - before} more nodes, ${links.length} more links`);
  }

  return {panel: (id) => {
    const made = element("p");
    if (/^(Session|Credential|Principal|Resource) /.test(id)) made.append(button("Load what hangs on it", () => grow(id)));
    return made;
  }};
};
