/** Keeps the page in order: names, focus, keys, and Esc in dialogs. */

import { Link } from "./link.js";
import { nameControls } from "./names.js";
import { keepKeys } from "./own_keys.js";
import { Tips } from "./tips.js";

const INTERACTIVE = "button, input, select, textarea, a, [tabindex], [role=slider], .noUi-handle";

const TITLE = ".widget-label, .widget-html-content";

class Steward {
  constructor(root, el, model) {
    this.root = root;
    this.tips = new Tips(root, model);
    this.ending = new AbortController();
    const { signal } = this.ending;
    this.link = new Link(root, el, signal);
    root.addEventListener("pointerdown", (event) => this.onPointerDown(event), { signal });
    // Number fields keep their keys to themselves: they are heard before.
    root.addEventListener("keydown", (event) => this.onKey(event), { signal, capture: true });
    keepKeys(root, signal);
    document.addEventListener("focusin", (event) => this.note(event), { signal, capture: true });
    document.addEventListener("pointerdown", (event) => this.note(event), { signal, capture: true });
    this.observer = new MutationObserver(() => this.onChange());
    this.observer.observe(root, { childList: true, subtree: true, attributeFilter: ["class", "disabled"] });
    nameControls(root);
    this.tips.ask();
    this.coverPicture();
  }

  stop() {
    this.ending.abort();
    this.observer.disconnect();
  }

  get pen() {
    return this.root.querySelector(".annotat-pen");
  }

  get dialog() {
    return this.root.querySelector(".annotat-dialogs > *");
  }

  /** A click on what takes no focus would hand the keys to the notebook: the picture takes them. */
  onPointerDown(event) {
    if (!event.target.closest(INTERACTIVE)) {
      setTimeout(() => this.pen?.focus({ preventScroll: true }));
    }
  }

  onKey(event) {
    const dialog = this.dialog;
    if (!dialog?.contains(event.target)) {
      return;
    }
    if (event.key === "Enter" && event.target.matches("input[type=number]")) {
      event.target.blur(); // now it tells its value, before the button is pressed
      dialog.querySelector("button.mod-primary:enabled")?.click();
      event.stopPropagation();
    }
    if (event.key !== "Escape") {
      return;
    }
    const leave = [...dialog.querySelectorAll("button")].filter((button) =>
      ["Cancel", "Close"].includes(button.textContent.trim()),
    );
    leave.at(-1)?.click();
    event.preventDefault();
    event.stopPropagation();
  }

  /** Remember whether a person is in the Annotator, or elsewhere in the page, and who has the keys. */
  note(event) {
    this.isVisited = this.root.contains(event.target);
    if (event.type === "focusin") this.holder = this.isVisited ? event.target : null;
  }

  onChange() {
    nameControls(this.root);
    this.tips.ask();
    if (this.isCovered !== this.wasCovered) this.uncover();
    if (this.dialog !== this.shown) this.follow();
    if (this.shown && !this.isEntered) this.enter();
    this.showWrong();
    this.catchKeys();
  }

  /** A refusal at the foot of a dialog leads to the first field that is wrong. */
  showWrong() {
    const refusal = this.shown?.querySelector(".annotat-foot [role=alert]")?.textContent ?? "";
    if (refusal === this.refusal) return;
    this.refusal = refusal;
    if (!refusal) return;
    setTimeout(() => {
      const wrong = this.shown?.querySelectorAll(".annotat-wrong :is(input, select)") ?? [];
      [...wrong].find((field) => field.checkVisibility())?.focus();
    }, 100); // what was folded over it opens first
  }

  /** A button that is disabled while it has the focus hands no keys on: the picture takes them. */
  catchKeys() {
    const { holder } = this;
    if (!holder?.matches(":disabled") || this.shown || !isLost()) return;
    this.holder = null;
    this.comeBack(this.pen);
  }

  /** Whether something to begin with lies over the picture. */
  get isCovered() {
    return this.root.querySelector(".annotat-stack ~ .annotat-covers") !== null;
  }

  /** The button that opened an image goes with its page: the picture takes the keys. */
  uncover() {
    this.wasCovered = this.isCovered;
    this.coverPicture();
    if (this.isVisited && isLost() && !this.shown) this.comeBack(this.pen);
  }

  /** Focus the first of `places` that is there and takes it. */
  comeBack(...places) {
    for (const place of [...places, this.root.querySelector(".annotat-cover button")]) {
      place?.focus({ preventScroll: true });
      if (place && document.activeElement === place) return;
    }
  }

  /** Dress the dialog that opens; after one that closes go back to where the keys were. */
  follow() {
    const holder = document.activeElement;
    if (!this.shown) this.opener = holder?.matches(":focus-visible") ? holder : null;
    this.shown = this.dialog;
    this.isEntered = false;
    this.coverPicture();
    if (this.shown) {
      this.shown.role = "dialog";
      this.shown.ariaLabel = this.shown.querySelector(TITLE)?.textContent.trim() || "Dialog";
    } else if (isLost()) {
      this.comeBack(this.opener, this.pen);
    }
  }

  /** What lies under something takes no focus; a narrow dialog leaves the picture free. */
  coverPicture() {
    const stack = this.root.querySelector(".annotat-stack");
    const isUnderDialog = this.shown && !this.shown.matches(".annotat-narrow");
    if (stack) stack.inert = Boolean(isUnderDialog) || this.isCovered;
  }

  /** Focus the first field, which comes a little later than the dialog itself. */
  enter() {
    const dialog = this.shown;
    const fields = "input:enabled, select:enabled, textarea:enabled";
    const first = dialog?.querySelector(fields) ?? dialog?.querySelector("button");
    if (!dialog || this.isEntered || !first?.offsetParent) {
      if (dialog && !this.isEntered) requestAnimationFrame(() => this.enter());
      return;
    }
    this.isEntered = true;
    dialog.scrollIntoView({ block: "nearest" });
    first.focus({ preventScroll: true });
    if (first.type === "text") {
      const name = first.value.lastIndexOf("/") + 1;
      first.setSelectionRange(name, first.value.length);
    }
  }
}

/** Whether the keys go nowhere: what had the focus is gone, hidden or disabled. */
function isLost() {
  const holder = document.activeElement;
  return holder === document.body || !holder?.checkVisibility() || holder.matches(":disabled");
}

export default {
  render({ model, el }) {
    el.classList.add("annotat-steward");
    let steward = null;
    let frame = 0;
    const begin = () => {
      const root = el.closest(".annotat-root");
      if (root) {
        steward = new Steward(root, el, model);
      } else {
        frame = requestAnimationFrame(begin); // not in the document yet
      }
    };
    begin();
    return () => {
      cancelAnimationFrame(frame);
      steward?.stop();
    };
  },
};
