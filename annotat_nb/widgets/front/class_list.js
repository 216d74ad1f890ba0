/** The table of classes: select, rename, recolour and hide, each one message to the kernel. */

import { element, text } from "./element.js";

const SELECTED = "[aria-checked=true]";

class ClassList {
  constructor(model, el) {
    this.model = model;
    this.list = element("div", "annotat-classes", { role: "radiogroup", "aria-label": "Class to paint" });
    el.append(this.list);
    this.build = this.build.bind(this);
    this.onMessage = (message) => message.kind === "rename" && this.receive(message.id);
    model.on("change:classes", this.build);
    model.on("change:selected", this.build);
    model.on("msg:custom", this.onMessage);
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.onClick = (event) => this.isAdd(event.target) && this.expect();
    document.addEventListener("click", this.onClick, true);
    this.build();
  }

  destroy() {
    document.removeEventListener("click", this.onClick, true);
    this.model.off("change:classes", this.build);
    this.model.off("change:selected", this.build);
    this.model.off("msg:custom", this.onMessage);
  }

  build() {
    if (this.list.querySelector(".annotat-rename")) {
      this.isStale = true; // a name is being typed: draw when it is done
      return;
    }
    const focused = this.focused();
    this.list.replaceChildren(...this.model.get("classes").map((item) => this.row(item)));
    if (focused) this.focus(focused);
  }

  /** Focus a control of the list; of a class that has not come yet, the first row instead. */
  focus(selector) {
    (this.list.querySelector(selector) ?? this.list.querySelector(".annotat-choice"))?.focus();
  }

  /** What finds the control that has the focus among rows that are drawn anew. */
  focused() {
    const holder = document.activeElement;
    if (!this.list.contains(holder)) {
      return null;
    }
    const keeps = ["annotat-eye", "annotat-swatch"].find((name) => holder.classList.contains(name));
    return keeps ? `[data-id="${holder.closest("[data-id]").dataset.id}"] .${keeps}` : SELECTED;
  }

  row(item) {
    const isSelected = item.id === this.model.get("selected");
    const row = element("div", "annotat-class", { "data-id": item.id });
    row.classList.toggle("annotat-selected", isSelected);
    row.append(this.swatch(item), this.choice(item, isSelected), this.eye(item));
    row.addEventListener("click", () => this.select(item.id));
    return row;
  }

  choice(item, isSelected) {
    const choice = element("div", "annotat-choice", {
      role: "radio", "aria-checked": String(isSelected), tabindex: isSelected ? "0" : "-1",
      "aria-label": `${item.name}, ${item.facts}`,
    });
    choice.title = "Click to paint this class, double-click to rename it";
    choice.append(text("annotat-digit", item.id < 10 ? String(item.id) : ""));
    choice.append(text("annotat-name", item.name), text("annotat-facts", item.facts));
    choice.addEventListener("dblclick", () => this.rename(item.id));
    return choice;
  }

  swatch(item) {
    const input = element("input", "annotat-swatch", {
      type: "color", "aria-label": `Colour of ${item.name}`, title: "Choose the colour",
    });
    input.value = item.color;
    input.disabled = this.model.get("is_fixed");
    input.addEventListener("click", (event) => event.stopPropagation());
    input.addEventListener("change", () => this.send("recolor", item.id, input.value));
    return input;
  }

  eye(item) {
    const label = item.visible ? `Hide ${item.name}` : `Show ${item.name}`;
    const button = element("button", "annotat-eye", {
      type: "button", "aria-label": label, "aria-pressed": String(item.visible), title: label,
    });
    button.append(element("i", item.visible ? "fa fa-eye" : "fa fa-eye-slash"));
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.send("show", item.id, !item.visible);
    });
    return button;
  }

  /** The brush takes the class at once: the next stroke may come before the kernel's answer. */
  select(id) {
    const detail = { label: id };
    this.list.dispatchEvent(new CustomEvent("annotat-brush", { bubbles: true, detail }));
    this.model.set("selected", id);
    this.model.save_changes();
  }

  send(kind, id, value) {
    this.model.send({ kind, id, value });
  }

  /** Whether `target` is the button beside this list that adds a class. */
  isAdd(target) {
    const panel = this.list.closest(".annotat-section");
    return Boolean(target.closest?.(".annotat-add:enabled")) && panel?.contains(target);
  }

  /** Open the field for the name of a class that the kernel is about to make. */
  expect() {
    if (this.list.querySelector(".annotat-rename")) return;
    const row = element("div", "annotat-class");
    const input = element("input", "annotat-rename", { "aria-label": "Name of the new class" });
    const leave = (name) => this.leave(row, name);
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") leave(input.value);
      else if (event.key === "Escape") leave("");
    });
    // Left without a word, by whatever takes the focus: the name is asked for once more.
    input.addEventListener("blur", () => input.value ? leave(input.value) : this.forget(row));
    row.append(input);
    this.list.append(row);
    this.coming = { row, input, name: null };
    input.focus(); // at once: the first letter may follow the click within the same moment
  }

  forget(row) {
    if (this.coming?.row !== row || this.coming.name !== null) return;
    this.coming = null;
    row.remove();
    this.build();
  }

  /** The name is typed, but perhaps not yet what it is for. */
  leave(row, name) {
    if (!row.isConnected || this.coming?.row !== row || this.coming.name !== null) return;
    this.coming.name = name;
    row.remove();
    this.build();
    this.focus(SELECTED);
  }

  /** The class has come: it gets the name that was typed meanwhile. */
  receive(id) {
    const coming = this.coming;
    this.coming = null;
    if (!coming) return this.rename(id);
    const { row, input, name } = coming;
    if (name !== null) return name.trim() && this.send("rename", id, name);
    const typed = input.value;
    row.remove();
    this.build();
    this.rename(id);
    const field = this.list.querySelector(".annotat-rename");
    if (!typed || !field) return undefined;
    field.value = typed;
    return field.setSelectionRange(typed.length, typed.length);
  }

  rename(id) {
    if (this.model.get("is_fixed")) return;
    const choice = this.list.querySelector(`[data-id="${id}"] .annotat-choice`);
    const item = this.model.get("classes").find((candidate) => candidate.id === id);
    if (!choice || !item) {
      return;
    }
    const input = element("input", "annotat-rename", { "aria-label": `New name of ${item.name}` });
    input.value = item.name;
    choice.replaceWith(input);
    input.addEventListener("click", (event) => event.stopPropagation());
    input.addEventListener("keydown", (event) => this.onRenameKey(event, input, item));
    input.addEventListener("blur", () => this.finish(input, item, input.value));
    input.focus();
    input.select();
  }

  onRenameKey(event, input, item) {
    event.stopPropagation();
    if (event.key === "Enter") {
      this.finish(input, item, input.value);
    } else if (event.key === "Escape") {
      this.finish(input, item, item.name);
    }
  }

  finish(input, item, value) {
    if (!input.isConnected || input.isDone) {
      return;
    }
    input.isDone = true;
    input.classList.remove("annotat-rename");
    if (value.trim() && value !== item.name) {
      this.send("rename", item.id, value);
    }
    this.build();
  }

  onKey(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "F2") {
      this.rename(this.model.get("selected"));
    } else if (by) {
      this.move(by);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  move(by) {
    const ids = this.model.get("classes").map((item) => item.id);
    const at = ids.indexOf(this.model.get("selected"));
    this.select(ids[Math.min(Math.max(at + by, 0), ids.length - 1)]);
  }
}

export default {
  render({ model, el }) {
    const list = new ClassList(model, el);
    return () => list.destroy();
  },
};
