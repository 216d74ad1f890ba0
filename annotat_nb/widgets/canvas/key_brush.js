// Painting without a mouse: a brush that the arrow keys move.

import { actionOf } from "./gestures.js";
import { keyName } from "./keys.js";

const STRIDE = 10; // steps of an arrow key with Shift
const MARGIN = 40; // pixels between the brush and the edge of the picture
const ARROWS = { arrowup: [-1, 0], arrowdown: [1, 0], arrowleft: [0, -1], arrowright: [0, 1] };
/** Keys that press a button of the mouse, so to speak: 0 is the left one, 2 the right one. */
const BUTTONS = { enter: 0, " ": 0, delete: 2, backspace: 2 };
const HELP =
  "Brush by keyboard: arrows move it, with Shift ten times as far; Enter begins and ends a " +
  "stroke, or hold Space; Delete erases; Page up and Page down change the slice; Esc ends.";

/**
 * The brush under the keyboard's control. Enter begins a stroke, which the arrow keys then draw,
 * and ends it; the other keys of `BUTTONS` draw while they are held.
 */
export class KeyBrush {
  constructor(pen) {
    this.pen = pen;
    this.isOn = false;
    this.voxel = null;
    this.holder = null; // the key that draws
    this.caption = document.createElement("div");
    this.caption.className = "annotat-caption";
    this.caption.ariaHidden = "true"; // it is spoken, not read
    pen.el.append(this.caption);
  }

  /** Whether the keys are for the brush now. */
  get isActive() {
    return this.isOn && document.activeElement === this.pen.el;
  }

  /** Act on a key. Returns whether it is one of the brush's. */
  press(event) {
    const name = keyName(event);
    if (!this.pen.model.get("can_paint")) return false;
    if (name === "b" || (name === "enter" && !this.isOn)) {
      if (!event.repeat) this.toggle();
      return true;
    }
    return this.isActive && this.use(name, event.repeat);
  }

  use(name, isRepeated) {
    const stride = name.startsWith("shift+") ? STRIDE : 1;
    const direction = ARROWS[name.replace("shift+", "")];
    if (direction) this.move(direction, stride);
    else if (!(name in BUTTONS)) return false;
    else if (!isRepeated) this.draw(name);
    return true;
  }

  /** A key was let go. */
  lift(event) {
    const key = event.key.toLowerCase();
    if (key !== "enter" && key === this.holder) this.finish();
  }

  toggle() {
    if (this.isOn) this.leave();
    else if (!this.pen.obstacle && this.pen.viewport.size.width) this.enter();
  }

  enter() {
    const { pen } = this;
    this.isOn = true;
    if (pen.model.get("tool") === "move") pen.shortcuts.setTraits({ tool: "paint" });
    pen.el.focus({ preventScroll: true });
    this.caption.textContent = HELP;
    pen.speaker.say(HELP);
    this.goTo(pen.pointedVoxel() ?? this.voxel ?? pen.viewport.middle());
  }

  /** End the stroke, if there is one, and give the keys back. */
  leave() {
    this.finish();
    if (!this.isOn) return;
    this.isOn = false;
    this.caption.textContent = "";
    this.pen.speaker.say("Brush by keyboard ended");
    this.pen.showCursor();
  }

  /** Esc: take back the stroke, else leave. Returns whether there was anything to end. */
  escape() {
    const wasOn = this.isOn;
    if (this.holder) this.cancel();
    else this.leave();
    return wasOn;
  }

  move([down, across], stride) {
    const { zoom, size } = this.pen.viewport;
    // Where voxels are smaller than pixels of the screen, by a pixel: one sees it move.
    const step = (scale) => stride * Math.max(1, Math.round(1 / scale));
    const [y, x] = this.voxel;
    this.goTo([y + down * step(zoom * size.aspect), x + across * step(zoom)]);
  }

  goTo(voxel) {
    this.voxel = this.pen.viewport.clamp(voxel);
    this.pen.viewport.reveal(this.voxel, MARGIN);
    // Under the brush, it would hide what is painted.
    this.caption.classList.toggle("annotat-above", this.pen.viewport.isLow(this.voxel[0]));
    if (this.holder) this.pen.painter.extend([this.voxel]);
    this.tell();
    this.pen.showCursor();
  }

  /** Let the kernel say what is under the brush. */
  tell() {
    if (this.isOn) this.pen.couriers.visit.post(this.voxel);
  }

  draw(key) {
    if (this.holder) {
      this.finish();
      return;
    }
    if (this.pen.painter.isDrawing) return; // the mouse draws
    const action = actionOf({ button: BUTTONS[key] }, this.pen.model.get("tool"), false);
    if (this.pen.painter.start(action, [...this.voxel], false) !== "stroke") return;
    this.holder = key;
    this.pen.speaker.say(action === "paint" ? "Painting" : "Erasing");
  }

  finish() {
    if (!this.holder) return;
    this.holder = null;
    this.pen.painter.finish();
  }

  cancel() {
    if (!this.holder) return;
    this.holder = null;
    this.pen.painter.cancel();
    this.pen.speaker.say("Stroke taken back");
  }

  /** Another slice is on screen: what was drawn belongs to the former one. */
  changeSlice() {
    this.finish();
    this.tell();
  }

  /** The slice has another shape. */
  changeShape() {
    this.cancel();
    if (this.voxel) this.voxel = this.pen.viewport.clamp(this.voxel);
  }
}
