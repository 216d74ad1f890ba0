/** Making elements of the page. */

/** An element with a class name and attributes. */
export function element(tag, className, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  return node;
}

/** A piece of text. It is set as text: a name from a file can never become markup. */
export function text(className, content) {
  const node = element("span", className);
  node.textContent = content;
  return node;
}
