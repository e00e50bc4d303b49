// The reader's own category and note, and how long the exam was looked at.

import { get, post, query } from "./api.js";
import { find, node } from "./node.js";
import { className, t, viewName } from "./words.js";

const BIRADS = find("meta[name=birads]").content.split(" ");

/** Seconds during which the page was in front. */
class Watch {
  constructor() {
    this.sum = 0;
    this.start = performance.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.sum = this.seconds();
      else this.start = performance.now();
    });
  }

  restart() {
    this.sum = 0;
    this.start = performance.now();
  }

  seconds() {
    return this.sum + (document.hidden ? 0 : (performance.now() - this.start) / 1000);
  }
}

export class ReadingForm {
  /** @param saved is called after a reading was saved; @param fail with an error. */
  constructor(saved, fail) {
    this.saved = saved;
    this.fail = fail;
    this.watch = new Watch();
    this.classes = [];
    this.clear();
  }

  clear() {
    this.exam = null;
    this.values = new Map(); // image number -> {birads, class_name}
    this.note = "";
    this.readAs = "breast";
    this.dirty = false;
    this.status = "";
    this.rows = [];
  }

  async show(exam, url, reader) {
    this.clear();
    this.exam = exam;
    this.url = `${url}/reading`;
    this.watch.restart();
    this.render();
    await this.recall(reader);
  }

  /** What this reader said of the exam before. */
  async recall(reader) {
    const { exam } = this;
    this.values.clear();
    this.note = this.status = "";
    this.dirty = false;
    this.rows = reader ? (await get(`${this.url}?${query({ reader })}`)).rows : [];
    if (exam !== this.exam) return;
    for (const row of this.rows) this.values.set(row.number, { birads: row.birads, class_name: row.class });
    if (this.rows.length) {
      this.note = this.rows[0].note;
      this.readAs = this.rows[0].read_as;
      this.tell();
    }
    this.render();
  }

  tell() {
    const [{ saved, ai }] = this.rows;
    const time = new Date(saved).toLocaleString(document.documentElement.lang);
    this.status = t(ai === "shown" ? "saved-with" : "saved-without", { time });
  }

  /** What is asked: [title, numbers of its images], by breast or by image. */
  units() {
    const images = this.exam.images.map((image, number) => ({ ...image, number }));
    if (this.readAs === "image") return images.map((image) => [viewName(image), [image.number]]);
    return ["R", "L", ""]
      .map((side) => [t(`breast.${side}`), images.filter((one) => one.laterality === side).map((one) => one.number)])
      .filter(([, numbers]) => numbers.length);
  }

  set(numbers, name, value) {
    for (const number of numbers) {
      this.values.set(number, { birads: "", class_name: "", ...this.values.get(number), [name]: value });
    }
    this.dirty = true;
  }

  async save(reader) {
    if (!this.exam) return;
    try {
      if (!reader.trim()) {
        find("#reader").focus();
        throw new Error(t("name-first"));
      }
      const categories = [...this.values].map(([image, value]) => ({ image, ...value }));
      const said = { reader, read_as: this.readAs, categories, note: this.note, seconds: this.watch.seconds() };
      this.rows = (await post(this.url, said)).rows;
      this.dirty = false;
      this.tell();
      this.render();
      this.saved(this.rows);
    } catch (error) {
      this.fail(error);
    }
  }

  render() {
    const section = find("#reading");
    section.hidden = !this.exam;
    if (!this.exam) return;
    const held = document.activeElement?.id;
    section.replaceChildren(
      node("h2", { textContent: t("reading") }),
      this.kinds(),
      ...this.units().map(([title, numbers], place) => this.unit(title, numbers, place)),
      node("label", { className: "field" }, t("note"), this.noteField()),
      node("button", { type: "button", id: "save", textContent: t("save"), title: "Ctrl + Enter" }),
      node("p", { id: "saved", role: "status", textContent: this.status }),
    );
    if (held && section.querySelector(`#${held}`)) find(`#${held}`).focus();
  }

  kinds() {
    const radio = (kind) => {
      const input = node("input", { type: "radio", name: "read-as", value: kind, checked: this.readAs === kind });
      input.addEventListener("change", () => {
        this.readAs = kind;
        this.render();
      });
      return node("label", {}, input, t(`per-${kind}-choice`));
    };
    return node("fieldset", { className: "kinds" }, node("legend", { textContent: t("read-as") }), radio("breast"), radio("image"));
  }

  unit(title, numbers, place) {
    const value = this.values.get(numbers[0]) ?? { birads: "", class_name: "" };
    const select = (name, id, options) => {
      const made = node("select", { id }, options.map(([key, text]) => node("option", { value: key, textContent: text })));
      made.value = value[name];
      made.addEventListener("change", () => this.set(numbers, name, made.value));
      return made;
    };
    const none = ["", "–"];
    const birads = [none, ...BIRADS.map((key) => [key, `${key} – ${t(`birads.${key}`)}`])];
    const classes = [none, ...this.classes.map((name) => [name, className(name)])];
    return node(
      "fieldset",
      { className: "said" },
      node("legend", { textContent: title }),
      node("label", { className: "field" }, t("birads"), select("birads", `birads-${place}`, birads)),
      this.classes.length ? node("label", { className: "field" }, t("own-class"), select("class_name", `class-${place}`, classes)) : null,
    );
  }

  noteField() {
    const made = node("textarea", { id: "note", rows: 2, maxLength: 2000, value: this.note });
    made.addEventListener("input", () => {
      this.note = made.value;
      this.dirty = true;
    });
    return made;
  }
}
