// How wide the page and its window are, and what is cut off.
() => {
  const root = document.scrollingElement;
  const wide = [...document.querySelectorAll("body *")].filter((e) => !e.closest(".tree *") && e.getBoundingClientRect().right > root.clientWidth + 0.5);
  return {
    window: root.clientWidth,
    page: root.scrollWidth,
    wide: wide.map((e) => `${e.tagName.toLowerCase()} "${e.textContent.trim().slice(0, 40)}"`),
  };
}
