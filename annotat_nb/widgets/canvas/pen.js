// The pen of the slice canvas: what the user does appears at once, and the kernel is told.

import { hireCouriers } from "./courier.js";
import { BrushCursor } from "./cursor.js";
import { actionOf, Gestures } from "./gestures.js";
import { KeyBrush } from "./key_brush.js";
import { focusOnEntry, Keyboard, leave } from "./keys.js";
import { followUse, isLatest } from "./latest_view.js";
import { findLayers, mendLayers } from "./layers.js";
import { Lifeline } from "./lifeline.js";
import { Painter } from "./painter.js";
import { Picture } from "./picture.js";
import { Shortcuts } from "./shortcuts.js";
import { Speaker } from "./speaker.js";
import { Viewport } from "./viewport.js";

const BRUSH_CHANGES = "change:tool change:radius change:label change:palette";

/** One view of the pen. */
class PenView {
  constructor(model, el, layers) {
    this.model = model;
    this.el = el;
    this.layers = layers;
    this.listeners = new AbortController();
    this.spaceHeld = false;
    this.pointer = null;
    this.dress();
    this.build();
    this.follow();
    this.picture.takeSlice();
    this.showTexts();
  }

  /** Make the element a focusable control with a name. */
  dress() {
    this.el.classList.add("annotat-pen");
    this.el.tabIndex = 0;
    this.el.role = "application";
    this.el.ariaLabel = "Annotation canvas";
    this.notice = document.createElement("div");
    this.notice.className = "annotat-notice";
    this.notice.role = "status";
  }

  build() {
    const { el, listeners } = this;
    this.lifeline = new Lifeline(this);
    this.viewport = new Viewport(el, () => this.move());
    this.picture = new Picture(this);
    this.cursor = new BrushCursor(el);
    el.append(this.notice);
    this.speaker = new Speaker(el);
    this.painter = new Painter(this);
    this.shortcuts = new Shortcuts(this);
    this.gestures = new Gestures(el, this, listeners.signal);
    this.keyBrush = new KeyBrush(this);
    this.keyboard = new Keyboard(el, this, listeners.signal);
    focusOnEntry(el, listeners.signal);
    followUse(this, listeners.signal);
    this.couriers = hireCouriers((message) => this.tell(message));
  }

  /** Follow the model, the layers and the size of the element until `destroy`. */
  follow() {
    const subscriptions = [
      ...this.picture.subscriptions(),
      [this.model, "change:notice change:farewell change:key_help", () => this.showTexts()],
      [this.model, BRUSH_CHANGES, () => this.showCursor()],
      [this.model, "msg:custom", (message) => this.obey(message)],
    ];
    for (const [source, events, handle] of subscriptions) source.on(events, handle);
    this.lifeline.follow();
    this.unfollow = () => {
      for (const [source, events, handle] of subscriptions) source.off(events, handle);
    };
    // The view is made before it is attached: its size and its parents come later.
    this.observer = new ResizeObserver(() => this.picture.attach());
    this.observer.observe(this.el);
    for (const type of ["focus", "pointerenter"]) {
      this.el.addEventListener(type, () => this.picture.look(), { signal: this.listeners.signal });
    }
  }

  destroy() {
    this.listeners.abort();
    this.observer.disconnect();
    this.unfollow();
    this.lifeline.stop();
    for (const courier of Object.values(this.couriers)) courier.stop();
    this.speaker.stop();
  }

  // What the model says

  /** Why nothing can be painted, if so. */
  get obstacle() {
    return this.lifeline.state === "gone" ? this.lifeline.farewell : this.model.get("notice");
  }

  /** Take back what the kernel has not confirmed. */
  giveUp() {
    this.gestures.cancelStroke();
    this.keyBrush.leave();
    this.picture.echo.clear();
  }

  showTexts() {
    this.notice.textContent = this.obstacle;
    this.el.setAttribute("aria-description", this.model.get("key_help"));
    this.showCursor();
  }

