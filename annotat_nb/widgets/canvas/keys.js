// Keys, which the canvas takes only while it has the focus.

/** Name of a key without regard to letter case: "ctrl+z", "shift+s", "arrowup", "[". */
export function keyName(event) {
  const altGraph = event.getModifierState("AltGraph"); // Ctrl+Alt on some layouts, to type "["
  const parts = [];
  if ((event.ctrlKey || event.metaKey) && !altGraph) parts.push("ctrl");
  if (event.altKey && !altGraph) parts.push("alt");
  if (event.shiftKey && !isSymbol(event.key)) parts.push("shift");
  return [...parts, event.key.toLowerCase()].join("+");
}

/** Whether Shift is part of typing the character, as for "?" or a digit on a French keyboard. */
function isSymbol(key) {
  return key.length === 1 && key.toLowerCase() === key.toUpperCase();
}

/** Spell a shortcut as `keyName` does. */
export function normalName(shortcut) {
  return shortcut.toLowerCase().replace("cmd+", "ctrl+");
}

/** Look a key up in a table whose keys are shortcuts. */
export function entryOf(table, name) {
  return Object.entries(table).find(([shortcut]) => normalName(shortcut) === name)?.[1];
}

/**
 * Listen to keys of a focused element before JupyterLab does.
 *
 * JupyterLab listens on the document, in a phase that differs between versions, so only a
 * capturing listener of the window is always first.
 */
export class Keyboard {
  /**
   * @param {HTMLElement} el
   * @param {{pressKey: (event: KeyboardEvent) => boolean, liftKey: (event: KeyboardEvent) => void,
   *          escape: () => void, blur: () => void}} pen `pressKey` tells whether it knows the key
   * @param {AbortSignal} signal ends listening
   */
  constructor(el, pen, signal) {
    this.pen = pen;
    const options = { signal, capture: true };
    const mine = (handle) => (event) => {
      if (event.target === el || isForwarded(event, el)) handle(event);
    };
    window.addEventListener("keydown", mine((event) => this.down(event)), options);
    window.addEventListener("keyup", mine((event) => pen.liftKey(event)), options);
    el.addEventListener("blur", () => pen.blur(), { signal });
    el.addEventListener("focus", () => pen.showCursor(), { signal });
  }

  down(event) {
    if (event.key === "Tab" || event.isComposing) return;
    const known = event.key === "Escape" || this.pen.pressKey(event);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "Escape") this.pen.escape();
    if (known) event.preventDefault();
    if (known || plain) event.stopPropagation();
  }
}

const TEXT_FIELD =
  "input:not([type=checkbox], [type=radio], [type=color], [type=range], [type=button]), textarea, " +
  "[contenteditable]:not([contenteditable=false])";
const OTHER_PLACES = ".annotat-dialogs, .annotat-popup"; // letters mean something else there
const BUTTON_KEYS = ["enter", " ", "escape", "tab"];
const ARROW_KEYS = ["arrowup", "arrowdown", "arrowleft", "arrowright"];
const STEP_KEYS = [...ARROW_KEYS, "home", "end", "pageup", "pagedown"];
/** Keys that a control needs besides those of a button. */
const OWN_KEYS = {
  "select, [role=slider], [type=range]": STEP_KEYS,
  "[role=menubar]": ARROW_KEYS,
  "[role=radiogroup]": ["arrowup", "arrowdown", "f2"],
};

/** Whether a key pressed elsewhere in the same widget is meant for the canvas. */
function isForwarded(event, el) {
  const root = el.closest(".annotat-root");
  const from = event.target;
  if (!(from instanceof Element) || !root?.contains(from) || from.closest(OTHER_PLACES)) {
    return false;
  }
  return !from.matches(TEXT_FIELD) && !isOwnKey(keyName(event), from);
}

/** Whether the control `from` acts on a key itself. */
function isOwnKey(name, from) {
  const isNeeded = ([controls, keys]) => from.closest(controls) && keys.includes(name);
  return BUTTON_KEYS.includes(name) || Object.entries(OWN_KEYS).some(isNeeded);
}

/** Take the focus when the pointer comes, unless a person types elsewhere. */
export function focusOnEntry(el, signal) {
  const enter = () => {
    const holder = document.activeElement;
    const root = el.closest(".annotat-root");
    const isTyping = holder?.closest(TEXT_FIELD);
    if (root?.contains(holder) && !isTyping && !holder.closest(".annotat-dialogs, [role=menubar]")) {
      el.focus({ preventScroll: true });
    }
  };
  el.addEventListener("pointerenter", enter, { signal });
}

/** Give the focus back to the notebook, whose own shortcuts then work again. */
export function leave(el) {
  const notebook = el.closest(".jp-Notebook") ?? el.parentElement?.closest("[tabindex]");
  el.blur();
  notebook?.focus({ preventScroll: true });
}
