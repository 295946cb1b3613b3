// What is seen, as a file: SVG drawn from the same forms, and the PNG of the drawing library.
"use strict";
const Export = (() => {
  const NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"};
  // XML knows no control characters at all, not even escaped ones.
  const escaped = (text) => String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd").replace(/[&<>"']/g, (one) => NAMED[one]);

  function svg(picture, {looks, dashes, marks, pale, title}) {
    const {cy} = picture, css = Picture.css, seen = cy.elements().boundingBox(), parts = [];
    const box = [seen.x1 - 20, seen.y1 - 20, seen.w + 40, seen.h + 40].map((n) => Math.round(n * 10) / 10);
    const text = (x, y, lines, size, colour, more) => lines.split("\n").forEach((line, i) => parts.push(
      `<text x="${x}" y="${y + i * size * 1.2}" font-size="${size}" text-anchor="middle" fill="${colour}" ${more || ""}>${escaped(line)}</text>`));
    parts.push(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.join(" ")}" width="${box[2]}" height="${box[3]}" role="img" font-family="system-ui, sans-serif">`,
      `<title>${escaped(title)}</title><rect x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}" fill="${css("--paper")}"/>`);
    cy.nodes(".frame").forEach((node) => {
      const {x, y} = node.position(), {w, h, caption} = node.data();
      parts.push(`<rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" fill="${css("--frame")}" stroke="${css("--frame-line")}"/>`);
      text(x, y - h / 2 + 17, caption, Lettering.FRAME_FONT, css("--quiet"));
    });
    cy.edges().forEach((edge) => {
      const s = edge.sourceEndpoint(), t = edge.targetEndpoint(), middle = edge.midpoint(), failed = edge.hasClass("failed"), lit = edge.hasClass("lit");
      const colour = css(failed ? "--failed" : lit ? "--lit" : "--quiet"), kind = ["beside", "guess", "likely"].find((one) => edge.hasClass(one));
      const bend = {x: 2 * middle.x - (s.x + t.x) / 2, y: 2 * middle.y - (s.y + t.y) / 2}, angle = Math.atan2(t.y - bend.y, t.x - bend.x);
      const tip = (turn, far) => `${t.x - far * Math.cos(angle + turn)} ${t.y - far * Math.sin(angle + turn)}`;
      parts.push(`<g${edge.hasClass("dim") ? ' opacity="0.2"' : ""}><path d="M${s.x} ${s.y}Q${bend.x} ${bend.y} ${t.x} ${t.y}" fill="none" stroke="${colour}" stroke-width="${lit ? 3 : 1.6}"${kind ? ` stroke-dasharray="${dashes[kind]}"` : ""}/>`,
        failed ? `<path d="M${tip(Math.PI / 2, 7)}L${tip(-Math.PI / 2, 7)}" stroke="${colour}" stroke-width="3"/>` : `<path d="M${t.x} ${t.y}L${tip(0.4, 10)}L${tip(-0.4, 10)}Z" fill="${colour}"/>`);
      const words = edge.data("caption"), above = words.split("\n").length / 2 - 1;
      text(middle.x + edge.data("aside"), middle.y + edge.data("below") - Lettering.LINE * above - 3, words, Lettering.FONT, failed || lit ? colour : css("--quiet"));
      parts.push("</g>");
    });
    cy.nodes().not(".frame").forEach((node) => {
      const {x, y} = node.position(), kind = Object.keys(looks).find((one) => node.hasClass(`k-${one}`)), look = looks[kind];
      const colour = Picture.dark() ? look.dark : look.light, lit = node.hasClass("lit");
      parts.push(`<g${node.hasClass("dim") ? ' opacity="0.2"' : ""}><path d="${look.path}" transform="translate(${x} ${y})" fill="${colour}" fill-opacity=".18" stroke="${colour}" stroke-width="${lit ? 4 : 2}"${node.hasClass("works-no") ? ` opacity="${pale}"` : ""}/>`);
      const state = Object.keys(marks).find((one) => node.hasClass(`works-${one}`)), ring = state && Picture.ring(marks[state]);
      if (ring) parts.push(`<path d="${look.path}" transform="translate(${x} ${y}) scale(1.4)" fill="none" stroke="${ring}" stroke-width="2"${marks[state][2] ? ` stroke-dasharray="${marks[state][2]}"` : ""}/>`);
      if (node.hasClass("folded")) parts.push(`<path d="${look.path}" transform="translate(${x} ${y}) scale(.72)" fill="none" stroke="${colour}" stroke-width="1.6"/>`);
      text(x, y + 29, node.data("caption"), Lettering.FONT, css("--ink"));
      parts.push("</g>");
    });
    return `${parts.join("\n")}</svg>\n`;
  }

  function save(name, url) {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
  }

  return {svg, save};
})();
