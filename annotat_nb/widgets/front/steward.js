/** Keeps the page in order: names, focus, keys, and Esc in dialogs. */

import { Link } from "./link.js";
import { nameControls } from "./names.js";
import { keepKeys } from "./own_keys.js";

const INTERACTIVE = "button, input, select, textarea, a, [tabindex], [role=slider], .noUi-handle";

const TITLE = ".widget-label, .widget-html-content";

class Steward {
  constructor(root, el) {
    this.root = root;
    this.ending = new AbortController();
    const { signal } = this.ending;
    this.link = new Link(root, el, signal);
    root.addEventListener("pointerdown", (event) => this.onPointerDown(event), { signal });
    // Number fields keep their keys to themselves: they are heard before.
    root.addEventListener("keydown", (event) => this.onKey(event), { signal, capture: true });
    keepKeys(root, signal);
    this.observer = new MutationObserver(() => this.onChange());
    this.observer.observe(root, { childList: true, subtree: true, attributeFilter: ["class"] });
    nameControls(root);
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

  onChange() {
    nameControls(this.root);
    if (this.dialog !== this.shown) this.follow();
    if (this.shown && !this.isEntered) this.enter();
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
    } else if (holder === document.body) {
      (this.opener?.isConnected ? this.opener : this.pen)?.focus({ preventScroll: true });
    }
  }

  /** What lies under a dialog takes no focus; a narrow one leaves the picture free. */
  coverPicture() {
    const stack = this.root.querySelector(".annotat-stack");
    if (stack) stack.inert = Boolean(this.shown) && !this.shown.matches(".annotat-narrow");
  }

  /** Focus the first field, which comes a little later than the dialog itself. */
  enter() {
    const dialog = this.shown;
    const first = dialog?.querySelector("input, select, textarea, button");
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

export default {
  render({ el }) {
    el.classList.add("annotat-steward");
    let steward = null;
    let frame = 0;
    const begin = () => {
      const root = el.closest(".annotat-root");
      if (root) {
        steward = new Steward(root, el);
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
