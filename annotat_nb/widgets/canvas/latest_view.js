// Which of several views of one canvas a person uses.

const latest = new WeakMap();

/** Note whenever somebody does something in or around `view`, or points at it. */
export function followUse(view, signal) {
  view.el.addEventListener("pointerenter", () => latest.set(view.model, view), { signal });
  const note = ({ target }) => {
    const around = view.el.closest(".annotat-root") ?? view.el;
    if (around.contains(target)) latest.set(view.model, view);
  };
  for (const type of ["pointerdown", "focusin", "keydown"]) {
    window.addEventListener(type, note, { signal, capture: true });
  }
}

/** Whether `view` is the one that was used last; before that, each of them is. */
export function isLatest(view) {
  return (latest.get(view.model) ?? view) === view;
}
