// What the kernel shows, as one view of it: the bitmaps, their colours, and the echo above them.

import { Bitmaps, isSameTile, tileOf } from "./bitmaps.js";
import { Echo } from "./echo.js";
import { isLatest } from "./latest_view.js";
import { Display, numberOf } from "./layers.js";

/** Keeps all that is seen in step with the model and with the view of a pen. */
export class Picture {
  constructor(pen) {
    this.pen = pen;
    this.model = pen.model;
    this.layers = pen.layers;
    this.viewport = pen.viewport;
    this.echo = new Echo(pen.el);
    this.echo.sliceId = numberOf(this.layers.slice);
    this.display = new Display(pen.el);
    this.bitmaps = new Bitmaps(this.layers, this.viewport, this.echo);
  }

  /** What to do on which events of the model and its layers. */
  subscriptions() {
    const { slice, markers, all } = this.layers;
    return [
      [this.model, "change:width change:height change:aspect", () => this.takeSlice()],
      [this.model, "change:window change:colormap", () => this.showColors()],
      [this.model, "change:opacity change:visible", () => this.showLayers()],
      [slice, "new-frame", () => this.noticeSlice(numberOf(slice))],
      [markers, "change:width change:height", () => this.showEcho()],
      ...all.map((layer, i) => [layer, "new-frame", () => this.bitmaps.refresh(i)]),
      [markers, "new-frame", () => this.noticeMarkers()],
    ];
  }

  /** The element has come into its place, or has another size. */
  attach() {
    this.display.muteLayers();
    this.viewport.measure();
    this.bitmaps.layAll();
    this.showColors();
    this.showLayers();
  }

  takeSlice() {
    const [width, height] = [this.model.get("width"), this.model.get("height")];
    const isOther = width !== this.viewport.size.width || height !== this.viewport.size.height;
    if (isOther) this.pen.gestures.cancelStroke();
    this.viewport.setSlice(width, height, this.model.get("aspect"));
    if (!isOther) return;
    this.pen.keyBrush.changeShape();
    this.showEcho();
  }

  /** Let the echo lie exactly over the markers. */
  showEcho() {
    const { markers } = this.layers;
    const [width, height] = [markers.get("width"), markers.get("height")];
    this.echo.showTile(tileOf(markers), this.viewport.size, width, height);
    this.bitmaps.layAll();
  }

  noticeMarkers() {
    const { markers } = this.layers;
    if (!isSameTile(tileOf(markers), this.echo.tile)) this.showEcho();
    this.echo.acknowledge(numberOf(markers));
  }

  noticeSlice(id) {
    if (id === this.echo.sliceId) return;
    this.pen.keyBrush.changeSlice();
    this.echo.setSlice(id);
  }

  showColors() {
    const bytes = this.model.get("colormap");
    const map = bytes?.byteLength ? new Uint8Array(bytes.buffer, bytes.byteOffset, 768) : null;
    this.display.setColors(this.model.get("window"), map);
  }

  showLayers() {
    this.display.setLayers(this.model.get("opacity"), this.model.get("visible"));
  }

  /** The view has moved: the bitmaps follow, and the kernel hears where one looks. */
  move() {
    this.bitmaps.layAll();
    this.look();
  }

  /** Of a slice that is too large for one bitmap, tell the kernel what is seen. */
  look() {
    const { size, frame } = this.viewport;
    const { slice } = this.layers;
    const isWhole = slice.get("width") >= size.width && slice.get("height") >= size.height;
    if (isWhole || !frame.width || !isLatest(this.pen)) return;
    const seen = this.viewport.seen();
    this.pen.couriers.look.post({ shape: [size.height, size.width], seen });
  }
}
