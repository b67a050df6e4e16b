// Each drawing of the page: its size on the screen, how many marks of each kind
// it has, and the marks that extend beyond its frame.
() => [...document.querySelectorAll("svg")].map((svg) => {
  const frame = svg.viewBox.baseVal, slack = 0.5;
  const size = svg.getBoundingClientRect();
  const marks = {}, stray = [];
  for (const mark of svg.querySelectorAll("rect, circle, line, polyline, text")) {
    const kind = mark.tagName;
    marks[kind] = (marks[kind] || 0) + 1;
    const box = mark.getBBox();
    const inside = box.x >= frame.x - slack && box.y >= frame.y - slack &&
      box.x + box.width <= frame.x + frame.width + slack && box.y + box.height <= frame.y + frame.height + slack;
    if (!inside) {
      const at = [box.x, box.y, box.x + box.width, box.y + box.height].map((v) => v.toFixed(1)).join(" ");
      stray.push(`${kind} "${mark.textContent}" (${at}) of a frame of ${frame.width} by ${frame.height}`);
    }
  }
  return { name: svg.getAttribute("aria-label"), width: size.width, height: size.height, marks, stray };
})
