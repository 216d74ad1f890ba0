/** Keeps plain keys pressed in the Annotator from the notebook, whose letters edit its cells. */

const PASSES = ["Tab", "Escape"]; // ways out

/**
 * Let no plain key that is pressed below `root` reach the notebook. The controls still get them.
 *
 * Some versions of JupyterLab hear a key before the control does: Lumino, which looks its
 * shortcuts up, passes over a part of the page that has the attribute.
 */
export function keepKeys(root, signal) {
  const hide = (event) => {
    if (!root.contains(event.target)) return;
    root.toggleAttribute("data-lm-suppress-shortcuts", isPlain(event));
  };
  window.addEventListener("keydown", hide, { signal, capture: true });
  root.addEventListener("keydown", (event) => isPlain(event) && event.stopPropagation(), { signal });
}

function isPlain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !PASSES.includes(event.key);
}
