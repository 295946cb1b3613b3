// The drawing: what is shown, as the drawing library takes it, and how it looks.
"use strict";
const Picture = (() => {
  const root = document.documentElement;
  const dark = () => root.dataset.theme === "dark";
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pattern = (dashes) => dashes.split(" ").map(Number);
  const MANY = 1500, MARGIN = 16;
  const READABLE = Lettering.READABLE / Lettering.FONT, NEAREST = 1.25;  // the zooms that a page opens with, least and most

  const ring = (mark) => (dark() ? mark[1] : mark[0]);

  function styles({looks, dashes, marks, pale}, many) {
    const ink = css("--ink"), paper = css("--paper"), lit = css("--lit"), failed = css("--failed"), quiet = css("--quiet");
    const rules = [
      {selector: "node", style: {
        label: "data(caption)", "text-wrap": "wrap", "text-max-width": 400, "text-valign": "bottom", "text-margin-y": 4,
        "font-family": "system-ui, sans-serif", "font-size": Lettering.FONT, "line-height": 1.15, color: ink, "text-outline-color": paper,
        "text-outline-width": many ? 0 : 2, "min-zoomed-font-size": 7, width: 34, height: 26, "border-width": 2,
        "background-opacity": 0.18, "z-index": 2, "z-index-compare": "manual"}},
      {selector: "edge", style: {
        "z-index": 1, "z-index-compare": "manual", ...(many ? {"curve-style": "haystack"} : {"curve-style": "unbundled-bezier", "control-point-distances": "data(bend)",
          "control-point-weights": 0.5, "edge-distances": "node-position"}), "target-arrow-shape": "triangle",
        width: 1.6, "line-color": quiet, "target-arrow-color": quiet, "arrow-scale": 0.9, label: "data(caption)", "text-wrap": "wrap",
        "text-max-width": 400, "text-margin-x": "data(aside)", "text-margin-y": "data(below)",
        "font-family": "system-ui, sans-serif", "font-size": Lettering.FONT, "line-height": 1.15, color: quiet, "text-background-color": paper,
        "text-background-opacity": 0.9, "text-background-padding": 1, "text-background-shape": "round-rectangle",
        "min-zoomed-font-size": 8}},
      {selector: "edge.likely", style: {"line-style": "dashed", "line-dash-pattern": pattern(dashes.likely)}},
      {selector: "edge.guess", style: {"line-style": "dashed", "line-dash-pattern": pattern(dashes.guess)}},
      {selector: "edge.beside", style: {"line-style": "dashed", "line-dash-pattern": pattern(dashes.beside), "target-arrow-shape": "vee"}},
      {selector: "edge.failed", style: {"line-color": failed, "target-arrow-color": failed, "target-arrow-shape": "tee", color: failed}},
      {selector: "edge.lit", style: {"line-color": lit, "target-arrow-color": lit, color: lit, width: 3, "z-index": 9, "min-zoomed-font-size": 6}},
      ...["yes", "unknown"].map((state) => ({selector: `node.works-${state}`, style: {"outline-width": 2, "outline-offset": 4,
        "outline-color": ring(marks[state]), "outline-style": marks[state][2] ? "dashed" : "solid"}})),
      {selector: "node.works-no", style: {"border-opacity": pale, "background-opacity": 0.05}},
      {selector: "node.lit", style: {"border-width": 4, "z-index": 10, "min-zoomed-font-size": 4}},
      {selector: ".dim", style: {opacity: 0.2}},
      {selector: "node.end", style: {"border-style": "dotted", "border-width": 6}},
      {selector: "edge.picked", style: {label: "data(words)", "z-index": 11}},
      {selector: ".picked", style: {"underlay-color": css("--accent"), "underlay-opacity": 0.35, "underlay-padding": 7}},
      {selector: "node.frame", style: {
        shape: "rectangle", "background-color": css("--frame"), "background-opacity": 1, "border-color": css("--frame-line"),
        "border-width": 1, width: "data(w)", height: "data(h)", "text-valign": "top", "text-halign": "center", "text-margin-y": "data(down)",
        "font-size": Lettering.FRAME_FONT, color: quiet, "text-outline-width": 0, events: "no", "z-index": 0, "min-zoomed-font-size": 4}},
    ];
    const kinds = Object.entries(looks).map(([kind, look]) => {
      const colour = dark() ? look.dark : look.light;
      return {selector: `node.k-${kind}`, style: {shape: look.form, "background-color": colour, "border-color": colour}};
    });
    const folded = {selector: "node.folded", style: {"border-style": "double", "border-width": 5}};
    rules.splice(1, 0, ...kinds, folded);
    return rules;
  }

  // Words that tell how a way is drawn; the same in the page, in the file that is saved and in the legend.
  function wayClasses(way) {
    const one = way.members[0], sure = Model.CLASSES.indexOf(Model.weakest(way.members)), classes = [];
    if (one.beside) classes.push("beside");
    else if (sure > Model.LIKELY) classes.push("guess");
    else if (sure === Model.LIKELY) classes.push("likely");
    if (one.failed) classes.push("failed");
    return classes;
  }

  function elements(model, seen, stands, state, titleOf) {
    const made = [], path = Model.marked(seen, state);
    for (const [account, [left, top, right, bottom]] of stands.frames) {
      const lines = titleOf(account, right - left);
      made.push({group: "nodes", data: {id: `frame ${account}`, caption: lines.join("\n"), w: right - left, h: bottom - top, down: 4 + Lettering.FRAME_LINE * lines.length},
        position: {x: (left + right) / 2, y: (top + bottom) / 2}, classes: "frame", selectable: false, grabbable: false, pannable: true});
    }
    for (const entry of seen.entries.values()) {
      const classes = [`k-${entry.kind}`];
      if (entry.folded) classes.push("folded");
      if (Model.works(entry)) classes.push(`works-${Model.works(entry)}`);
      if (path ? path.nodes.has(entry.id) : model.isLit(entry)) classes.push("lit"); else if (path) classes.push("dim");
      if (state.ends.includes(entry.id) || state.lead === entry.id) classes.push("end");
      if (entry.id === state.picked) classes.push("picked");
      const at = stands.at.get(entry.id);
      made.push({group: "nodes", data: {id: entry.id, caption: Model.caption(entry)}, position: {x: at.x, y: at.y}, classes: classes.join(" ")});
    }
    const bends = Layout.bends([...seen.ways.values()].map((way) => [way.source, way.target]), stands.at);
    const written = words(seen, stands, bends, titleOf);
    let number = 0;
    for (const way of seen.ways.values()) {
      const classes = wayClasses(way);
      if (path ? path.ways.has(way.id) : way.members.some((link) => link.lit)) classes.push("lit"); else if (path) classes.push("dim");
      if (way.id === state.picked) classes.push("picked");
      made.push({group: "edges", data: {id: way.id, source: way.source, target: way.target, words: Lettering.wrapped(Model.words(way), Lettering.WAY_WIDTH).join("\n"), ...written[number], bend: bends[number++]}, classes: classes.join(" ")});
    }
    return made;
  }

  // Where the words of the ways are, as lineage/draw/svg.py puts them: what was asked about first, and none where there is
  // no room, for they would cover something. A tip has them, and a way that is picked. `place` is their middle, and `aside`
  // and `below` how far that is off the middle of the way as the library draws it, which `show` finds out.
  function words(seen, stands, bends, titleOf) {
    const ways = [...seen.ways.values()];
    if (stands.at.size > MANY) return ways.map((way) => ({caption: Model.words(way), aside: 0, below: 0}));
    const found = ways.map(() => ({caption: "", aside: 0, below: 0}));
    const lines = ways.map((way, number) => Lettering.line(stands.at.get(way.source), stands.at.get(way.target), bends[number]));
    places(seen, stands, lines, titleOf).forEach((place, number) => {
      if (!place) return;
      found[number] = {caption: place.lines.join("\n"), aside: 0, below: 0, place: Lettering.at(lines[number], place.along)};
    });
    return found;
  }

  function places(seen, stands, lines, titleOf) {
    const ways = [...seen.ways.values()], lit = ways.map((way) => way.members.some((link) => link.lit));
    const taken = [...seen.entries.values()].flatMap((entry) => { const {x, y} = stands.at.get(entry.id); return Lettering.nodeRooms(x, y, Model.caption(entry).split("\n")); });
    for (const [account, frame] of stands.frames) taken.push(Lettering.titleRoom(frame, titleOf(account, frame[2] - frame[0])));
    const order = ways.map((_, number) => number).sort((a, b) => lit[b] - lit[a]), found = [];
    Lettering.places(order.map((one) => lines[one]), order.map((one) => Model.words(ways[one])), taken)
      .forEach((place, number) => { found[order[number]] = place; });
    return found;
  }

  // The drawing in its container, which begins with so many nodes. `given` is how all looks, from Python, which draws
  // the same on paper.
  function make(container, given, first) {
    const cy = cytoscape({container, style: styles(given, first > MANY), layout: {name: "preset", fit: false}, minZoom: 0.02,
      maxZoom: 4, boxSelectionEnabled: false, autounselectify: true, autoungrabify: true});
    let stands = null, around = null, many = first > MANY;

    function show(made, placed) {
      const crowd = placed.at.size > MANY;
      cy.batch(() => { cy.elements().remove(); cy.add(made); });
      if (crowd !== many) { many = crowd; restyle(); }
      cy.batch(() => cy.edges().forEach((edge) => {
        const place = edge.data("place"), middle = place && edge.midpoint();
        if (middle) edge.data({aside: place.x - middle.x, below: place.y - middle.y});
      }));
      stands = placed;
      around = extent();
    }

    // The extent by what the layout says: asking the library for that of all labels takes a second of 5,000 nodes.
    function extent() {
      let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
      const {side, above, below} = Layout.SIZE;
      for (const {x, y} of stands.at.values()) {
        left = Math.min(left, x - side); right = Math.max(right, x + side);
        top = Math.min(top, y - above); bottom = Math.max(bottom, y + below);
      }
      return [left - MARGIN, right + MARGIN, top - MARGIN, bottom + MARGIN];
    }

    // Was all of it to be seen when somebody last moved it? Then it is fitted in again when its place changes.
    let whole = true;
    cy.on("pan zoom", () => {
      if (!stands || !stands.at.size) return;
      const [left, right, top, bottom] = around, seen = cy.extent(), slack = 20;
      whole = left > seen.x1 - slack && right < seen.x2 + slack && top > seen.y1 - slack && bottom < seen.y2 + slack;
    });
    new ResizeObserver(() => { cy.resize(); if (whole) fit(); }).observe(container);

    function fit() {
      if (!stands || !stands.at.size) return;
      cy.resize();
      const [left, right, top, bottom] = around, height = cy.height();
      const level = Math.max(0.02, Math.min(NEAREST, cy.width() / (right - left), height / (bottom - top)));
      cy.viewport({zoom: level, pan: {x: cy.width() / 2 - level * (left + right) / 2, y: height / 2 - level * (top + bottom) / 2}});
    }

    // All of it where that can be read; else so near that labels can be, at these nodes or where the chains begin.
    // Tells whether all is to be seen.
    function open(ids) {
      fit();
      if (!stands || cy.zoom() >= READABLE) return true;
      const [left, right, top, bottom] = around;
      // Where it is smaller than the screen it stands in the middle; else no side of the screen stays empty.
      const pan = (axis, low, high, size) => {
        const places = ids.map((id) => stands.at.get(id)[axis]).sort((a, b) => a - b), first = places[0], last = places[places.length - 1];
        // A chain that is longer than the screen is read from its beginning.
        const wanted = READABLE * (last - first) > size - 120 ? first : (first + last) / 2;
        if (READABLE * (high - low) < size) return size / 2 - READABLE * (low + high) / 2;
        return ids.length ? Math.max(size - READABLE * high, Math.min(-READABLE * low, size / 2 - READABLE * wanted)) : -READABLE * low;
      };
      cy.viewport({zoom: READABLE, pan: {x: pan("x", left, right, cy.width()), y: pan("y", top, bottom, cy.height())}});
      return false;
    }

    // Keeps a place of the drawing where it is on the screen, while everything around it moves.
    function hold(from, to) {
      const level = cy.zoom(), pan = cy.pan();
      cy.pan({x: pan.x + level * (from.x - to.x), y: pan.y + level * (from.y - to.y)});
    }

    function bring(id) {
      const found = cy.getElementById(id);
      if (!found.length) return;
      const box = found.renderedBoundingBox({includeLabels: false}), edge = 40;
      if (box.x1 > edge && box.y1 > edge && box.x2 < cy.width() - edge && box.y2 < cy.height() - edge) return;
      if (calm()) cy.center(found); else cy.animate({center: {eles: found}, duration: 180});
    }

    function pick(id) {
      cy.elements(".picked").removeClass("picked");
      if (id) cy.getElementById(id).addClass("picked");
    }

    // The zoom, and the place in the middle of the screen.
    const where = () => { const {x1, x2, y1, y2} = cy.extent(); return [cy.zoom(), (x1 + x2) / 2, (y1 + y2) / 2].map((n) => Math.round(n * 1000) / 1000); };
    const look = ([level, x, y]) => cy.viewport({zoom: level, pan: {x: cy.width() / 2 - level * x, y: cy.height() / 2 - level * y}});
    const zoom = (factor) => cy.zoom({level: cy.zoom() * factor, renderedPosition: {x: cy.width() / 2, y: cy.height() / 2}});
    const restyle = () => cy.style(styles(given, many));
    return {cy, show, fit, open, where, look, whole: () => whole, hold, bring, pick, zoom, restyle, at: (id) => stands && stands.at.get(id), stands: () => stands};
  }

  return {make, elements, places, wayClasses, css, dark, ring};
})();
