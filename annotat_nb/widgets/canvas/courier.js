// Messages that may come faster than the kernel answers.

const WHEEL_DELAY = 30; // milliseconds over which steps of the wheel are collected
const HOVER_DELAY = 100;
const LOOK_DELAY = 80;
const GIVE_UP = 5000; // milliseconds after which an unanswered message no longer holds the next

/**
 * Sends values one at a time: while the kernel has not handled the last one, later values merge
 * into a single next one, so that a busy kernel finds one message, not hundreds.
 */
export class Courier {
  /**
   * @param {(value: any) => void} send
   * @param {{delay: number, merge?: (old: any, value: any) => any}} options
   */
  constructor(send, { delay, merge = (_, value) => value }) {
    this.send = send;
    this.delay = delay;
    this.merge = merge;
    this.waiting = undefined;
    this.timer = 0;
    this.sentAt = -Infinity;
  }

  /** Hand over a value, to be sent when it may. */
  post(value) {
    this.waiting = this.waiting === undefined ? value : this.merge(this.waiting, value);
    this.timer ||= setTimeout(() => this.tryToSend(), this.delay);
  }

  get busy() {
    return performance.now() - this.sentAt < GIVE_UP;
  }

  tryToSend() {
    this.timer = 0;
    if (this.waiting === undefined) return;
    if (this.busy) {
      this.timer = setTimeout(() => this.tryToSend(), GIVE_UP);
      return;
    }
    const value = this.waiting;
    this.waiting = undefined;
    this.sentAt = performance.now();
    this.send(value);
  }

  /** The kernel has handled the last message. */
  handled() {
    this.sentAt = -Infinity;
    clearTimeout(this.timer);
    this.timer = this.waiting === undefined ? 0 : setTimeout(() => this.tryToSend(), this.delay);
  }

  stop() {
    clearTimeout(this.timer);
    this.waiting = undefined;
  }
}

/** Couriers by the kind of message that they bring to `tell`. */
export function hireCouriers(tell) {
  const send = (kind) => (value) => tell({ kind, value });
  const add = (a, b) => a + b;
  return {
    wheel: new Courier(send("wheel"), { delay: WHEEL_DELAY, merge: add }),
    hover: new Courier(send("hover"), { delay: HOVER_DELAY }),
    visit: new Courier(send("visit"), { delay: HOVER_DELAY }),
    look: new Courier(send("look"), { delay: LOOK_DELAY }),
    key: new Courier(send("key"), { delay: 0 }),
  };
}
