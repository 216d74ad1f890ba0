// What keys do to the brush and the view, and which of them the kernel hears of.

import { entryOf, keyName, normalName } from "./keys.js";

const ZOOMS = { "+": 1.25, "=": 1.25, "-": 0.8 };

/** Looks keys up in the tables of the model. */
export class Shortcuts {
  constructor(pen) {
    this.pen = pen;
    this.model = pen.model;
    const { signal } = pen.listeners;
    window.addEventListener("annotat-brush", (event) => this.takeUp(event), { signal });
  }

  /** A panel beside the picture has changed the brush. */
  takeUp({ target, detail }) {
    if (this.pen.el.closest(".annotat-root")?.contains(target)) this.setTraits(detail);
  }

  /** Act on a key. Returns whether the canvas knows it. */
  press(event) {
    const name = keyName(event);
    const sets = entryOf(this.model.get("key_sets"), name);
    const steps = entryOf(this.model.get("key_steps"), name);
    const shortcut = this.model.get("shortcuts").find((known) => normalName(known) === name);
    if (name in ZOOMS) this.pen.zoomByKey(ZOOMS[name]);
    if (sets) this.setTraits(sets);
    if (steps) this.setTraits(this.stepped(steps));
    if (shortcut) this.tell(shortcut, event.repeat);
    return Boolean(sets || steps || shortcut || name in ZOOMS);
  }

  /** Tell the kernel of a key; a key held down waits until it has handled the last one. */
  tell(shortcut, isRepeated) {
    if (isRepeated) this.pen.couriers.key.post(shortcut);
    else this.pen.tell({ kind: "key", value: shortcut });
  }

  stepped(steps) {
    const add = ([trait, step]) => [trait, Math.max(0, this.model.get(trait) + step)];
    return Object.fromEntries(Object.entries(steps).map(add));
  }

  setTraits(values) {
    for (const [trait, value] of Object.entries(values)) this.model.set(trait, value);
    this.model.save_changes();
  }
}
