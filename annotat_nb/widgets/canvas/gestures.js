// Mouse, pen and touch: which movements mean what.

const IS_MAC = /mac/i.test(navigator.platform);
const PALM_PAUSE = 1000; // milliseconds after the stylus during which a touch is taken for a palm
const NOTCH = 50; // pixels in one event from which it is a notch of a wheel, not a touchpad
const TOUCHPAD_STEP = 30; // pixels of a touchpad that count as a notch
const BUTTON = { left: 0, middle: 1, right: 2, eraser: 5 };

/** The button meant: Ctrl+click is a right click on a Mac. */
function buttonOf(event) {
  return IS_MAC && event.button === BUTTON.left && event.ctrlKey ? BUTTON.right : event.button;
}

/**
 * What a press begins.
 * @returns {"pan"|"pick"|"center"|"paint"|"erase"|"erase stroke"|null}
 */
export function actionOf(event, tool, spaceHeld) {
  const button = buttonOf(event);
  const command = IS_MAC ? event.metaKey : event.ctrlKey || event.metaKey;
  if (button === BUTTON.middle) return "pan";
  if (button === BUTTON.eraser) return "erase";
  if (button === BUTTON.left && spaceHeld) return "pan";
  if (button === BUTTON.left && command) return "pick";
  const actions = {
    paint: { [BUTTON.left]: "paint", [BUTTON.right]: "erase" },
    erase: { [BUTTON.left]: "erase", [BUTTON.right]: "erase stroke" },
    move: { [BUTTON.left]: "pan" },
    center: { [BUTTON.left]: "center" },
  };
  return actions[tool][button] ?? null;
}

/**
 * Turns pointer and wheel events into calls of a pen, one gesture at a time.
 *
 * The pen offers `press(event)` → "pan", "stroke" or null, `drag(events)`, `release()`,
 * `cancel()`, `hover(event)`, `leave()`, `pan(dx, dy)`, `zoom(event, factor)`, `scroll(steps)`.
 */
export class Gestures {
  constructor(el, pen, signal) {
    this.el = el;
    this.pen = pen;
    this.touches = new Map();
    this.active = null;
    this.stylusAt = -Infinity;
    this.scrolled = 0;
    this.listen(signal);
  }

  listen(signal) {
    const on = (type, handle) => {
      this.el.addEventListener(type, handle, { signal, passive: false });
    };
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.up(event));
    on("pointerleave", () => this.pen.leave());
    on("wheel", (event) => this.wheel(event));
    on("contextmenu", swallow);
    on("dragstart", swallow);
    on("mousedown", (event) => event.button === BUTTON.middle && swallow(event)); // no autoscroll
  }

  down(event) {
    this.el.focus({ preventScroll: true });
    event.stopPropagation();
    if (event.pointerType === "pen") this.stylusAt = performance.now();
    if (event.pointerType === "touch" && this.touchDown(event)) return;
    this.el.setPointerCapture(event.pointerId);
    if (this.active) return;
    const kind = this.pen.press(event);
    if (kind) this.active = { kind, pointer: event.pointerId, x: event.clientX, y: event.clientY };
  }

  /** Note a finger. Returns whether it paints nothing: a palm, or the second one of a pinch. */
  touchDown(event) {
    if (performance.now() - this.stylusAt < PALM_PAUSE) return true;
    this.touches.set(event.pointerId, event);
    if (this.touches.size < 2) return false;
    if (this.active?.kind === "stroke") this.pen.cancel();
    this.active = { kind: "pinch", from: this.spread() };
    return true;
  }

  move(event) {
    if (this.touches.has(event.pointerId)) this.touches.set(event.pointerId, event);
    if (this.active?.kind === "pinch") return this.pinch();
    this.pen.hover(event);
    if (this.active?.pointer !== event.pointerId) return undefined;
    if (this.active.kind === "pan") return this.pan(event);
    const events = event.getCoalescedEvents?.() ?? [];
    return this.pen.drag(events.length ? events : [event]);
  }

  pan(event) {
    this.pen.pan(event.clientX - this.active.x, event.clientY - this.active.y);
    this.active.x = event.clientX;
    this.active.y = event.clientY;
  }

  pinch() {
    if (this.touches.size !== 2) return;
    const [from, to] = [this.active.from, this.spread()];
    this.pen.pan(to.clientX - from.clientX, to.clientY - from.clientY);
    this.pen.zoom(to, to.distance / from.distance);
    this.active.from = to;
  }

  /** Middle and distance of two fingers. */
  spread() {
    const [a, b] = [...this.touches.values()];
    const distance = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
    return { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2, distance };
  }

  up(event) {
    this.touches.delete(event.pointerId);
    const { active } = this;
    if (active?.kind === "pinch" && this.touches.size < 2) this.active = null;
    if (active?.pointer !== event.pointerId) return;
    this.active = null;
    if (active.kind !== "stroke") return;
    if (event.type === "pointercancel") this.pen.cancel();
    else this.pen.release();
  }

  /** Give up the stroke in progress. Returns whether there was one. */
  cancelStroke() {
    if (this.active?.kind !== "stroke") return false;
    this.active = null;
    this.pen.cancel();
    return true;
  }

  /** Zoom with Ctrl; otherwise change slices, but only with the focus, else the page scrolls. */
  wheel(event) {
    const zooms = event.ctrlKey || event.metaKey;
    if (!zooms && !this.el.matches(":focus")) return;
    swallow(event);
    const distance = Math.max(-50, Math.min(50, event.deltaY));
    if (zooms) this.pen.zoom(event, Math.exp(-distance / 100));
    else this.scroll(event);
  }

  /** Count notches of a wheel; a touchpad sends many small movements instead. */
  scroll(event) {
    const { deltaY, deltaMode } = event;
    const isNotch = deltaMode !== WheelEvent.DOM_DELTA_PIXEL || Math.abs(deltaY) >= NOTCH;
    this.scrolled = isNotch ? TOUCHPAD_STEP * Math.sign(deltaY) : this.scrolled + deltaY;
    const steps = Math.trunc(this.scrolled / TOUCHPAD_STEP);
    this.scrolled -= steps * TOUCHPAD_STEP;
    if (steps) this.pen.scroll(steps);
  }
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
