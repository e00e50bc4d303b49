// The keyboard: every key, what it does, and the page that says so.

import { find, node } from "./node.js";
import { t } from "./words.js";

const TYPING = "input, textarea, select";

/** [keys, text, action]; a key is KeyboardEvent.key. */
export function listen(table) {
  const actions = new Map(table.flatMap(([keys, , action]) => keys.map((key) => [key.toLowerCase(), action])));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || find("dialog").open) return;
    if (event.target.closest(TYPING)) return;
    if (["Enter", " "].includes(event.key) && event.target.closest("button, summary, a")) return;
    const action = actions.get(event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    action(event.key);
  });
  find("#help").addEventListener("click", () => help(table));
}

const NAMES = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", " ": "␣" };

export function help(table) {
  const row = ([keys, text]) =>
    node("tr", {}, node("th", { scope: "row" }, keys.map((key) => node("kbd", { textContent: NAMES[key] ?? key }))), node("td", { textContent: t(text) }));
  const close = node("button", { type: "button", textContent: t("close"), onclick: () => find("dialog").close() });
  const mouse = node("p", { textContent: t("mouse") });
  const typing = [[["Ctrl + Enter"], "key.save"], ...table];
  find("dialog").replaceChildren(node("h2", { textContent: t("keys") }), node("table", {}, typing.map(row)), mouse, close);
  find("dialog").showModal();
}
