// The rows of speedscope's Sandwich view. Only visible rows are in the page,
// so it is scrolled to the end.
async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const cells = () => [...document.querySelectorAll("tr")].filter((row) => row.checkVisibility() && row.querySelectorAll("td").length === 3);
  await drawn();
  if (cells().length === 0) return null;
  let list = cells()[0];
  while (list && !/auto|scroll/.test(getComputedStyle(list).overflowY)) list = list.parentElement;
  const rows = new Map();
  for (list.scrollTop = 0; ; list.scrollTop += list.clientHeight / 2) {
    await drawn();
    for (const row of cells()) {
      const [total, self, name] = [...row.querySelectorAll("td")].map((cell) => cell.textContent.trim());
      rows.set(name, { total, self, name });
    }
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) break;
  }
  return [...rows.values()];
}
