// The first closed branch of the tree that can be seen: its number, and where
// to click on it.
() => {
  const all = [...document.querySelectorAll("details")];
  const at = all.findIndex((d) => !d.open && d.checkVisibility());
  if (at < 0) return null;
  const summary = all[at].querySelector("summary");
  summary.scrollIntoView({ block: "center" });
  const box = summary.getBoundingClientRect();
  return { number: at, x: box.x + 20, y: box.y + box.height / 2 };
}
