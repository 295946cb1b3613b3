// What is written in a drawing, as lineage/draw/lettering.py has it: same steps, same numbers.
"use strict";
const Lettering = (() => {
  const FONT = 12, FRAME_FONT = 13, READABLE = 11, LINE = 14, FRAME_LINE = 16;
  const WIDTH = 34, HEIGHT = 26, WAY_WIDTH = 19, FRAME_WIDTH = 21;
  const NARROW = /[ijltfrI.,:;'|!()[\] /-]/gu, BROAD = /[mwMWQO@%\u00d7\u2026\u2e80-\u{10ffff}]/gu;
  const SIGNS = [/:/gu, /[/@ ]/gu, /[_.-]/gu, /[a-z0-9](?=[A-Z])/gu];
  const length = (text) => [...text].length;

  function wrapped(text, width) {
    const letters = [...text], long = letters.length;
    if (long <= width) return [text];
    for (const signs of SIGNS) {
      const ends = [...text.matchAll(signs)].map((found) => length(text.slice(0, found.index + found[0].length))).filter((end) => long - width <= end && end <= width);
      if (!ends.length) continue;
      const end = ends.reduce((best, one) => (Math.abs(2 * one - long) < Math.abs(2 * best - long) ? one : best));
      return [letters.slice(0, end).join("").replace(/ +$/, ""), letters.slice(end).join("").replace(/^ +/, "")];
    }
    return [cut(text, width)];
  }

  function cut(text, width) {
    const letters = [...text], half = Math.floor((width - 1) / 2);
    if (letters.length <= width) return text;
    return `${letters.slice(0, half).join("").replace(/ +$/, "")}\u2026${letters.slice(-half).join("").replace(/^ +/, "")}`;
  }

  function title(name, account, wide) {
    const both = `${name}  ${account}`;
    if (!name) return [account];
    return measured(both, FRAME_FONT) <= wide - 8 ? [both] : [cut(name, FRAME_WIDTH), account];
  }

  function measured(text, size = FONT) {
    const narrow = (text.match(NARROW) || []).length, broad = (text.match(BROAD) || []).length;
    return ((length(text) - narrow - broad) * 7.7 + narrow * 4.7 + broad * 11) * size / FONT;
  }

  function room(lines, x, top, size = FONT, line = LINE) {
    const half = lines.reduce((most, one) => Math.max(most, measured(one, size)), 0) / 2 + 2;
    return [x - half, top, x + half, top + lines.length * line + 2];
  }

  const nodeRooms = (x, y, lines) => [[x - WIDTH / 2 - 3, y - HEIGHT / 2 - 3, x + WIDTH / 2 + 3, y + HEIGHT / 2 + 3], room(lines, x, y + HEIGHT / 2 + 3)];
  const titleRoom = (frame, lines) => room(lines, (frame[0] + frame[2]) / 2, frame[1] + 3, FRAME_FONT, FRAME_LINE);

  // Where a line from the middle of a node leaves it.
  function border(middle, towards) {
    const dx = towards.x - middle.x, dy = towards.y - middle.y, far = Math.hypot(dx / (WIDTH / 2 + 2), dy / (HEIGHT / 2 + 2)) || 1;
    return {x: middle.x + dx / far, y: middle.y + dy / far};
  }

  // Where a link runs: a curve with one control point.
  function line(from, to, bend) {
    const long = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const control = {x: (from.x + to.x) / 2 - bend * (to.y - from.y) / long, y: (from.y + to.y) / 2 + bend * (to.x - from.x) / long};
    return {start: border(from, control), control, end: border(to, control)};
  }

  function at({start, control, end}, along) {
    const a = (1 - along) * (1 - along), b = 2 * along * (1 - along), c = along * along;
    return {x: a * start.x + b * control.x + c * end.x, y: a * start.y + b * control.y + c * end.y};
  }

  const TRIED = [0.5, 0.55, 0.45, 0.6, 0.4, 0.65, 0.35, 0.7, 0.3, 0.75, 0.25], CELL = 64, STEP = 10, SPARE = 3, LEAST = 6;

  function forms(words) {
    const usual = wrapped(words, WAY_WIDTH), narrow = wrapped(words, Math.max(Math.floor(length(words) / 2) + 2, LEAST));
    return usual.length < narrow.length ? [usual, narrow] : [usual];
  }

  // Where the words of each line are (`along` it, and by `lines`); null where there is no room.
  function places(lines, words, taken) {
    const rooms = cells(), points = cells();
    for (const one of taken) rooms.take(one, -1);
    lines.forEach((line, number) => {
      const far = Math.abs(line.end.x - line.start.x) + Math.abs(line.end.y - line.start.y), steps = Math.max(8, Math.ceil(far / STEP));
      for (let step = 1; step < steps; step++) { const {x, y} = at(line, step / steps); points.take([x, y, x, y], number); }
    });
    return lines.map((line, number) => {
      const found = place(line, words[number], number, rooms, points);
      if (found) rooms.take(found.wanted, -1);
      return found;
    });
  }

  function place(line, words, number, rooms, points) {
    let best = null;
    for (const form of forms(words)) for (const along of TRIED) {
      const {x, y} = at(line, along), [left, top, right, bottom] = room(form, x, y - form.length * LINE / 2 - 1);
      const wanted = [left - SPARE, top, right + SPARE, bottom];
      if (!rooms.free(wanted, -2)) continue;
      if (points.free(wanted, number)) return {along, lines: form, wanted};
      best = best || {along, lines: form, wanted};
    }
    return best;
  }

  // Rooms by where they are, each of an owner or of none.
  function cells() {
    const held = new Map();
    function around(one) {
      const found = [];
      for (let column = Math.floor(one[0] / CELL); column <= Math.floor(one[2] / CELL); column++)
        for (let row = Math.floor(one[1] / CELL); row <= Math.floor(one[3] / CELL); row++) found.push(`${column} ${row}`);
      return found;
    }
    return {
      take: (one, owner) => around(one).forEach((cell) => { if (!held.has(cell)) held.set(cell, []); held.get(cell).push([one, owner]); }),
      free: (one, owner) => !around(one).some((cell) => (held.get(cell) || []).some(([other, of]) =>
        of !== owner && other[0] < one[2] && one[0] < other[2] && other[1] < one[3] && one[1] < other[3])),
    };
  }

  return {wrapped, cut, title, nodeRooms, titleRoom, line, at, places, FONT, FRAME_FONT, FRAME_LINE, READABLE, LINE, WAY_WIDTH};
})();
if (typeof module !== "undefined") module.exports = Lettering;
