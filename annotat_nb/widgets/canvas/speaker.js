// What a screen reader says of the canvas.

const PAUSE = 250; // milliseconds of quiet before it speaks: a held key would never let it finish

/** A region that is heard, not seen: what was done, then where the brush is. */
export class Speaker {
  constructor(host) {
    this.region = document.createElement("div");
    this.region.className = "annotat-spoken";
    this.region.role = "status";
    host.append(this.region);
    this.stop();
  }

  /** Say what was done; nothing of it is left out. */
  say(news) {
    this.news.push(news);
    this.wait();
  }

  /** Say where things are; only the last place counts. */
  sayPlace(place) {
    this.place = place;
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.speak(), PAUSE);
  }

  speak() {
    this.region.textContent = [...this.news, this.place].filter(Boolean).join(". ");
    this.stop();
  }

  stop() {
    clearTimeout(this.timer);
    this.news = [];
    this.place = "";
  }
}
