// Speedscope's title and toolbar, once it has read a profile and drawn it; else
// null.
() => {
  if (!document.title.endsWith(" - speedscope")) return null;
  const tab = [...document.querySelectorAll("div")].find((e) => e.children.length === 1 && e.textContent.endsWith("Sandwich"));
  if (!tab) return null;
  const bar = tab.parentElement.parentElement;
  const middle = [...bar.childNodes].filter((e) => e !== tab.parentElement && !e.textContent.includes("Import"));
  return { title: document.title, shown: middle.map((e) => e.textContent).join("").trim() };
}
