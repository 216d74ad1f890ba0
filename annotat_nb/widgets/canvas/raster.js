// Which voxels a stroke marks; the same rule, voxel for voxel, as annotation/raster.py.

/**
 * How far a disk reaches left and right of its centre, for each row: dy² + dx² ≤ r².
 * @param {number} radius whole number of voxels
 * @returns {Int32Array} rows -radius to radius
 */
export function diskHalfWidths(radius) {
  const widths = new Int32Array(2 * radius + 1);
  for (let dy = -radius; dy <= radius; dy++) {
    let dx = 0;
    while (dy * dy + (dx + 1) * (dx + 1) <= radius * radius) dx++;
    widths[dy + radius] = dx;
  }
  return widths;
}

/**
 * Visit the voxels of Bresenham's line between two voxels, both ends included.
 * @param {(y: number, x: number) => void} visit
 */
export function eachLinePoint(y0, x0, y1, x1, visit) {
  const dy = Math.abs(y1 - y0);
  const dx = Math.abs(x1 - x0);
  const steps = Math.max(dy, dx);
  const offset = (distance, i) => Math.floor((2 * distance * i + steps) / (2 * steps));
  for (let i = 0; i < steps; i++) {
    visit(y0 + Math.sign(y1 - y0) * offset(dy, i), x0 + Math.sign(x1 - x0) * offset(dx, i));
  }
  visit(y1, x1);
}

/** Pack "#rrggbb" and an opacity into the 32 bits of a canvas pixel. */
export function packColor(hex, alpha = 255) {
  const rgb = parseInt(hex.slice(1), 16);
  return ((alpha << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
}

/**
 * A bitmap that strokes are stamped into, without the soft edges of a canvas path. It shows a tile
 * of a slice: from voxel (top, left) on, each pixel `step` voxels wide.
 * It remembers which rectangle has changed since the last flush and since the last clear.
 */
export class Raster {
  constructor(width, height) {
    this.setTile({ top: 0, left: 0, step: 1 }, { width, height });
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.dirty = emptyBox();
    this.drawn = emptyBox();
  }

  /** Show another tile of a slice of `size`; what is drawn outside the slice is not shown. */
  setTile({ top, left, step }, size) {
    this.tile = { top, left, step };
    this.rows = Math.ceil((size.height - top) / step);
    this.columns = Math.ceil((size.width - left) / step);
  }

  /**
   * Stamp a stroke, or what was added to it.
   * @param {{points: number[], halfWidths: Int32Array, color: number}} stroke points as y, x, y, x
   * @param {number} from index of the first new coordinate
   */
  draw(stroke, from = 0) {
    const { points } = stroke;
    const stamp = (y, x) => this.stamp(y, x, stroke.halfWidths, stroke.color);
    if (from === 0) stamp(points[0], points[1]);
    for (let i = Math.max(2, from); i < points.length; i += 2) {
      eachLinePoint(points[i - 2], points[i - 1], points[i], points[i + 1], stamp);
    }
  }

  /** Stamp one disk, row by row: each pixel that shows one of its voxels. */
  stamp(y, x, halfWidths, color) {
    const radius = halfWidths.length >> 1;
    const { top, left, step } = this.tile;
    const [height, width] = [Math.min(this.height, this.rows), Math.min(this.width, this.columns)];
    const pixel = (distance, length) => clamp(Math.floor(distance / step), 0, length);
    for (let dy = -radius; dy <= radius; dy++) {
      const row = Math.floor((y + dy - top) / step);
      if (row < 0 || row >= height) continue;
      const reach = halfWidths[dy + radius];
      const first = pixel(x - reach - left, width);
      const stop = pixel(x + reach - left + step, width);
      if (stop > first) this.pixels.fill(color, row * this.width + first, row * this.width + stop);
    }
    this.touch(
      pixel(y - radius - top, height),
      pixel(x - radius - left, width),
      pixel(y + radius - top + step, height),
      pixel(x + radius - left + step, width),
    );
  }

  /** Make everything transparent again. */
  clear() {
    const { top, left, bottom, right } = this.drawn;
    for (let row = top; row < bottom; row++) {
      this.pixels.fill(0, row * this.width + left, row * this.width + right);
    }
    growBox(this.dirty, this.drawn);
    this.drawn = emptyBox();
  }

  touch(top, left, bottom, right) {
    if (bottom <= top || right <= left) return;
    growBox(this.dirty, { top, left, bottom, right });
    growBox(this.drawn, { top, left, bottom, right });
  }

  /** Copy what has changed to a canvas of the same size. */
  flush(context) {
    const { top, left, bottom, right } = this.dirty;
    if (bottom > top) {
      context.putImageData(this.image, 0, 0, left, top, right - left, bottom - top);
    }
    this.dirty = emptyBox();
  }
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

function emptyBox() {
  return { top: Infinity, left: Infinity, bottom: -Infinity, right: -Infinity };
}

function growBox(box, other) {
  box.top = Math.min(box.top, other.top);
  box.left = Math.min(box.left, other.left);
  box.bottom = Math.max(box.bottom, other.bottom);
  box.right = Math.max(box.right, other.right);
}
