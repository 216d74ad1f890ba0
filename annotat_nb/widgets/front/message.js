/** A line of text that screen readers announce, with details one click away. */

function render({ model, el }) {
  const line = document.createElement("div");
  const text = document.createElement("span");
  const button = document.createElement("button");
  const details = document.createElement("pre");
  line.setAttribute("role", "status");
  button.type = "button";
  button.textContent = "Details";
  button.className = "annotat-link";
  details.className = "annotat-details";
  details.hidden = true;
  line.append(text, button);
  el.append(line, details);

  const show = () => {
    line.className = `annotat-message annotat-${model.get("tone")}`;
    text.textContent = model.get("text");
    line.title = model.get("text");
    details.textContent = model.get("details");
    button.hidden = !model.get("details");
    details.hidden ||= button.hidden;
    button.setAttribute("aria-expanded", String(!details.hidden));
  };
  button.addEventListener("click", () => {
    details.hidden = !details.hidden;
    show();
  });
  const names = "change:text change:tone change:details";
  model.on(names, show);
  show();
  return () => model.off(names, show);
}

export default { render };
