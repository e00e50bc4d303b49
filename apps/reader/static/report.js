// The printed report: images as they hang, result, the reader's own category, where it comes from.

import { find, node } from "./node.js";
import { failure, inOrder, probabilities, provenance, remarks, verdict } from "./result.js";
import { className, current, percent, t, viewName } from "./words.js";

function copy(view) {
  const made = node("canvas", { width: view.canvas.width, height: view.canvas.height });
  made.getContext("2d").drawImage(view.canvas, 0, 0);
  const label = view.image ? viewName(view.image) : `${view.place.replace("-", " ")}: ${t("missing-view")}`;
  return node("figure", { className: view.side }, made, node("figcaption", { textContent: label }));
}

function outcome(title, one) {
  const values = one.outcome
    ? probabilities(one.outcome).map(([name, value]) => `${className(name)} ${percent(value)}`).join("; ")
    : failure(one.error);
  return node(
    "tr",
    {},
    node("th", { scope: "row", textContent: title }),
    node("td", { textContent: one.outcome ? verdict(one.outcome) : "–" }),
    node("td", { textContent: values }),
  );
}

function table(result) {
  const head = ["", t("decision"), t("probabilities")].map((text) => node("th", { scope: "col", textContent: text }));
  return node(
    "table",
    {},
    node("thead", {}, node("tr", {}, head)),
    node(
      "tbody",
      {},
      result.whole ? outcome(t("whole"), result.whole) : null,
      inOrder(result.breasts).map((one) => outcome(t(`breast.${one.laterality}`), one)),
      inOrder(result.images).map((one) => outcome(viewName(one), one)),
    ),
  );
}

function said(form) {
  const lines = form.units().flatMap(([title, numbers]) => {
    const value = form.values.get(numbers[0]);
    if (!value || !(value.birads || value.class_name)) return [];
    const birads = value.birads ? `BI-RADS ${value.birads} – ${t(`birads.${value.birads}`)}` : "";
    return [`${title}: ${[birads, value.class_name ? className(value.class_name) : ""].filter(Boolean).join("; ")}`];
  });
  return [
    node("h2", { textContent: t("reading") }),
    node("p", { textContent: t("read-by", { name: find("#reader").value || "–" }) }),
    ...(lines.length ? lines : [t("no-reading")]).map((text) => node("p", { textContent: text })),
    form.note ? node("p", { className: "free", textContent: `${t("note")}: ${form.note}` }) : null,
    node("p", { textContent: form.dirty ? t("not-saved") : form.status }),
  ];
}

export function report(hanging, form, result) {
  const { exam, views } = hanging;
  if (!exam) return;
  find("#report").replaceChildren(
    ...[
      node("h1", { textContent: t("report") }),
      node("p", { className: "warning", textContent: t("notice") }),
      node("p", { textContent: t("report-of", { patient: exam.patient || t("no-patient"), exam: exam.exam }) }),
      node("p", { textContent: t("printed", { time: new Date().toLocaleString(current()) }) }),
      node("div", { className: "four" }, views.filter((view) => view.place).map(copy)),
      ...said(form),
      node("h2", { textContent: t("result") }),
      ...(result ? [table(result), ...remarks(result), provenance(result)] : [node("p", { textContent: t("no-result-shown") })]),
      node("p", { className: "warning", textContent: t("notice") }),
    ].filter(Boolean),
  );
}
