// A layered drawing from left to right, each account in a frame of its own, as lineage/draw/layout.py does it, for
// what is unfolded in the page: same steps, same numbers.
"use strict";
const Layout = (() => {
  const SIZE = {layer: 196, node: 78, side: 84, above: 54, below: 66, gap: 28};
  const SWEEPS = 6;
  const LOOSE = "\u0000";

  function acyclic(nodes, ways) {
    const out = new Map(nodes.map((node) => [node, []])), entered = new Set();
    for (const [source, target] of ways) { out.get(source).push(target); entered.add(target); }
    const kept = new Map(nodes.map((node) => [node, []])), open = new Map();
    for (const start of [...nodes.filter((node) => !entered.has(node)), ...nodes]) {
      if (open.has(start)) continue;
      open.set(start, true);
      const stack = [[start, 0]];
      while (stack.length) {
        const top = stack[stack.length - 1], targets = out.get(top[0]);
        if (top[1] >= targets.length) { open.set(top[0], false); stack.pop(); continue; }
        const target = targets[top[1]++];
        if (open.get(target)) continue;  // closes a cycle
        kept.get(top[0]).push(target);
        if (!open.has(target)) { open.set(target, true); stack.push([target, 0]); }
      }
    }
    return kept;
  }

  function layersOf(nodes, down) {
    const waiting = new Map(nodes.map((node) => [node, 0]));
    for (const targets of down.values()) for (const target of targets) waiting.set(target, waiting.get(target) + 1);
    const sources = nodes.filter((node) => !waiting.get(node));
    const layers = new Map(sources.map((node) => [node, 0])), ready = [...sources];
    while (ready.length) {
      const node = ready.pop();
      for (const target of down.get(node)) {
        layers.set(target, Math.max(layers.get(target) || 0, layers.get(node) + 1));
        waiting.set(target, waiting.get(target) - 1);
        if (!waiting.get(target)) ready.push(target);
      }
    }
    for (const node of sources) {
      const targets = down.get(node);
      if (targets.length) layers.set(node, least(targets.map((target) => layers.get(target))) - 1);
    }
    return layers;
  }

  // Math.min(...values) breaks down on very many values.
  const least = (values) => values.reduce((a, b) => (b < a ? b : a), Infinity);
  const most = (values) => values.reduce((a, b) => (b > a ? b : a), -Infinity);
  const layersIn = (columns, back) => [...columns.keys()].sort((a, b) => (back ? b - a : a - b));

  function mean(values, of, otherwise) {
    if (!of.length) return otherwise;
    let total = 0;
    for (const one of of) total += values.get(one);
    return total / of.length;
  }

  function ordered(nodes, down, up, layers, bands) {
    const cells = new Map();
    for (const node of nodes) {
      const band = bands.get(node), layer = layers.get(node);
      if (!cells.has(band)) cells.set(band, new Map());
      if (!cells.get(band).has(layer)) cells.get(band).set(layer, []);
      cells.get(band).get(layer).push(node);
    }
    const rank = new Map([...cells.keys()].map((band, place) => [band, place])), position = new Map();
    const number = (band, members) =>
      members.forEach((node, place) => position.set(node, rank.get(band) + (place + 0.5) / members.length));
    for (const [band, columns] of cells) for (const members of columns.values()) number(band, members);
    const across = new Map([...cells.values()].flatMap((columns) => [...columns]));
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const near = sweep % 2 ? down : up;
      for (const layer of layersIn(across, sweep % 2 === 1)) {
        for (const [band, columns] of cells) {
          const members = columns.get(layer) || [];
          if (members.length < 2) continue;
          const wish = new Map(members.map((node) => [node, mean(position, near.get(node) || [], position.get(node))]));
          members.sort((a, b) => wish.get(a) - wish.get(b));
          number(band, members);
        }
      }
    }
    return cells;
  }

  function heightsOf(cells, down, up, bands) {
    const heights = new Map();
    for (const columns of cells.values())
      for (const members of columns.values()) members.forEach((node, place) => heights.set(node, place * SIZE.node));
    for (let sweep = 0; sweep < 4; sweep++) {
      const near = sweep % 2 ? down : up;
      for (const [band, columns] of cells) {
        for (const layer of layersIn(columns, sweep % 2 === 1)) {
          const members = columns.get(layer);
          const wished = members.map((node) =>
            mean(heights, (near.get(node) || []).filter((other) => bands.get(other) === band), heights.get(node)));
          apart(wished, SIZE.node).forEach((height, place) => heights.set(members[place], height));
        }
      }
    }
    for (const columns of cells.values()) {
      const members = [...columns.values()].flat(), top = least(members.map((node) => heights.get(node)));
      for (const node of members) heights.set(node, heights.get(node) - top);
    }
    return heights;
  }

  function apart(wished, gap) {
    const blocks = [];
    wished.forEach((height, place) => {
      blocks.push([height - place * gap, 1]);
      while (blocks.length > 1) {
        const last = blocks[blocks.length - 1], before = blocks[blocks.length - 2];
        if (before[0] / before[1] < last[0] / last[1]) break;
        blocks.pop();
        before[0] += last[0];
        before[1] += last[1];
      }
    });
    const heights = [];
    for (const [total, count] of blocks) {
      const begin = heights.length;
      for (let place = 0; place < count; place++) heights.push(total / count + (begin + place) * gap);
    }
    return heights;
  }

  function nearest(wish, taken) {
    let low = wish, high = wish;
    for (const [begin, end] of [...taken].sort((a, b) => a[0] - b[0] || a[1] - b[1])) if (begin < high && high < end) high = end;
    for (const [begin, end] of [...taken].sort((a, b) => b[1] - a[1])) if (begin < low && low < end) low = begin;
    return 2 * (wish - low) < high - wish ? low : high;
  }

  // Where the nodes stand; `accountOf` tells the account of a node, "" of none.
  function place(nodes, edges, accountOf) {
    const known = new Set(nodes), seen = new Set(), ways = [];
    for (const [source, target] of edges) {
      const key = `${source}\u0001${target}`;
      if (!known.has(source) || !known.has(target) || source === target || seen.has(key)) continue;
      seen.add(key);
      ways.push([source, target]);
    }
    const down = acyclic(nodes, ways), layers = layersOf(nodes, down), up = new Map();
    for (const [source, targets] of down)
      for (const target of targets) { if (!up.has(target)) up.set(target, []); up.get(target).push(source); }
    const bands = new Map(nodes.map((node) => [node, accountOf(node) || LOOSE + layers.get(node)]));
    const cells = ordered(nodes, down, up, layers, bands), heights = heightsOf(cells, down, up, bands);
    const across = new Map([...cells.keys()].map((band) => [band, []]));
    for (const [source, target] of ways) {
      if (bands.get(source) === bands.get(target)) continue;
      across.get(bands.get(source)).push([source, target]);
      across.get(bands.get(target)).push([target, source]);
    }
    const leftmost = nodes.length ? least([...layers.values()]) : 0, y = new Map(), boxes = new Map();
    const first = new Map([...cells].map(([band, columns]) => [band, least([...columns.keys()])]));
    for (const band of [...cells.keys()].sort((a, b) => first.get(a) - first.get(b))) {
      const columns = cells.get(band), members = [...columns.values()].flat();
      const left = (first.get(band) - leftmost) * SIZE.layer - SIZE.side;
      const right = (most([...columns.keys()]) - leftmost) * SIZE.layer + SIZE.side;
      const depth = most(members.map((node) => heights.get(node)));
      let wish = 0, count = 0;
      for (const [own, other] of across.get(band)) if (y.has(other)) { wish += y.get(other) - heights.get(own); count++; }
      const taken = [...boxes.values()].filter((box) => box[0] < right && left < box[2])
        .map((box) => [box[1] - SIZE.gap - SIZE.below - depth, box[3] + SIZE.gap + SIZE.above]);
      const start = nearest(count ? wish / count : 0, taken);
      for (const node of members) y.set(node, start + heights.get(node));
      boxes.set(band, [left, start - SIZE.above, right, start + depth + SIZE.below]);
    }
    const top = nodes.length ? least([...y.values()]) : 0, at = new Map(), frames = new Map();
    for (const node of nodes) at.set(node, {x: (layers.get(node) - leftmost) * SIZE.layer, y: y.get(node) - top});
    for (const [band, [l, t, r, b]] of boxes) if (!band.startsWith(LOOSE)) frames.set(band, [l, t - top, r, b - top]);
    return {at, frames, layers};
  }

  // As in lineage/draw/layout.py: how far the control point of each link lies off the middle of its ends.
  const APART = 44, TRIED = [0, -25, 25, -50, 50, -70, 70, -100, 100, -140, 140, -190, 190, -240, 240],
    ABOVE = 20, BELOW = 58, BODY = 17, MOST = 1500;

  function bends(ways, at) {
    if (at.size > MOST) return ways.map(() => 0);
    const columns = new Map(), alike = new Map(), found = ways.map(() => 0);
    for (const {x, y} of at.values()) { if (!columns.has(x)) columns.set(x, []); columns.get(x).push(y); }
    ways.forEach(([source, target], number) => {
      const [first, second] = before(source, target) ? [source, target] : [target, source], key = `${first}\u0001${second}`;
      if (!alike.has(key)) alike.set(key, {first, numbers: []});
      alike.get(key).numbers.push(number);
    });
    for (const {first, numbers} of alike.values()) {
      numbers.forEach((number, place) => {
        const [source, target] = ways[number], start = at.get(source), end = at.get(target);
        const base = (place - (numbers.length - 1) / 2) * APART * (source === first ? 1 : -1);
        const low = Math.min(start.x, end.x), high = Math.max(start.x, end.x);
        const between = [...columns].filter(([x]) => low < x && x < high);
        let best = 0, fewest = Infinity;
        for (const way of TRIED) {
          const count = met(start, end, base + way, between);
          if (count < fewest) { fewest = count; best = way; }
        }
        found[number] = base + best;
      });
    }
    return found;
  }

  // In the order of code points, as Python compares texts.
  function before(a, b) {
    const one = [...a], other = [...b];
    for (let i = 0; i < one.length && i < other.length; i++) if (one[i] !== other[i]) return one[i].codePointAt(0) < other[i].codePointAt(0);
    return one.length <= other.length;
  }

  function met(start, end, bend, between) {
    const dx = end.x - start.x, dy = end.y - start.y, length = Math.sqrt(dx * dx + dy * dy) || 1;
    const control = (start.y + end.y) / 2 + bend * dx / length, aside = bend * dy / length;
    let count = 0;
    for (const [x, ys] of between) {
      const along = alongTo(start.x - x, dx - 2 * aside, 2 * aside);
      const y = (1 - along) * (1 - along) * start.y + 2 * along * (1 - along) * control + along * along * end.y;
      for (const one of ys) if (-ABOVE < y - one && y - one < BELOW) count += -BODY < y - one && y - one < BODY ? 3 : 1;
    }
    return count;
  }

  // How far along a curve, from 0 to 1, it reaches a column: where a * t * t + b * t + c is 0.
  function alongTo(c, b, a) {
    const root = Math.sqrt(Math.max(0, b * b - 4 * a * c)), below = b >= 0 ? -b - root : -b + root;
    return below ? Math.min(1, Math.max(0, 2 * c / below)) : 0.5;
  }

  return {place, bends, SIZE};
})();
if (typeof module !== "undefined") module.exports = Layout;
