// One image: its pixels with 16 bits, windowed here; more of them are fetched when it is magnified.

import { raw } from "./api.js";
import { node } from "./node.js";
import { percent, className, t, viewName } from "./words.js";

const NEAREST = 1;
const FARTHEST = 40;
const OPACITY = 0.6;

export class View {
  /**
   * @param image what the server knows of it, with `number` and `url`; null for a view that the exam lacks.
   * @param place "R-CC" and the like; "" for an image that hangs nowhere.
   * @param tone window of all views.
   */
  constructor(image, place, tone) {
    this.image = image;
    this.place = place;
    this.tone = tone;
    this.level = null;
    this.heat = null;
    this.outcome = null;
    this.side = (image ? image.laterality : place[0]) === "R" ? "right" : "left";
    this.canvas = node("canvas", { role: "img" });
    this.marker = node("strong", { className: "marker" });
    this.caption = node("span", { className: "caption" });
    this.note = node("p", { className: "note" });
    this.element = node(
      "section",
      { className: `view ${this.side}`, tabIndex: 0 },
      this.canvas,
      this.marker,
      this.caption,
      this.note,
    );
    if (place) this.element.dataset.place = place;
    this.abort = new AbortController();
    this.home();
    this.label();
    new ResizeObserver(() => this.resized?.()).observe(this.element);
  }

  home() {
    this.zoom = 1;
    this.shift = [0, 0]; // of the image, in parts of the view
  }

  /** Device pixels per pixel of the whole image at zoom 1. */
  fits() {
    if (!this.level) return Infinity;
    return Math.min(this.canvas.height / this.level.fullRows, this.canvas.width / this.level.fullColumns);
  }

  get spacing() {
    return this.image?.spacing?.[0] ?? null;
  }

  async load() {
    if (!this.image) return;
    this.measure();
    try {
      await this.fetch(Math.max(256, this.canvas.height));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.problem = error;
    }
    this.label();
  }

  async fetch(rows) {
    const answer = await raw(`${this.image.url}/pixels?rows=${Math.ceil(rows)}`, this.abort.signal);
    const number = (name) => Number(answer.headers.get(name));
    const buffer = await answer.arrayBuffer();
    const [low, high] = answer.headers.get("x-window").split(" ").map(Number);
    const [made, columns, fullRows] = [number("x-rows"), number("x-columns"), number("x-full-rows")];
    this.level = {
      pixels: number("x-bytes") === 1 ? new Uint8Array(buffer) : new Uint16Array(buffer),
      rows: made,
      columns,
      fullRows,
      fullColumns: Math.round((columns * fullRows) / made),
      low,
      high,
    };
    this.mirrored = number("x-mirrored") === 1;
    this.remark = answer.headers.get("x-remark");
  }

  close() {
    this.abort.abort();
  }

  measure() {
    const scale = window.devicePixelRatio || 1;
    const box = this.element.getBoundingClientRect();
    this.canvas.width = Math.max(1, Math.round(box.width * scale));
    this.canvas.height = Math.max(1, Math.round(box.height * scale));
  }

  /** Where the whole image lies on the canvas, at `fit` device pixels per pixel. */
  frame(fit) {
    const { width, height } = this.canvas;
    const scale = fit * this.zoom;
    const size = [this.level.fullColumns * scale, this.level.fullRows * scale];
    const anchor = this.side === "right" ? width - size[0] : 0;
    const spare = Math.max(0, size[0] - width);
    const slack = Math.max(0, (size[1] - height) / 2);
    const bound = (value, low, high) => Math.min(high, Math.max(low, value));
    const free = this.side === "right" ? [0, spare] : [-spare, 0];
    const x = bound(this.shift[0] * width, ...free);
    const y = bound(this.shift[1] * height, -slack, slack);
    this.shift = [x / width, y / height];
    return { x: anchor + x, y: (height - size[1]) / 2 + y, scale, size };
  }

