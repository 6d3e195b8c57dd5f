/* Dragging over the histogram fills in the two days below it and asks for them. */
const svg = document.querySelector(".histogram .bars");

function letDrag(svg) {
  const form = svg.closest("figure").querySelector("form");
  const bars = [...svg.querySelectorAll("a")];
  const chosen = svg.querySelector(".chosen");
  let from = null;
  let to = null;

  const barAt = (event) => {
    const { left, width } = svg.getBoundingClientRect();
    const share = (event.clientX - left) / width;
    return Math.max(0, Math.min(bars.length - 1, Math.floor(share * bars.length)));
  };
  const show = () => {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    chosen.setAttribute("x", `${(100 * first) / bars.length}%`);
    chosen.setAttribute("width", `${(100 * (last - first + 1)) / bars.length}%`);
    form.elements.from.value = bars[first].dataset.first;
    form.elements.to.value = bars[last].dataset.last;
  };

  svg.addEventListener("dragstart", (event) => event.preventDefault()); // of the links
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return; // a finger scrolls, or taps a bar
    from = to = barAt(event);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (from === null) return;
    to = barAt(event);
    show();
  });
  svg.addEventListener("pointerup", () => {
    if (from === null) return;
    show();
    from = null;
    form.requestSubmit();
  });
  svg.addEventListener("pointercancel", () => {
    from = null;
    chosen.removeAttribute("width");
    form.reset();
  });
  form.querySelector(".hint").hidden = false;
}

if (svg) letDrag(svg);
