// What the page says: title, headings, facts by name, and the tree's rows.
() => {
  const words = (e) => e.textContent.trim();
  const facts = {};
  for (const name of document.querySelectorAll("dt")) facts[words(name)] = words(name.nextElementSibling);
  const rows = [...document.querySelectorAll(".row:not(.head)")].map((row) => {
    const [name, time, bar] = row.children;
    return { name: words(name), time: words(time), pass: bar.className };
  });
  return { title: document.title, heading: words(document.querySelector("h1")), sections: [...document.querySelectorAll("h2")].map(words), facts, rows };
}
