// What the page knows of its kernel, and what becomes of strokes while it cannot be reached.

const ENDED = ["dead", "terminating"];
const TRY_AGAIN = 5000; // milliseconds between attempts, once the front end has given up

/**
 * Watches the way from one view of the pen to its kernel.
 *
 * Strokes that the kernel has not painted wait in the echo. When a broken connection is back, all
 * of them are sent again, in order: whether one that was on its way arrived, nobody here can know,
 * and the kernel takes each only once.
 */
export class Lifeline {
  constructor(pen) {
    this.pen = pen;
    this.layer = pen.layers.slice;
    // Front ends other than those of Jupyter may tell nothing of the kernel.
    this.kernel = this.layer.widget_manager.kernel ?? null;
    this.was = this.state;
    this.timer = 0;
    this.lost = 0;
  }

  /** "there"; "away" while the connection is broken; "gone" when the kernel will not be back. */
  get state() {
    const { kernel } = this;
    if (!this.layer.comm_live || kernel?.isDisposed || ENDED.includes(kernel?.status)) return "gone";
    return (kernel?.connectionStatus ?? "connected") === "connected" ? "there" : "away";
  }

  /** Call back until `stop`. */
  follow() {
    this.notice = () => this.change();
    this.report = () => this.tell();
    this.layer.on("comm_live_update", this.notice);
    this.pen.layers.markers.on("new-frame", this.report);
    for (const signal of this.signals) signal.connect(this.notice);
  }

  stop() {
    clearTimeout(this.timer);
    this.layer.off("comm_live_update", this.notice);
    this.pen.layers.markers.off("new-frame", this.report);
    for (const signal of this.signals) signal.disconnect(this.notice);
  }

  get signals() {
    const { kernel } = this;
    return kernel ? [kernel.statusChanged, kernel.connectionStatusChanged, kernel.disposed] : [];
  }

  change() {
    const { state, was } = this;
    this.keepTrying();
    if (state === was) return;
    this.was = state;
    if (state === "there" && was === "away") this.resume();
    if (state === "gone") this.loseAll();
    this.pen.showTexts();
    this.tell();
  }

  loseAll() {
    this.lost = this.pen.picture.echo.pending.length;
    this.pen.giveUp();
  }

  /** What to say when the kernel is gone: strokes that it never took are lost. */
  get farewell() {
    const text = this.pen.model.get("farewell");
    return this.lost ? `${text} (but for the last ${this.lost}, which it had not taken)` : text;
  }

  /** The page may have missed pictures, the kernel strokes. */
  resume() {
    this.pen.tell({ kind: "ready" });
    for (const stroke of this.pen.picture.echo.pending) this.pen.painter.send(stroke);
  }

  /** The front end stops trying after a minute or two; a laptop sleeps longer. */
  keepTrying() {
    clearTimeout(this.timer);
    if (this.state !== "away" || this.kernel.connectionStatus !== "disconnected") return;
    this.timer = setTimeout(() => {
      this.kernel.reconnect().catch(() => {}); // then the status says so
    }, TRY_AGAIN);
  }

  /** Tell the widgets around the pen how things stand. */
  tell() {
    const detail = { state: this.state, waiting: this.pen.picture.echo.pending.length };
    this.pen.el.dispatchEvent(new CustomEvent("annotat-link", { bubbles: true, detail }));
  }
}
