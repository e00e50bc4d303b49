// What the model says: exam, breasts, images; in words, with calibrated probabilities and where they come from.

import { find, node } from "./node.js";
import { className, decimal, percent, t, viewName } from "./words.js";

const ABSTAIN = "abstain";

/** A decision in a word or two; abstention and a missing decision are said, not left out. */
export function verdict({ decision, predicted }) {
  if (decision === ABSTAIN) return t("abstains");
  return decision ? className(decision) : t("undecided", { name: className(predicted) });
}

export function probabilities({ calibrated, probabilities: plain }) {
  const chosen = Object.keys(calibrated).length ? calibrated : plain;
  return Object.entries(chosen).sort((one, other) => other[1] - one[1]);
}

function bars(outcome, classes) {
  const values = Object.fromEntries(probabilities(outcome));
  return node(
    "dl",
    { className: "bars" },
    classes.flatMap((name) => {
      const meter = node("meter", { min: 0, max: 1, value: values[name], "aria-label": className(name) });
      return [node("dt", { textContent: className(name) }), node("dd", {}, meter, node("span", { textContent: percent(values[name]) }))];
    }),
  );
}

const isCalibrated = (outcome) => Object.keys(outcome.calibrated).length > 0;

function points(outcome) {
  if (!outcome.operating_points.length) return null;
  return node(
    "ul",
    { className: "points" },
    outcome.operating_points.map((point) =>
      node("li", {
        className: point.called ? "called" : "",
        textContent: t(point.called ? "point-called" : "point-not-called", {
          name: point.name,
          probability: decimal(point.probability),
          threshold: decimal(point.threshold),
        }),
      }),
    ),
  );
}

function unit(title, one, classes, explained = false) {
  const missing = one.missing.length ? t("without", { views: one.missing.join(", ").replaceAll("-", " ") }) : "";
  return node(
    "div",
    { className: `unit ${one.outcome.decision === ABSTAIN ? ABSTAIN : ""}` },
    node("h3", {}, title, node("small", { textContent: ` ${t("images", { count: one.images })}` })),
    node("p", { className: "verdict", textContent: verdict(one.outcome) }),
    explained && one.outcome.decision === ABSTAIN ? node("p", { className: "missing", textContent: t("abstains-why") }) : null,
    missing ? node("p", { className: "missing", textContent: missing }) : null,
    bars(one.outcome, classes),
  );
}

function image(one, classes) {
  const title = node("summary", {}, viewName(one), " ");
  if (!one.outcome) return node("details", { className: "unit", open: true }, title, node("p", { className: "missing", textContent: failure(one.error) }));
  title.append(node("span", { textContent: verdict(one.outcome) }));
  return node(
    "details",
    { className: "unit" },
    title,
    one.conflict ? node("p", { className: "missing", textContent: t("conflict", { what: one.conflict }) }) : null,
    bars(one.outcome, classes),
    points(one.outcome),
  );
}

/** Why an image has no result. */
export function failure(error) {
  const reason = error.split(":", 1)[0];
  const known = t(`reason.${reason}`, {}, "");
  return t("no-result", { why: known || error });
}

export const remarks = (result) => result.remarks.map((text) => node("p", { className: "missing", textContent: text }));

export function provenance(result) {
  return node(
    "dl",
    { className: "provenance" },
    Object.entries(result.context).flatMap(([name, value]) => [node("dt", { textContent: t(`context.${name}`, {}, name) }), node("dd", { textContent: value })]),
  );
}

const SIDES = ["R", "L", ""];
const VIEWS = ["CC", "MLO"];

/** Breasts or images in the order in which they hang. */
export function inOrder(units) {
  const rank = ({ laterality, view = "" }) => [VIEWS.indexOf(view) >>> 0, SIDES.indexOf(laterality)];
  const compare = (one, other) => rank(one)[0] - rank(other)[0] || rank(one)[1] - rank(other)[1];
  return [...units].sort(compare);
}

/** The panel; `saliency` is called with a class, "" for the most probable, or null for none. */
export function render(result, saliency) {
  const { classes } = result;
  const outcomes = [result.whole, ...result.breasts].filter(Boolean);
  const calibrated = result.images.some((one) => one.outcome && isCalibrated(one.outcome));
  const choice = node(
    "select",
    { id: "saliency", onchange: (event) => saliency(event.target.value === "none" ? null : event.target.value) },
    node("option", { value: "none", textContent: t("saliency-none") }),
    node("option", { value: "", textContent: t("saliency-predicted") }),
    classes.map((name) => node("option", { value: name, textContent: className(name) })),
  );
  find("#result").replaceChildren(
    node("h2", { textContent: t("result") }),
    node("p", { className: "kind", textContent: t(calibrated ? "calibrated" : "not-calibrated") }),
    ...(outcomes.length ? [] : [node("p", { className: "missing", textContent: t("no-exam-result") })]),
    ...(result.whole ? [unit(t("whole"), result.whole, classes, true)] : []),
    ...inOrder(result.breasts).map((one) => unit(t(`breast.${one.laterality}`, {}, one.laterality), one, classes)),
    node("h3", { textContent: t("per-image") }),
    ...inOrder(result.images).map((one) => image(one, classes)),
    ...remarks(result),
    node("label", { className: "field" }, t("saliency"), choice),
    node("p", { className: "kind", textContent: t("saliency-note") }),
    node("details", {}, node("summary", { textContent: t("provenance") }), provenance(result)),
    node("p", { className: "kind", textContent: t("took", { seconds: decimal(result.seconds.together ?? 0, 1) }) }),
  );
}

/** A message in place of a result. */
export function say(text, ...more) {
  find("#result").replaceChildren(node("h2", { textContent: t("result") }), node("p", { textContent: text }), ...more);
}
