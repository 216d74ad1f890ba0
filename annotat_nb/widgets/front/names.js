/** Names and states for screen readers, where ipywidgets shows them to the eye alone. */

const HANDLES = ["lowest", "highest"];

/** Give every control below `root` the name and the state that can be seen. */
export function nameControls(root) {
  // Icons are letters of a symbol font: hidden, they stay out of the names of their buttons.
  root.querySelectorAll("i.fa").forEach((icon) => icon.setAttribute("aria-hidden", "true"));
  root.querySelectorAll(".widget-slider").forEach(nameSlider);
  root.querySelectorAll("input, select, textarea").forEach(nameField);
  root.querySelectorAll(".widget-button, .widget-toggle-button").forEach(nameButton);
}

/** A slider of ipywidgets has its name beside it, or only as a tooltip. */
function nameSlider(slider) {
  const label = slider.querySelector(".widget-label");
  const name = label?.textContent.trim() || label?.title || slider.title;
  const handles = slider.querySelectorAll("[role=slider]");
  handles.forEach((handle, i) => {
    handle.ariaLabel = handles.length > 1 ? `${name}, ${HANDLES[i]}` : name;
  });
  const readout = slider.querySelector(".widget-readout");
  if (readout) {
    readout.role = "textbox";
    readout.ariaLabel = `${name}, as a number`;
  }
}

function nameField(field) {
  field.ariaInvalid = field.closest(".annotat-wrong") ? "true" : null;
  const labels = [...(field.labels ?? [])];
  if (field.ariaLabel || labels.some((label) => label.textContent)) return;
  const label = field.parentElement.querySelector("label");
  field.ariaLabel = label?.title || field.closest("[title]:not([title=''])")?.title || null;
}

/** A sign such as "+" says nothing when it is read out; a tool that is in use looks so. */
function nameButton(button) {
  if (!/[\p{L}\p{N}]/u.test(button.textContent)) button.ariaLabel = button.title;
  if (button.matches(".widget-toggle-button")) {
    button.ariaPressed = String(button.classList.contains("mod-active"));
  }
  if (button.matches(".annotat-heading")) {
    button.ariaExpanded = String(button.querySelector(".fa-caret-down") !== null);
  }
}
