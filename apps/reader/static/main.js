// The page: an exam is chosen, hung, read, and its result shown when it may be.

import { get, patiently, query } from "./api.js";
import { Exams } from "./exams.js";
import { Hanging } from "./hanging.js";
import { help, listen } from "./keys.js";
import { find, node } from "./node.js";
import { ReadingForm } from "./reading.js";
import { report } from "./report.js";
import * as panel from "./result.js";
import { current, onLanguage, speak, t } from "./words.js";

const EVERY = 700;
const PLACES = ["R-CC", "L-CC", "R-MLO", "L-MLO"];
const hanging = new Hanging();
const form = new ReadingForm(() => result ?? ask(), fail);
const exams = new Exams(choose, fail);
const reader = find("#reader");
let url = null;
let result = null;
let asking = null;
let model = { state: "loading" };
let forced = false;

const blind = () => forced || localStorage.getItem("blind") === "yes";

function fail(error) {
  if (error.name === "AbortError") return;
  find("#message").textContent = error.words ?? error.message;
  find("#message").hidden = false;
}

const clear = () => (find("#message").hidden = true);

/** Open an exam; false where the reader would rather save first. */
function choose(scan, number) {
  if (form.dirty && !confirm(t("unsaved"))) return false;
  url = `/api/scans/${scan}/exams/${number}`;
  open(performance.now()).catch(fail);
  return true;
}

async function open(clicked) {
  clear();
  const here = url;
  result = null;
  const exam = await get(here);
  if (here !== url) return;
  find("#start").hidden = true;
  who(exam);
  const hung = hanging.show(exam, here);
  await form.show(exam, here, reader.value.trim()).catch(fail);
  const answered = ask();
  await hung;
  performance.measure("images", { start: clicked });
  await answered;
  performance.measure("result", { start: clicked });
}

function who({ patient, exam } = hanging.exam ?? {}) {
  find("#who").textContent = exam ? `${patient || t("no-patient")} · ${exam}` : "";
}

/** Fetch the result and show it, unless the reader reads first. */
async function ask(anyway = false) {
  asking?.abort();
  result = null;
  hanging.captions(null);
  if (!hanging.exam) return;
  if (blind() && !form.rows.length && !anyway) {
    panel.say(t("read-first"), ...blindControls());
    return;
  }
  asking = new AbortController();
  const { signal } = asking;
  panel.say(t(model.state === "ready" ? "working" : "loading", { seconds: 0 }));
  try {
    const path = `${url}/result?${query({ reader: reader.value.trim() })}`;
    const answer = await patiently(path, signal, (state) => {
      panel.say(t(state.state === "ready" ? "working" : "loading", { seconds: Math.round(state.seconds ?? 0) }));
    });
    const made = await answer.json();
    if (signal.aborted) return;
    result = made;
    show();
  } catch (error) {
    if (error.name === "AbortError") return;
    panel.say(t("result-failed"));
    fail(error);
  }
}

function show() {
  panel.render(result, (name) => hanging.saliency(name, reader.value.trim()).catch(fail));
  find("#result").append(...blindControls());
  hanging.captions(result);
}

function blindControls() {
  if (forced) return [node("p", { className: "kind", textContent: t("blind-forced") })];
  const box = node("input", { type: "checkbox", checked: blind() });
  box.addEventListener("change", () => {
    localStorage.setItem("blind", box.checked ? "yes" : "no");
    ask();
  });
  const now = node("button", { type: "button", textContent: t("show-now"), onclick: () => ask(true) });
  return [node("label", { className: "kind" }, box, t("blind")), ...(blind() && !result ? [now] : [])];
}

function saliency() {
  const choice = find("#saliency");
  if (!choice) return;
  choice.value = choice.value === "none" ? "" : "none";
  choice.dispatchEvent(new Event("change"));
}

const KEYS = [
  [["1", "2", "3", "4"], "key.places", (key) => hanging.focus(PLACES[Number(key) - 1])],
  [["Enter"], "key.enlarge", () => hanging.active && hanging.enlarge(hanging.active)],
  [["Escape"], "key.four", () => hanging.enlarge(hanging.active, false)],
  [["+", "="], "key.closer", () => hanging.active?.magnify(1.25)],
  [["-"], "key.farther", () => hanging.active?.magnify(0.8)],
  [["ArrowLeft"], "key.left", () => hanging.active?.move(0.1, 0)],
  [["ArrowRight"], "key.right", () => hanging.active?.move(-0.1, 0)],
  [["ArrowUp"], "key.up", () => hanging.active?.move(0, 0.1)],
  [["ArrowDown"], "key.down", () => hanging.active?.move(0, -0.1)],
  [["["], "key.narrower", () => hanging.each((tone) => tone.widen(0.85))],
  [["]"], "key.wider", () => hanging.each((tone) => tone.widen(1 / 0.85))],
  [[","], "key.darker", () => hanging.each((tone) => tone.shift(0.05))],
  [["."], "key.brighter", () => hanging.each((tone) => tone.shift(-0.05))],
  [["i"], "key.invert", () => hanging.each((tone) => (tone.inverted = !tone.inverted))],
  [["0"], "key.home", () => hanging.home()],
  [["h"], "key.saliency", saliency],
  [["n"], "key.next", () => exams.next(1)],
  [["p"], "key.previous", () => exams.next(-1)],
  [["r"], "key.reading", () => find("#birads-0")?.focus()],
  [["f"], "key.folder", () => find("nav").toggleAttribute("hidden")],
  [["?"], "key.help", () => help(KEYS)],
];
async function watchModel() {
  const state = await get("/api/state");
  ({ model } = state);
  forced = state.blind;
  exams.root = state.folder;
  exams.render();
  if (model.state === "ready") {
    form.classes = model.classes;
    form.render();
  } else if (model.state === "failed") fail(new Error(model.message));
  else {
    if (!hanging.exam) panel.say(t("loading", { seconds: Math.round(model.seconds) }));
    setTimeout(() => watchModel().catch(fail), EVERY);
    return;
  }
  if (!hanging.exam) panel.say(t("ready", { bundle: `${model.context.bundle} ${model.context.version}` }));
}

listen(KEYS);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") form.save(reader.value);
  if (event.key === "Escape" && event.target.closest("input, textarea, select")) hanging.active?.element.focus();
});
find("#reading").addEventListener("click", (event) => event.target.id === "save" && form.save(reader.value));
find("#languages").addEventListener("click", (event) => event.target.value && speak(event.target.value).catch(fail));
find("#print").addEventListener("click", () => window.print());
find("#message").addEventListener("click", clear);
window.addEventListener("beforeprint", () => report(hanging, form, result));
window.addEventListener("beforeunload", (event) => form.dirty && event.preventDefault());
reader.value = localStorage.getItem("reader") ?? "";
reader.addEventListener("change", async () => {
  localStorage.setItem("reader", reader.value.trim());
  if (!hanging.exam) return;
  if (!form.dirty) await form.recall(reader.value.trim()).catch(fail);
  await ask();
});
onLanguage(() => {
  exams.render();
  hanging.label();
  if (form.rows.length) form.tell();
  form.render();
  who();
  if (result) show();
});

await speak(current());
await exams.enter("");
watchModel().catch(fail);
const asked = new URLSearchParams(location.hash.slice(1)).get("folder");
if (asked !== null) exams.open(asked);
