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

/** The brush cursor: exact footprint, in the colour of the class, between two dark lines. */
export class BrushCursor {
  constructor(host) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("annotat-cursor");
    this.paths = ["annotat-cursor-edge", "annotat-cursor-line"].map((name) => this.addPath(name));
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

  /** Show the footprint at voxel (y, x). */
  show([y, x], viewport, { radius, color, erases }) {
    const [scaleX, scaleY] = [viewport.zoom, viewport.zoom * viewport.size.aspect];
    this.setRadius(radius);
    this.svg.style.display = "";
    this.svg.classList.toggle("annotat-erases", erases);
    this.svg.style.setProperty("--annotat-brush", color);
    const position = `translate(${viewport.x + x * scaleX} ${viewport.y + y * scaleY})`;
    for (const path of this.paths) {
      path.setAttribute("transform", `${position} scale(${scaleX} ${scaleY})`);
    }
  }

  setRadius(radius) {
    if (radius === this.radius) return;
    this.radius = radius;
    const outline = outlinePath(diskHalfWidths(radius));
    for (const path of this.paths) path.setAttribute("d", outline);
  }
}
