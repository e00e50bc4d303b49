// The page's words, in the language that was chosen; it is kept in a cookie, so that the server answers in it.

let words = {};
let language = document.documentElement.lang;
const listeners = [];

export const current = () => language;

/** The text of a key, {name} replaced by values; the fallback, or the key, where there is none. */
export function t(key, values = {}, fallback = key) {
  return (words[key] ?? fallback).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A class of the bundle in words. */
export const className = (name) => t(`class.${name}`, {}, name);

/** "R CC" of an image, or what is known. */
export const viewName = ({ laterality, view }) => `${laterality || "?"} ${view || "?"}`;

/** What is called when the language changes. */
export const onLanguage = (listener) => listeners.push(listener);

export async function speak(code) {
  const answer = await fetch(`/locale/${code}.json`);
  words = await answer.json();
  language = document.documentElement.lang = code;
  document.cookie = `language=${code}; path=/; max-age=31536000; samesite=strict`;
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const button of document.querySelectorAll("#languages button")) {
    button.setAttribute("aria-pressed", String(button.value === code));
  }
  for (const listener of listeners) listener();
}

const number = (digits) => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const percent = (value) => `${number(1).format(100 * value)} %`;
export const decimal = (value, digits = 3) => number(digits).format(value);
