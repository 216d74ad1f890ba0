// Where the bitmaps lie on the slice: each may show a part of it, or show it coarsely.

const LAYERS_PER_SHEET = 5;
const LINES = 3; // which of them holds the boundaries

/**
 * The voxel that the first pixel of a layer shows, and how many voxels wide a pixel is; see
 * LayerStack.place in layers.py.
 */
export function tileOf(layer) {
  const { shadowOffsetY: top, shadowOffsetX: left, shadowBlur } = layer.ctx;
  return { top, left, step: shadowBlur || 1 };
}

export function isSameTile(a, b) {
  return a.top === b.top && a.left === b.left && a.step === b.step;
}

/** Lays the bitmaps of a view, and its echo, over the voxels that they show. */
export class Bitmaps {
  constructor(layers, viewport, echo) {
    this.layers = layers;
    this.viewport = viewport;
    this.echo = echo;
    this.tiles = layers.all.map(tileOf);
  }

  /** Look which tile a layer shows now. */
  refresh(index) {
    const tile = tileOf(this.layers.all[index]);
    if (isSameTile(tile, this.tiles[index])) return;
    this.tiles[index] = tile;
    this.lay(index);
  }

  /** Lay all of them anew, after the view has moved. */
  layAll() {
    this.tiles.forEach((_, index) => this.lay(index));
    this.place(this.echo.canvas, this.echo.tile, false);
  }

  lay(index) {
    const canvas = this.viewport.stack?.querySelectorAll(":scope > canvas")[index];
    if (canvas) this.place(canvas, this.tiles[index], index % LAYERS_PER_SHEET === LINES);
  }

  place({ style }, tile, isLines) {
    const { viewport } = this;
    const [dx, dy] = viewport.offsetOf(tile);
    const pixel = viewport.zoom * tile.step * window.devicePixelRatio;
    // Lines thinner than a pixel of the screen fade, instead of falling out here and there; a
    // coarse picture is smoothed until a finer one comes.
    const isCrisp = isLines ? pixel >= 2 : pixel >= 1 && tile.step === 1;
    style.setProperty("--annotat-dx", `${dx}px`);
    style.setProperty("--annotat-dy", `${dy}px`);
    style.setProperty("--annotat-step", tile.step);
    style.setProperty("--annotat-rendering", isCrisp ? "pixelated" : "auto");
  }
}
