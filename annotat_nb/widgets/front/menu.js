/** A menu bar: menus open in the browser at once, commands go to the kernel. */

import { element, text } from "./element.js";

function itemNode(item, run) {
  const role = item.checked === null ? "menuitem" : "menuitemcheckbox";
  const node = element("li", "annotat-item", { role, tabindex: "-1" });
  if (item.checked !== null) {
    node.setAttribute("aria-checked", String(item.checked));
  }
  if (item.reason) {
    node.setAttribute("aria-disabled", "true");
    node.title = item.reason;
  }
  node.append(text("annotat-check", item.checked ? "✓" : ""));
  node.append(text("annotat-label", item.label));
  node.append(text("annotat-key", item.key));
  node.addEventListener("click", () => !item.reason && run(item.id));
  return node;
}

function step(nodes, current, by) {
  const index = nodes.indexOf(current);
  return nodes[(index + by + nodes.length) % nodes.length];
}

class MenuBar {
  constructor(model, el) {
    this.model = model;
    this.bar = element("ul", "annotat-menubar", { role: "menubar", "aria-label": "Menu" });
    this.open = null;
    el.append(this.bar);
    this.outside = (event) => this.bar.contains(event.target) || this.close();
    document.addEventListener("pointerdown", this.outside, true);
    this.bar.addEventListener("keydown", (event) => this.onKey(event));
    this.build = this.build.bind(this);
    model.on("change:menus", this.build);
    this.build();
  }

  destroy() {
    document.removeEventListener("pointerdown", this.outside, true);
    this.model.off("change:menus", this.build);
  }

  /** Draw the menus anew; the one that is open stays open. */
  build() {
    const openLabel = this.open?.firstChild.textContent;
    const focused = this.position(document.activeElement);
    this.open = null;
    this.bar.replaceChildren(...this.model.get("menus").map((menu) => this.menuNode(menu)));
    const again = [...this.bar.children].find((node) => node.firstChild.textContent === openLabel);
    if (again && openLabel) {
      this.show(again);
    } else if (this.bar.firstChild) {
      this.bar.firstChild.firstChild.tabIndex = 0;
    }
    if (focused) this.nodes()[focused[0]]?.[focused[1]]?.focus();
  }

  /** The titles and items of the menus, a list for each. */
  nodes() {
    return [...this.bar.children].map((node) => [node.firstChild, ...this.items(node)]);
  }

  /** Number of the menu that has `holder`, and its number there; null if it is elsewhere. */
  position(holder) {
    const menus = this.nodes();
    const menu = menus.findIndex((nodes) => nodes.includes(holder));
    return menu < 0 ? null : [menu, menus[menu].indexOf(holder)];
  }

  menuNode(menu) {
    const node = element("li", "annotat-menu", { role: "none" });
    const title = element("button", "annotat-title", {
      role: "menuitem", "aria-haspopup": "true", "aria-expanded": "false", tabindex: "-1",
    });
    title.textContent = menu.label;
    title.addEventListener("click", () => (this.open === node ? this.close() : this.show(node)));
    node.addEventListener("pointerenter", () => this.open && this.open !== node && this.show(node));
    const list = element("ul", "annotat-popup", { role: "menu", "aria-label": menu.label });
    list.append(...menu.items.map((item) => itemNode(item, (id) => this.run(id))));
    node.append(title, list);
    return node;
  }

  run(id) {
    this.handFocusOn();
    this.close();
    this.model.send({ kind: "command", id });
  }

  /** An item goes with its menu: keys go on at the title, after a click the picture has them. */
  handFocusOn() {
    const byKeys = document.activeElement?.matches(":focus-visible");
    const pen = this.bar.closest(".annotat-root")?.querySelector(".annotat-pen");
    (byKeys ? this.open?.firstChild : pen)?.focus({ preventScroll: true });
  }

  show(node) {
    this.close();
    this.open = node;
    node.classList.add("annotat-open");
    node.firstChild.setAttribute("aria-expanded", "true");
    for (const other of this.bar.children) {
      other.firstChild.tabIndex = other === node ? 0 : -1;
    }
  }

  close() {
    this.open?.classList.remove("annotat-open");
    this.open?.firstChild.setAttribute("aria-expanded", "false");
    this.open = null;
  }

  items(node) {
    return [...node.querySelectorAll(".annotat-item")];
  }

  onKey(event) {
    const node = event.target.closest(".annotat-menu");
    const action = {
      ArrowRight: () => this.moveMenu(node, 1),
      ArrowLeft: () => this.moveMenu(node, -1),
      ArrowDown: () => this.moveItem(node, event.target, 1),
      ArrowUp: () => this.moveItem(node, event.target, -1),
      Escape: () => this.leave(node),
      Enter: () => event.target.click(),
      " ": () => event.target.click(),
    }[event.key];
    if (!action) {
      return;
    }
    action();
    event.preventDefault();
    event.stopPropagation();
  }

  moveMenu(node, by) {
    const next = step([...this.bar.children], node, by);
    const wasOpen = this.open;
    if (wasOpen) {
      this.show(next);
    }
    next.firstChild.focus();
  }

  moveItem(node, current, by) {
    const items = this.items(node);
    if (this.open !== node) {
      this.show(node);
      items[by > 0 ? 0 : items.length - 1]?.focus();
      return;
    }
    const from = items.includes(current) ? current : items[by > 0 ? items.length - 1 : 0];
    step(items, from, by)?.focus();
  }

  leave(node) {
    this.close();
    node.firstChild.focus();
  }
}

export default {
  render({ model, el }) {
    const bar = new MenuBar(model, el);
    return () => bar.destroy();
  },
};
