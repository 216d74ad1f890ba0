// The instant picture of strokes that the kernel has not painted yet.

import { isSameTile } from "./bitmaps.js";
import { Raster } from "./raster.js";

const LAST_ID = 2 ** 24; // the kernel answers through a number that the browser keeps as float32

// A random start keeps the strokes of two pages on one kernel apart.
let nextId = 1 + Math.floor((Math.random() * LAST_ID) / 2);

function newId() {
  nextId = nextId < LAST_ID - 1 ? nextId + 1 : 1;
  return nextId;
}

/** A canvas, like the layer of the markers, with the live stroke and the unacknowledged ones. */
export class Echo {
  constructor(host) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "annotat-echo";
    this.context = this.canvas.getContext("2d");
    this.pending = [];
    this.live = null;
    this.sliceId = 0;
    host.append(this.canvas);
    this.size = { width: 0, height: 0 };
    this.resize(1, 1);
  }

  get tile() {
    return this.raster.tile;
  }

  /** Show a tile of a slice of `size` as a layer of `width` and `height` does. */
  showTile(tile, size, width, height) {
    const isOtherSlice = size.width !== this.size.width || size.height !== this.size.height;
    const isResized = width !== this.raster.width || height !== this.raster.height;
    if (!isOtherSlice && !isResized && isSameTile(tile, this.tile)) return;
    if (isOtherSlice) this.forget();
    this.size = { ...size };
    if (isResized) this.resize(width, height);
    else this.raster.clear();
    this.raster.setTile(tile, size);
    this.redraw();
  }

  resize(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.raster = new Raster(width, height);
  }

  /** Give up all strokes. */
  forget() {
    this.pending = [];
    this.live = null;
  }

  /** Begin the live stroke. */
  begin(stroke) {
    this.live = { ...stroke, sliceId: this.sliceId };
    this.draw(0);
  }

  /** Add voxels [y, x] to the live stroke. */
  extend(voxels) {
    const { points } = this.live;
    const from = points.length;
    for (const [y, x] of voxels) {
      if (y !== points.at(-2) || x !== points.at(-1)) points.push(y, x);
    }
    if (points.length > from) this.draw(from);
  }

  draw(from) {
    this.raster.draw(this.live, from);
    this.raster.flush(this.context);
  }

  /** End the live stroke; it stays visible until it is acknowledged. */
  finish() {
    const stroke = { ...this.live, id: newId() };
    this.pending.push(stroke);
    this.live = null;
    return stroke;
  }

  cancel() {
    this.live = null;
    this.redraw();
  }

  /** Drop the stroke with this id and those before it; ids of other pages are unknown here. */
  acknowledge(id) {
    const last = this.pending.findIndex((stroke) => stroke.id === id);
    if (last < 0) return;
    this.pending.splice(0, last + 1);
    this.redraw();
  }

  /** Drop all echoes. */
  clear() {
    this.pending = [];
    this.redraw();
  }

  /** Note which slice is on screen; echoes belong to the slice that they were drawn on. */
  setSlice(sliceId) {
    if (sliceId === this.sliceId) return;
    this.sliceId = sliceId;
    this.redraw();
  }

  redraw() {
    this.raster.clear();
    for (const stroke of [...this.pending, this.live]) {
      if (stroke?.sliceId === this.sliceId) this.raster.draw(stroke);
    }
    this.raster.flush(this.context);
  }
}