  obey(message) {
    if (message.kind === "fit") this.viewport.fit();
    else if (message.kind === "actual size") this.viewport.actualSize();
    else if (message.kind === "zoom") this.viewport.zoomBy(message.factor);
    else if (message.kind === "handled") this.couriers[message.of].handled();
    else if (message.kind === "say") this.hear(message);
    else if (message.kind === "brush by keyboard" && isLatest(this)) this.keyBrush.toggle();
  }

  /** Tell a screen reader what the kernel says; who paints with the mouse sees it. */
  hear({ news, place }) {
    if (!this.keyBrush.isOn) return;
    if (news) this.speaker.say(news);
    else this.speaker.sayPlace(place);
  }

  /** Send a message to the kernel, if it can be reached. */
  tell(message, buffers) {
    if (this.lifeline.state === "there") this.model.send(message, undefined, buffers);
  }

  /** The view has moved. */
  move() {
    this.picture.move();
    this.showCursor();
  }

  // What the pointer does

  press(event) {
    const action = actionOf(event, this.model.get("tool"), this.spaceHeld);
    if (action !== "pan") this.keyBrush.leave();
    return this.painter.start(action, this.viewport.voxelOf(event), event.shiftKey);
  }

  drag(events) {
    this.painter.extend(events.map((event) => this.viewport.voxelOf(event)));
  }

  release() {
    this.painter.finish();
  }

  cancel() {
    this.painter.cancel();
  }

  hover(event) {
    this.pointer = { clientX: event.clientX, clientY: event.clientY };
    const voxel = this.viewport.voxelOf(event);
    this.tellHover(this.viewport.holds(voxel) ? voxel : null);
    this.showCursor();
  }

  leave() {
    this.pointer = null;
    this.tellHover(null);
    this.showCursor();
  }

  tellHover(voxel) {
    if (String(voxel) === String(this.hovered)) return;
    this.hovered = voxel;
    this.couriers.hover.post(voxel);
  }

  pan(dx, dy) {
    this.viewport.panBy(dx, dy);
  }

  zoom(event, factor) {
    this.viewport.zoomAt(...this.viewport.positionOf(event), factor);
  }

  scroll(steps) {
    this.couriers.wheel.post(steps);
  }

  // What the cursor shows

  showCursor() {
    const tool = this.spaceHeld ? "move" : this.model.get("tool");
    this.el.dataset.tool = this.obstacle ? "none" : tool;
    const brushes = tool === "paint" || tool === "erase";
    const crossed = this.keyBrush.isActive;
    const voxel = crossed ? this.keyBrush.voxel : brushes && this.pointedVoxel();
    if (!voxel || this.obstacle) return this.cursor.hide();
    const radius = brushes ? this.model.get("radius") : 0;
    const brush = { radius, color: this.painter.brushColor(), erases: tool === "erase", crossed };
    return this.cursor.show(voxel, this.viewport, brush);
  }

  /** The voxel under the pointer, also beside the slice; null without a pointer. */
  pointedVoxel() {
    return this.pointer && this.viewport.voxelOf(this.pointer);
  }

  // What the keys do

  escape() {
    if (!this.gestures.cancelStroke() && !this.keyBrush.escape()) leave(this.el);
  }

  blur() {
    this.holdSpace(false);
    this.keyBrush.finish();
  }

  holdSpace(held) {
    this.spaceHeld = held;
    this.showCursor();
  }

  /** Act on a key. Returns whether the canvas knows it. */
  pressKey(event) {
    if (this.keyBrush.press(event)) return true;
    if (event.key !== " ") return this.shortcuts.press(event);
    this.holdSpace(true);
    return true;
  }

  liftKey(event) {
    if (event.key === " ") this.holdSpace(false);
    this.keyBrush.lift(event);
  }

  zoomByKey(factor) {
    if (this.keyBrush.isActive) this.viewport.zoomAtVoxel(this.keyBrush.voxel, factor);
    else this.viewport.zoomBy(factor);
  }
}

export default {
  /** Once per page: mend the layers first, then let the kernel paint them. */
  async initialize({ model }) {
    mendLayers(await findLayers(model));
    model.send({ kind: "ready" });
  },

  /** Once per view. */
  async render({ model, el }) {
    const view = new PenView(model, el, await findLayers(model));
    return () => view.destroy();
  },
};
