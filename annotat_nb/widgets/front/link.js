/** Shows what stands between the page and its kernel: a broken connection, or no kernel at all. */

import { element } from "./element.js";

const PATIENCE = { there: 2000, away: 700, gone: 0 }; // milliseconds; short waits need no words
const CONTROLS = [
  ".annotat-menubar", ".annotat-toolbar", ".annotat-side", ".annotat-slices", ".annotat-job",
  ".annotat-dialogs", ".annotat-cover",
];

export class Link {
  constructor(root, el, signal) {
    this.root = root;
    this.line = element("span", "annotat-link-state", { role: "status" });
    el.append(this.line);
    this.timer = 0;
    this.news = { state: "there", waiting: 0 };
    root.addEventListener("annotat-link", (event) => this.take(event.detail), { signal });
    window.addEventListener("beforeunload", (event) => this.warn(event), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  take(news) {
    const { state, waiting } = this.news;
    this.news = news;
    const isCalm = news.state === "there" && !news.waiting;
    if (isCalm || news.state !== state || !waiting) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.show(), isCalm ? 0 : PATIENCE[news.state]);
    } else if (this.line.textContent) {
      this.show();
    }
  }

  show() {
    const { state } = this.news;
    this.line.textContent = sentence(this.news);
    this.root.classList.toggle("annotat-away", state === "away");
    this.root.classList.toggle("annotat-gone", state === "gone");
    this.freeze(state !== "there");
  }

  /** Without a kernel only the picture answers: what else is pressed would be done late or never. */
  freeze(isFrozen) {
    const holder = document.activeElement;
    if (isFrozen) this.holder = this.root.contains(holder) ? holder : this.holder;
    for (const part of this.root.querySelectorAll(CONTROLS.join())) part.inert = isFrozen;
    const isCovered = this.root.querySelector(".annotat-covers") !== null;
    if (isFrozen && !isCovered) this.root.querySelector(".annotat-stack").inert = false;
    if (isFrozen || document.activeElement !== document.body) return;
    this.holder?.focus({ preventScroll: true });
    this.holder = null;
  }

  /** Strokes that wait in the page go with it. */
  warn(event) {
    if (this.news.waiting && this.news.state !== "gone") event.preventDefault();
  }
}

function sentence({ state, waiting }) {
  const strokes = waiting === 1 ? "1 stroke waits" : `${waiting} strokes wait`;
  if (state === "away") {
    const rest = waiting ? `${strokes} in this page` : "strokes wait in this page until it is back";
    return `No connection: ${rest}`;
  }
  return state === "there" && waiting ? `${strokes} for the kernel` : "";
}