  draw(fit = this.fits()) {
    this.fit = fit;
    const context = this.canvas.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.level) return;
    const { x, y, scale, size } = this.frame(fit);
    const step = this.level.fullRows / this.level.rows;
    const part = (start, end, count) => {
      const first = Math.max(0, Math.floor(start / scale / step));
      return [first, Math.min(count, Math.ceil(end / scale / step)) - first];
    };
    const [left, columns] = part(-x, this.canvas.width - x, this.level.columns);
    const [top, rows] = part(-y, this.canvas.height - y, this.level.rows);
    if (columns <= 0 || rows <= 0) return;
    const cut = new OffscreenCanvas(columns, rows);
    cut.getContext("2d").putImageData(this.greys(left, top, columns, rows), 0, 0);
    const unit = step * scale;
    context.imageSmoothingEnabled = unit < 4;
    context.imageSmoothingQuality = "high";
    context.drawImage(cut, x + left * unit, y + top * unit, columns * unit, rows * unit);
    if (this.heat) {
      context.globalAlpha = OPACITY;
      context.imageSmoothingEnabled = true;
      context.drawImage(this.heat.bitmap, x, y, ...size);
      context.globalAlpha = 1;
    }
    this.sharpen(Math.min(this.level.fullRows, size[1]));
  }

  greys(left, top, columns, rows) {
    const { pixels, low, high, columns: width } = this.level;
    const table = this.tone.table(low, high, pixels.BYTES_PER_ELEMENT === 1 ? 256 : 65536);
    const image = new ImageData(columns, rows);
    const words = new Uint32Array(image.data.buffer);
    for (let row = 0; row < rows; row++) {
      const from = (top + row) * width + left;
      for (let column = 0; column < columns; column++) {
        words[row * columns + column] = 0xff000000 | (table[pixels[from + column]] * 0x010101);
      }
    }
    return image;
  }

  /** Fetch more pixels where the screen shows more than there are. */
  async sharpen(rows) {
    if (this.busy || this.level.rows >= 0.95 * rows || this.level.rows >= this.level.fullRows) return;
    this.busy = true;
    try {
      await this.fetch(rows);
      this.draw(this.fit);
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error.message);
    } finally {
      this.busy = false;
    }
  }

  /** Magnify about a place of the canvas, (0.5, 0.5) its middle. */
  magnify(factor, at = [0.5, 0.5]) {
    if (!this.level) return;
    const before = this.frame(this.fit);
    const place = [at[0] * this.canvas.width, at[1] * this.canvas.height];
    const fixed = [(place[0] - before.x) / before.scale, (place[1] - before.y) / before.scale];
    this.zoom = Math.min(FARTHEST, Math.max(NEAREST, this.zoom * factor));
    this.shift = [0, 0];
    const after = this.frame(this.fit);
    this.shift = [
      (place[0] - fixed[0] * after.scale - after.x) / this.canvas.width,
      (place[1] - fixed[1] * after.scale - after.y) / this.canvas.height,
    ];
    this.draw(this.fit);
  }

  move(across, down) {
    this.shift = [this.shift[0] + across, this.shift[1] + down];
    this.draw(this.fit);
  }

  label() {
    const name = this.image ? viewName(this.image) : this.place.replace("-", " ");
    this.marker.textContent = this.image?.modifiers ? `${name} (${this.image.modifiers})` : name;
    const notes = [];
    if (!this.image) notes.push(t("missing-view"));
    if (this.problem) notes.push(this.problem.short ?? this.problem.message);
    if (this.mirrored) notes.push(t("mirrored"));
    if (this.remark) notes.push(t(`remark.${this.remark}`));
    if (this.image?.conflict) notes.push(t("conflict", { what: this.image.conflict }));
    this.note.textContent = notes.join(" · ");
    this.note.title = this.problem?.message ?? "";
    this.note.classList.toggle("empty", !this.image || Boolean(this.problem));
    const said = this.outcome ? summary(this.outcome) : "";
    this.caption.textContent = [said, this.heat ? t("saliency-of", { name: className(this.heat.name) }) : ""]
      .filter(Boolean)
      .join(" · ");
    this.canvas.setAttribute("aria-label", t("picture-of", { name }));
    this.element.setAttribute("aria-label", [name, ...notes, said].join(". "));
  }
}

/** An outcome in a few words. */
export function summary({ decision, predicted, calibrated, probabilities }) {
  const name = decision && decision !== "abstain" ? decision : predicted;
  const value = percent((Object.keys(calibrated).length ? calibrated : probabilities)[name]);
  return decision === "abstain" ? t("abstains-short", { name: className(name), value }) : `${className(name)} ${value}`;
}
