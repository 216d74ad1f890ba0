// Strokes and clicks, whatever hand draws them.

import { diskHalfWidths, packColor } from "./raster.js";

const VEIL = 150; // opacity of voxels being erased
const MISSING_COLOR = "#ff0000";

/** Turns presses at voxels into strokes, which are seen at once and told to the kernel. */
export class Painter {
  constructor(pen) {
    this.pen = pen;
    this.model = pen.model;
    this.echo = pen.picture.echo;
  }

  /** Begin an action at a voxel. Returns what it becomes: "pan", "stroke" or null. */
  start(action, voxel, shift) {
    if (action === "pan") return "pan";
    if (!action || this.pen.obstacle) return null;
    if (action === "pick" || action === "center") return this.click(action, voxel, shift);
    this.echo.begin(this.newStroke(action, voxel));
    return "stroke";
  }

  get isDrawing() {
    return Boolean(this.echo.live);
  }

  click(kind, voxel, shift) {
    if (this.pen.viewport.holds(voxel)) this.pen.tell({ kind, voxel, shift });
    return null;
  }

  newStroke(action, voxel) {
    const [radius, label] = [this.model.get("radius"), this.model.get("label")];
    const veil = () => packColor(this.model.get("erase_color"), VEIL);
    const color = action === "paint" ? packColor(this.brushColor()) : veil();
    return { action, radius, label, color, points: voxel, halfWidths: diskHalfWidths(radius) };
  }

  /** Draw on through voxels [y, x]. */
  extend(voxels) {
    this.echo.extend(voxels);
  }

  finish() {
    this.send(this.echo.finish());
    this.pen.lifeline.tell();
  }

  send({ points, id, action, radius, label, sliceId: slice_id }) {
    const message = { kind: "stroke", id, action, radius, label, slice_id };
    this.pen.tell(message, [new Int32Array(points).buffer]);
  }

  cancel() {
    this.echo.cancel();
  }

  brushColor() {
    return this.model.get("palette")[this.model.get("label")] ?? MISSING_COLOR;
  }
}
