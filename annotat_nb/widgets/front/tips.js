/** Shows what each control does where the pointer rests, and tells screen readers. */

const PLACES = "input, select, textarea, [role=slider], .widget-label, .widget-label-basic > span";

/** Hands the tooltips of the kernel's widgets to the page: ipywidgets leaves most of them out. */
export class Tips {
  constructor(root, model) {
    this.root = root;
    this.model = model;
    this.known = new WeakSet();
    this.isAsked = false;
  }

  /** Look for new controls once what goes on in the page is done. */
  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => this.walk());
  }

  async walk() {
    this.isAsked = false;
    const top = this.model.get("top");
    if (top) await this.visit(await this.model.widget_manager.get_model(top));
  }

  async visit(model) {
    if (!this.known.has(model)) {
      this.known.add(model);
      model.on("change:tooltip change:description", () => this.ask());
    }
    if (model.get("tooltip")) await this.tell(model);
    await Promise.all((model.get("children") ?? []).map((child) => this.visit(child)));
  }

  async tell(model) {
    for (const view of await Promise.all(Object.values(model.views ?? {}))) {
      if (!this.root.contains(view.el)) continue;
      const parts = view.el.querySelectorAll(PLACES);
      for (const part of parts) setTitle(part, model.get("tooltip"));
      if (!parts.length || view.el.matches(".widget-slider")) {
        setTitle(view.el, model.get("tooltip"));
      }
    }
  }
}

function setTitle(element, title) {
  if (element.title !== title) element.title = title;
}
