// Where the slice lies on the screen: zoom and pan, one per view.

const MIN_ZOOM = 0.02;
const MAX_ZOOM = 64;

/**
 * Zoom and position of a slice in an element, in CSS pixels. It writes them as CSS variables that
 * all layers share, so that zooming and panning cost no redraw.
 */
export class Viewport {
  /**
   * @param {HTMLElement} el the pen
   * @param {() => void} changed called after each move
   */
  constructor(el, changed) {
    this.el = el;
    this.changed = changed;
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.fitted = true;
    this.size = { width: 0, height: 0, aspect: 1 };
    this.frame = { width: 0, height: 0 };
  }

  /** What holds the pen and the bitmaps; null until the view is attached. */
  get stack() {
    return this.el.closest(".annotat-stack");
  }

  /** Take another slice shape; `aspect` is the height of a voxel over its width. */
  setSlice(width, height, aspect) {
    this.size = { width, height, aspect };
    this.fit();
  }

  /** Take the size of the element, which is unknown until it is attached and visible. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.el;
    if (!width || !height) return;
    const before = this.frame;
    this.frame = { width, height };
    if (this.fitted || !before.width) this.fit();
    else this.panBy((width - before.width) / 2, (height - before.height) / 2);
  }

  /** Show the whole slice. */
  fit() {
    const { width, height, aspect } = this.size;
    if (!width || !this.frame.width) return;
    const zoom = Math.min(this.frame.width / width, this.frame.height / (height * aspect));
    this.centerAt(zoom);
    this.fitted = true;
  }

  /** Show one voxel as one pixel of the screen. */
  actualSize() {
    this.zoomBy(1 / window.devicePixelRatio / this.zoom);
  }

  centerAt(zoom) {
    this.zoom = zoom;
    this.x = (this.frame.width - this.size.width * zoom) / 2;
    this.y = (this.frame.height - this.size.height * zoom * this.size.aspect) / 2;
    this.apply();
  }

  /** Enlarge about the middle of the element. */
  zoomBy(factor) {
    this.zoomAt(this.frame.width / 2, this.frame.height / 2, factor);
  }

  /** Enlarge so that what lies at (x, y) of the element stays there. */
  zoomAt(x, y, factor) {
    const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.zoom * factor));
    this.x = x - ((x - this.x) * zoom) / this.zoom;
    this.y = y - ((y - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.fitted = false;
    this.apply();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.apply();
  }

  /** Position of a pointer event in the element. */
  positionOf(event) {
    const box = this.el.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** Voxel (y, x) under a pointer event; it may lie outside the slice. */
  voxelOf(event) {
    const [x, y] = this.positionOf(event);
    const row = Math.floor((y - this.y) / (this.zoom * this.size.aspect));
    return [row, Math.floor((x - this.x) / this.zoom)];
  }

  /** Whether a voxel (y, x) lies in the slice. */
  holds([y, x]) {
    return y >= 0 && x >= 0 && y < this.size.height && x < this.size.width;
  }

  /** The voxel of the slice that is nearest to (y, x). */
  clamp([y, x]) {
    const { height, width } = this.size;
    return [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, x))];
  }

  /** The voxel in the middle of what is seen. */
  middle() {
    const y = (this.frame.height / 2 - this.y) / (this.zoom * this.size.aspect);
    return this.clamp([Math.floor(y), Math.floor((this.frame.width / 2 - this.x) / this.zoom)]);
  }

  /** Move as little as needed to have voxel (y, x) at least `margin` pixels from the edges. */
  reveal([y, x], margin) {
    const { frame, size, zoom } = this;
    const down = zoom * size.aspect;
    const dx = shift(this.x + (x + 0.5) * zoom, frame.width, size.width * zoom, margin);
    const dy = shift(this.y + (y + 0.5) * down, frame.height, size.height * down, margin);
    if (dx || dy) this.panBy(dx, dy);
  }

  /** Whether row `y` is in the lower half of what is seen. */
  isLow(y) {
    return this.y + (y + 0.5) * this.zoom * this.size.aspect > this.frame.height / 2;
  }

  /** Enlarge about voxel (y, x). */
  zoomAtVoxel([y, x], factor) {
    const [across, down] = [this.zoom, this.zoom * this.size.aspect];
    this.zoomAt(this.x + (x + 0.5) * across, this.y + (y + 0.5) * down, factor);
  }

  /** What is seen of the slice: top, left, bottom and right in voxels, and pixels for a voxel. */
  seen() {
    const { zoom, frame, size } = this;
    const down = zoom * size.aspect;
    const inside = (value, extent) => Math.min(extent, Math.max(0, value));
    return [
      inside(Math.floor(-this.y / down), size.height),
      inside(Math.floor(-this.x / zoom), size.width),
      inside(Math.ceil((frame.height - this.y) / down), size.height),
      inside(Math.ceil((frame.width - this.x) / zoom), size.width),
      Math.max(zoom, down) * window.devicePixelRatio,
    ];
  }

  /** How far right and down of the slice's corner a tile lies, to a pixel of the screen. */
  offsetOf({ top, left }) {
    const down = this.zoom * this.size.aspect;
    return [toPixel(left * this.zoom), toPixel(top * down)];
  }

  apply() {
    this.alignToScreen();
    const { style } = this.stack ?? this.el;
    style.setProperty("--annotat-x", `${this.x}px`);
    style.setProperty("--annotat-y", `${this.y}px`);
    style.setProperty("--annotat-zoom-x", this.zoom);
    style.setProperty("--annotat-zoom-y", this.zoom * this.size.aspect);
    this.changed();
  }

  /** Put the corner on a whole pixel of the screen, else every edge of a voxel is blurred. */
  alignToScreen() {
    const ratio = window.devicePixelRatio;
    const box = this.el.getBoundingClientRect();
    this.x = Math.round((box.left + this.x) * ratio) / ratio - box.left;
    this.y = Math.round((box.top + this.y) * ratio) / ratio - box.top;
  }
}

/** Round a length to whole pixels of the screen. */
function toPixel(length) {
  return Math.round(length * window.devicePixelRatio) / window.devicePixelRatio;
}

/** How far a position has to move to be seen; a picture that fits into the frame needs no margin. */
function shift(position, frame, picture, margin) {
  const inset = picture > frame + 1 ? Math.min(margin, frame / 2) : 0;
  return Math.min(Math.max(position, inset), frame - inset) - position;
}
