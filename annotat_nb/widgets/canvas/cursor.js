// The outline of the voxels that the brush would mark.

import { diskHalfWidths } from "./raster.js";

export const SVG = "http://www.w3.org/2000/svg";

/** Path around a disk of voxels, in voxel units, its centre voxel being (0, 0) to (1, 1). */
export function outlinePath(halfWidths) {
  const radius = halfWidths.length >> 1;
  const right = [];
  const left = [];
  halfWidths.forEach((reach, row) => {
    const y = row - radius;
    right.push(`${reach + 1} ${y}`, `${reach + 1} ${y + 1}`);
    left.unshift(`${-reach} ${y + 1}`, `${-reach} ${y}`);
  });
  return `M${[...right, ...left].join("L")}Z`;
}

const ARM = 24; // pixels of each arm of the cross
const GAP = 3; // pixels between cross and footprint

/** Four arms around a footprint that reaches `across` and `down` pixels from (x, y). */
export function crossPath(x, y, across, down) {
  const [left, right] = [x - across - GAP, x + across + GAP];
  const [top, bottom] = [y - down - GAP, y + down + GAP];
  return (
    `M${left - ARM} ${y}H${left}M${right} ${y}H${right + ARM}` +
    `M${x} ${top - ARM}V${top}M${x} ${bottom}V${bottom + ARM}`
  );
}

/**
 * The brush cursor: exact footprint, in the colour of the class, between two dark lines. Under
 * the keyboard's control it has a cross around it, since no hand tells the eye where it is.
 */
export class BrushCursor {
  constructor(host) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("annotat-cursor");
    this.paths = ["annotat-cursor-edge", "annotat-cursor-line"].map((name) => this.addPath(name));
    this.crosses = ["annotat-cross-edge", "annotat-cross-line"].map((name) => this.addPath(name));
    this.radius = -1;
    host.append(this.svg);
    this.hide();
  }

  addPath(className) {
    const path = document.createElementNS(SVG, "path");
    path.classList.add(className);
    this.svg.append(path);
    return path;
  }

  hide() {
    this.svg.style.display = "none";
  }

  /** Show the footprint at voxel (y, x), and a cross around it if `crossed`. */
  show([y, x], viewport, { radius, color, erases, crossed }) {
    const [scaleX, scaleY] = [viewport.zoom, viewport.zoom * viewport.size.aspect];
    this.setRadius(radius);
    this.svg.style.display = "";
    this.svg.classList.toggle("annotat-erases", erases);
    this.svg.style.setProperty("--annotat-brush", color);
    const position = `translate(${viewport.x + x * scaleX} ${viewport.y + y * scaleY})`;
    for (const path of this.paths) {
      path.setAttribute("transform", `${position} scale(${scaleX} ${scaleY})`);
    }
    const middle = [viewport.x + (x + 0.5) * scaleX, viewport.y + (y + 0.5) * scaleY];
    const reach = [(radius + 0.5) * scaleX, (radius + 0.5) * scaleY];
    const cross = crossed ? crossPath(...middle, ...reach) : "";
    for (const path of this.crosses) path.setAttribute("d", cross);
  }

  setRadius(radius) {
    if (radius === this.radius) return;
    this.radius = radius;
    const outline = outlinePath(diskHalfWidths(radius));
    for (const path of this.paths) path.setAttribute("d", outline);
  }
}
