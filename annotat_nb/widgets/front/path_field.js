/** A line for a path. Enter brings what stands in it along: typing may be ahead of the kernel. */

import { element } from "./element.js";

function render({ model, el }) {
  el.classList.add("jupyter-widgets", "widget-inline-hbox", "widget-text", "annotat-path");
  const label = element("label", "widget-label", {});
  const input = element("input", "", { type: "text", spellcheck: "false", autocomplete: "off" });
  label.textContent = model.get("label");
  input.setAttribute("aria-label", model.get("label"));
  input.placeholder = model.get("placeholder");
  input.title = model.get("tip");
  el.append(label, input);

  const show = () => {
    if (input.value !== model.get("value")) input.value = model.get("value");
  };
  input.addEventListener("input", () => {
    model.set("value", input.value);
    model.save_changes();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") model.send({ event: "submit", value: input.value });
    event.stopPropagation();
  });
  model.on("change:value", show);
  show();
  return () => model.off("change:value", show);
}

export default { render };
