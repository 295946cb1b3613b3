// The parts of the start page, one after the other: some read the whole store. Their HTML comes from this address.
"use strict";
(async () => {
  const rules = document.getElementById("rules"), state = document.getElementById("looked");
  const about = new URLSearchParams(location.search);
  const kept = {};
  for (const name of ["from", "to"]) if (about.get(name)) kept[name] = about.get(name);
  const fetched = async (name) => {
    try {
      const response = await fetch(`part?${new URLSearchParams({name, ...kept})}`);
      return response.ok ? await response.text() : "<p role=\"alert\">no answer to this</p>";
    } catch { return "<p role=\"alert\">no answer: is lineage explore still running?</p>"; }
  };
  for (const section of document.querySelectorAll("[data-part]")) section.querySelector(".part").innerHTML = await fetched(section.dataset.part);
  const names = rules.dataset.rules.split(" ");
  for (const [place, name] of names.entries()) {
    state.textContent = `Rule ${place + 1} of ${names.length}: ${name}\u2026`;
    rules.insertAdjacentHTML("beforeend", await fetched(name));
  }
  state.textContent = rules.children.length ? "" : `None of ${names.length} rules finds anything.`;
  document.body.dataset.done = "yes";
})();
