// The pen of the slice canvas: what the user does appears at once, and the kernel is told.

import { Courier } from "./courier.js";
import { BrushCursor } from "./cursor.js";
import { Echo } from "./echo.js";
import { actionOf, Gestures } from "./gestures.js";
import { entryOf, focusOnEntry, Keyboard, keyName, leave, normalName } from "./keys.js";
import { Display, findLayers, mendLayers, numberOf } from "./layers.js";
import { diskHalfWidths, packColor } from "./raster.js";
import { Viewport } from "./viewport.js";

const WHEEL_DELAY = 30; // milliseconds over which steps of the wheel are collected
const HOVER_DELAY = 100;
const VEIL = 150; // opacity of voxels being erased
const KERNEL_GONE = "The kernel is gone. What was saved is on disk: run the cells again to go on.";
const BRUSH_CHANGES = "change:tool change:radius change:label change:palette";
const MISSING_COLOR = "#ff0000";

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
    this.refresh();
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
    this.echo = new Echo(el);
    this.cursor = new BrushCursor(el);
    el.append(this.notice);
    this.display = new Display(el);
    this.viewport = new Viewport(el, () => this.showCursor());
    this.gestures = new Gestures(el, this, listeners.signal);
    this.keyboard = new Keyboard(el, this, listeners.signal);
    focusOnEntry(el, listeners.signal);
    this.couriers = this.hireCouriers();
  }

  hireCouriers() {
    const send = (kind) => (value) => this.tell({ kind, value });
    const add = (a, b) => a + b;
    return {
      wheel: new Courier(send("wheel"), { delay: WHEEL_DELAY, merge: add }),
      hover: new Courier(send("hover"), { delay: HOVER_DELAY }),
      key: new Courier(send("key"), { delay: 0 }),
    };
  }

  /** Follow the model, the layers and the size of the element until `destroy`. */
  follow() {
    const { slice, markers } = this.layers;
    const subscriptions = [
      [this.model, "change:width change:height change:aspect", () => this.takeSlice()],
      [this.model, "change:fineness", () => this.takeFineness()],
      [this.model, "change:window change:colormap", () => this.showColors()],
      [this.model, "change:opacity change:visible", () => this.showLayers()],
      [this.model, "change:notice change:key_help", () => this.showTexts()],
      [this.model, BRUSH_CHANGES, () => this.showCursor()],
      [this.model, "msg:custom", (message) => this.obey(message)],
      [slice, "comm_live_update", () => this.noticeLoss()],
      [slice, "new-frame", () => this.echo.setSlice(numberOf(slice))],
      [markers, "new-frame", () => this.echo.acknowledge(numberOf(markers))],
    ];
    for (const [source, events, handle] of subscriptions) source.on(events, handle);
    this.unfollow = () => {
      for (const [source, events, handle] of subscriptions) source.off(events, handle);
    };
    // The view is made before it is attached: its size and its parents come later.
    this.observer = new ResizeObserver(() => this.attach());
    this.observer.observe(this.el);
  }

  attach() {
    this.display.muteLayers();
    this.viewport.measure();
    this.showColors();
    this.showLayers();
  }

  refresh() {
    this.echo.sliceId = numberOf(this.layers.slice);
    this.takeSlice();
    this.takeFineness();
    this.showTexts();
  }

  destroy() {
    this.listeners.abort();
    this.observer.disconnect();
    this.unfollow();
    for (const courier of Object.values(this.couriers)) courier.stop();
  }

  // What the model says

  takeSlice() {
    const [width, height] = [this.model.get("width"), this.model.get("height")];
    if (!this.echo.fits(width, height)) {
      this.gestures.cancelStroke();
      this.echo.resize(width, height);
    }
    this.viewport.setSlice(width, height, this.model.get("aspect"));
  }

  takeFineness() {
    this.viewport.setFineness(this.model.get("fineness"));
  }

  showColors() {
    const bytes = this.model.get("colormap");
    const map = bytes?.byteLength ? new Uint8Array(bytes.buffer, bytes.byteOffset, 768) : null;
    this.display.setColors(this.model.get("window"), map);
  }

  showLayers() {
    this.display.setLayers(this.model.get("opacity"), this.model.get("visible"));
  }

  /** Why nothing can be painted, if so. */
  get obstacle() {
    return this.layers.slice.comm_live ? this.model.get("notice") : KERNEL_GONE;
  }

  /** Without a kernel nothing is kept: take back what it has not confirmed, and say so. */
  noticeLoss() {
    if (!this.layers.slice.comm_live) {
      this.gestures.cancelStroke();
      this.echo.clear();
    }
    this.showTexts();
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
  }

  /** Send a message to the kernel, if there is one. */
  tell(message, buffers) {
    if (this.layers.slice.comm_live) this.model.send(message, undefined, buffers);
  }

  // What the pointer does

  press(event) {
    const action = actionOf(event, this.model.get("tool"), this.spaceHeld);
    if (action === "pan") return "pan";
    if (!action || this.obstacle) return null;
    const voxel = this.viewport.voxelOf(event);
    if (action === "pick" || action === "center") return this.click(action, voxel, event.shiftKey);
    this.echo.begin(this.newStroke(action, voxel));
    return "stroke";
  }

  click(kind, voxel, shift) {
    if (this.viewport.holds(voxel)) this.tell({ kind, voxel, shift });
    return null;
  }

  newStroke(action, voxel) {
    const [radius, label] = [this.model.get("radius"), this.model.get("label")];
    const veil = () => packColor(this.model.get("erase_color"), VEIL);
    const color = action === "paint" ? packColor(this.brushColor()) : veil();
    return { action, radius, label, color, points: voxel, halfWidths: diskHalfWidths(radius) };
  }

  drag(events) {
    this.echo.extend(events.map((event) => this.viewport.voxelOf(event)));
  }

  release() {
    const { points, id, action, radius, label, sliceId: slice_id } = this.echo.finish();
    const message = { kind: "stroke", id, action, radius, label, slice_id };
    this.tell(message, [new Int32Array(points).buffer]);
  }

  cancel() {
    this.echo.cancel();
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
    if (!brushes || !this.pointer || this.obstacle) return this.cursor.hide();
    const erases = tool === "erase";
    const brush = { radius: this.model.get("radius"), color: this.brushColor(), erases };
    return this.cursor.show(this.viewport.voxelOf(this.pointer), this.viewport, brush);
  }

  brushColor() {
    return this.model.get("palette")[this.model.get("label")] ?? MISSING_COLOR;
  }

  // What the keys do

  escape() {
    if (!this.gestures.cancelStroke()) leave(this.el);
  }

  holdSpace(held) {
    this.spaceHeld = held;
    this.showCursor();
  }

  /** Act on a key. Returns whether the canvas knows it. */
  pressKey(event) {
    const name = keyName(event);
    const sets = entryOf(this.model.get("key_sets"), name);
    const steps = entryOf(this.model.get("key_steps"), name);
    const shortcut = this.model.get("shortcuts").find((known) => normalName(known) === name);
    if (sets) this.setTraits(sets);
    if (steps) this.setTraits(this.stepped(steps));
    if (shortcut) this.tellKey(shortcut, event.repeat);
    return Boolean(sets || steps || shortcut);
  }

  /** Tell the kernel of a key; a key held down waits until it has handled the last one. */
  tellKey(shortcut, repeated) {
    if (repeated) this.couriers.key.post(shortcut);
    else this.tell({ kind: "key", value: shortcut });
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
