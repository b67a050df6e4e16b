// The pairs of colours that are seen together: each visible text, and each mark
// whose colour has a meaning, with its background.
() => {
  const channels = (css) => (css.match(/[\d.]+/g) || []).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const c = channels(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const seen = new Map();
  const add = (kind, element, ink, back) => {
    const pair = { kind, text: element.textContent.trim().slice(0, 30), class: element.getAttribute("class") || element.tagName, ink: channels(ink).slice(0, 3), back };
    const key = [kind, pair.class, pair.ink, pair.back].join("|");
    if (!seen.has(key)) seen.set(key, pair);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.tagName === "title" || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    if (!(element instanceof SVGElement)) {
      add(element.classList.contains("key") ? "mark" : "text", element, style.color, behind(element));
    } else if (element.classList.contains("in")) {
      add("text", element, style.fill, channels(getComputedStyle(element.previousElementSibling).fill));
    } else {
      add("text", element, style.fill, behind(element));
    }
  }
  for (const mark of document.querySelectorAll("svg rect, svg polyline, svg .roof")) {
    const style = getComputedStyle(mark);
    add("mark", mark, mark.tagName === "rect" ? style.fill : style.stroke, behind(mark));
  }
  return { page: behind(document.body), pairs: [...seen.values()] };
}
