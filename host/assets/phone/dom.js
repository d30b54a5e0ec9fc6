// Makes elements: the only place that touches attributes by name. Text is always text, never markup.

/**
 * `make("p", { class: "hint", onclick: f }, "Hello ", child)`. Properties that are false, null or undefined are left out;
 * so are such children.
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== false && child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);
