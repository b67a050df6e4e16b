// The frames of the flame graph, in the drawing's own units, with their text.
() => {
  const svg = document.querySelector("svg.flame");
  const frames = [...svg.querySelectorAll("rect")].map((rect) => {
    const text = rect.nextElementSibling;
    const frame = {
      title: rect.querySelector("title").textContent,
      pass: rect.classList[1],
      x: rect.x.baseVal.value,
      y: rect.y.baseVal.value,
      width: rect.width.baseVal.value,
      text: "", textX: 0, textWidth: 0,
    };
    if (text && text.tagName === "text") {
      frame.text = text.textContent;
      frame.textX = text.x.baseVal[0].value;
      frame.textWidth = text.getComputedTextLength();
    }
    return frame;
  });
  return { width: svg.viewBox.baseVal.width, frames };
}
