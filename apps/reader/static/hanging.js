// The views of an exam: four places, the other images below, one of them enlarged on demand.

import { find, node } from "./node.js";
import { patiently, query } from "./api.js";
import { Tone } from "./tone.js";
import { View } from "./view.js";
import { t } from "./words.js";

export class Hanging {
  constructor() {
    this.views = [];
    this.tone = new Tone();
    this.focused = null;
    this.exam = null;
  }

  /** Hang an exam as the server describes it; resolves when the four views are there or have failed. */
  async show(exam, url) {
    this.close();
    this.exam = exam;
    this.tone.reset();
    const image = (number) =>
      number === null ? null : { ...exam.images[number], number, url: `${url}/images/${number}` };
    const four = Object.entries(exam.places).map(([place, number]) => this.add(image(number), place));
    const others = exam.others.map((number) => this.add(image(number), ""));
    find("#views").replaceChildren(...four.map((view) => view.element));
    find("#others").replaceChildren(
      node("h2", { className: "strip", textContent: t("other-images", { count: others.length }) }),
      ...others.map((view) => view.element),
    );
    find("#others").hidden = others.length === 0;
    this.later(others);
    await Promise.all(four.map((view) => this.load(view)));
  }

  async load(view) {
    await view.load();
    if (this.views.includes(view)) this.draw();
  }

  /** Images of the strip are loaded when they come into sight: a folder without headers may hold hundreds. */
  later(views) {
    this.sight = new IntersectionObserver((entries) => {
      for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
        this.sight.unobserve(target);
        this.load(views.find((view) => view.element === target));
      }
    });
    for (const view of views) this.sight.observe(view.element);
  }

  add(image, place) {
    const view = new View(image, place, this.tone);
    view.resized = () => this.draw();
    this.views.push(view);
    this.listen(view);
    return view;
  }

  close() {
    this.mapping?.abort();
    this.sight?.disconnect();
    for (const view of this.views) view.close();
    this.views = [];
    this.focused = null;
    document.body.classList.remove("enlarged");
  }

  /** Views of one size of pixel share their scale, so that both breasts can be compared. */
  draw() {
    for (const view of this.views) view.measure();
    const four = this.views.filter((view) => view.place && view.level && !view.element.classList.contains("large"));
    const known = four.every((view) => view.spacing);
    const unit = (view) => (known ? view.spacing : 1);
    const common = Math.min(...four.map((view) => view.fits() / unit(view)));
    for (const view of this.views) view.draw(four.includes(view) ? common * unit(view) : view.fits());
  }

  each(change) {
    change(this.tone);
    for (const view of this.views) view.draw(view.fit);
  }

  home() {
    this.tone.reset();
    for (const view of this.views) view.home();
    this.draw();
  }

  get active() {
    return this.focused ?? this.views.find((view) => view.image) ?? null;
  }

  focus(place) {
    this.views.find((view) => view.place === place)?.element.focus();
  }

  /** One view over all of the places, or the four again. */
  enlarge(view, on = !view?.element.classList.contains("large")) {
    for (const other of this.views) other.element.classList.toggle("large", on && other === view);
    document.body.classList.toggle("enlarged", on);
    if (!on) view?.home();
    this.draw();
  }

  label() {
    for (const view of this.views) view.label();
    const strip = find("#others .strip");
    if (strip) strip.textContent = t("other-images", { count: this.exam.others.length });
  }

  /** What the model says of each image; null takes it away. */
  captions(result) {
    for (const view of this.views) {
      view.outcome = (view.image && result?.images[view.image.number]?.outcome) || null;
      if (!result) view.heat = null;
      view.label();
    }
    this.draw();
  }

  /** Fetch and draw what speaks for a class ("" for the most probable), image by image; null takes it away. */
  async saliency(name, reader) {
    this.mapping?.abort();
    this.mapping = new AbortController();
    const { signal } = this.mapping;
    for (const view of this.views) view.heat = null;
    this.label();
    this.draw();
    if (name === null) return;
    for (const view of this.views.filter((one) => one.outcome)) {
      const answer = await patiently(`${view.image.url}/saliency?${query({ class: name, reader })}`, signal);
      const bitmap = await createImageBitmap(await answer.blob());
      if (signal.aborted) return;
      view.heat = { bitmap, name: JSON.parse(answer.headers.get("x-class")) };
      view.label();
      view.draw(view.fit);
    }
  }

  listen(view) {
    const { element } = view;
    const part = (event) => {
      const box = element.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    element.addEventListener("focus", () => (this.focused = view));
    element.addEventListener("dblclick", () => view.image && this.enlarge(view));
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        view.magnify(Math.exp(-event.deltaY / 500), part(event));
      },
      { passive: false },
    );
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      let last = part(event);
      const toned = event.button === 2 || event.shiftKey;
      const drag = (moved) => {
        const now = part(moved);
        const [across, down] = [now[0] - last[0], now[1] - last[1]];
        last = now;
        if (!toned) view.move(across, down);
        else {
          this.each((tone) => {
            tone.widen(Math.exp(2 * across));
            tone.shift(down);
          });
        }
      };
      element.addEventListener("pointermove", drag);
      element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", drag), { once: true });
    });
  }
}
