// The ipycanvas layers below the pen, seen from the browser.

import { SVG } from "./cursor.js";

const NAMES = ["slice", "labels", "uncertainty", "boundaries", "markers"];

/**
 * Find the models of the layers, by name and `all` of them, with those of the coarse picture;
 * after a reload they may appear a little after the pen.
 */
export async function findLayers(model) {
  const all = await Promise.all(model.get("layers").map((id) => findModel(model.widget_manager, id)));
  return { ...Object.fromEntries(NAMES.map((name, i) => [name, all[i]])), all };
}

async function findModel(manager, id, attempts = 100) {
  try {
    return await manager.get_model(id);
  } catch (error) {
    if (attempts <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return findModel(manager, id, attempts - 1);
  }
}

/** Mend two faults of ipycanvas, by which one bad picture stops all later drawing. */
export function mendLayers(layers) {
  for (const layer of layers.all) layer.putImageData = putPicture;
  keepQueueAlive(layers.slice.get("_canvas_manager"));
}

/** Draw an encoded picture. The original waits for ever for a bad one and leaks its address. */
async function putPicture([x, y], [bytes]) {
  try {
    const bitmap = await createImageBitmap(new Blob([bytes]));
    this.ctx.drawImage(bitmap, x, y);
    bitmap.close();
  } catch (error) {
    console.warn("A picture could not be decoded and was left out.", error);
  }
}

/** Let drawing go on after a command that failed: in the original the queue stays rejected. */
function keepQueueAlive(queue) {
  if (queue.annotatMended) return;
  queue.annotatMended = true;
  const { onCommand } = queue;
  queue.onCommand = async function (...message) {
    try {
      await onCommand.apply(this, message);
    } catch (error) {
      console.warn("A drawing command failed and was left out.", error);
    }
  };
}

/** The number that came with the picture now on a layer; see LayerStack.mark in layers.py. */
export function numberOf(layer) {
  return layer.ctx.lineDashOffset;
}

/** Window and colour map of the slice, opacity and visibility of all layers: no kernel needed. */
export class Display {
  constructor(el) {
    this.el = el;
    this.id = `annotat-colors-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("annotat-filter");
    this.svg.innerHTML =
      `<filter id="${this.id}" x="0" y="0" width="1" height="1"` +
      ' color-interpolation-filters="sRGB"><feComponentTransfer>' +
      ["R", "G", "B"].map((c) => `<feFunc${c} type="table"/>`).join("") +
      "</feComponentTransfer></filter>";
    el.append(this.svg);
  }

  get stack() {
    return this.el.closest(".annotat-stack");
  }

  /** Colour grey values: below `low` the first entry of the map, from `high` on the last. */
  setColors([low, high], colormap) {
    const levels = Array.from({ length: 256 }, (_, grey) => windowed(grey, low, high));
    this.svg.querySelectorAll("[type=table]").forEach((channel, i) => {
      const values = levels.map((level) => (colormap ? colormap[3 * level + i] : level));
      channel.setAttribute("tableValues", values.map(toShare).join(" "));
    });
    const plain = low === 0 && high === 255 && !colormap;
    this.stack?.style.setProperty("--annotat-colors", plain ? "none" : `url(#${this.id})`);
  }

  /** Set opacity and visibility by layer name. */
  setLayers(opacity, visible) {
    for (const name of NAMES) {
      const shown = visible[name] ?? true;
      this.stack?.style.setProperty(`--annotat-${name}`, shown ? (opacity[name] ?? 1) : 0);
    }
  }

  /** Keep the keyboard and screen readers off the bitmaps, which ipycanvas lets take the focus. */
  muteLayers() {
    for (const canvas of this.stack?.querySelectorAll(":scope > canvas") ?? []) {
      canvas.tabIndex = -1;
      canvas.ariaHidden = "true";
    }
  }
}

/** Write 0…255 as a share that both rounding and cutting browsers turn back into the same. */
function toShare(value) {
  return Math.min(1, (value + 0.25) / 255).toFixed(5);
}

function windowed(grey, low, high) {
  const level = high > low ? ((grey - low) / (high - low)) * 255 : grey >= high ? 255 : 0;
  return Math.round(Math.min(255, Math.max(0, level)));
}
