// Choosing a folder below the one that was opened, and an exam in it.

import { get, post, query } from "./api.js";
import { find, node } from "./node.js";
import { t } from "./words.js";

const EVERY = 400;

export class Exams {
  /** @param choose is called with (scan, number) when an exam is chosen; @param fail with an error. */
  constructor(choose, fail) {
    this.choose = choose;
    this.fail = fail;
    this.path = "";
    this.scan = null;
    this.found = null;
    this.chosen = null;
    find("#open").addEventListener("click", () => this.open(this.path));
  }

  async enter(path) {
    try {
      const { path: here, folders } = await get(`/api/folders?${query({ path })}`);
      this.path = here;
      this.folders = folders;
      this.render();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Look for the exams of a folder, however long that takes. */
  async open(path) {
    try {
      await this.enter(path);
      const { scan } = await post("/api/scans", { path });
      this.scan = scan;
      this.chosen = null;
      do {
        const found = await get(`/api/scans/${scan}`);
        if (this.scan !== scan) return;
        this.found = found;
        this.render();
        if (found.state === "running") await new Promise((done) => setTimeout(done, EVERY));
      } while (this.found.state === "running");
      location.hash = query({ folder: path });
      find("#list button")?.focus();
    } catch (error) {
      this.fail(error);
    }
  }

  select(number) {
    const count = this.found?.exams.length ?? 0;
    if (number < 0 || number >= count || !this.choose(this.scan, number)) return;
    this.chosen = number;
    this.render();
    find("#list [aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  next(step) {
    this.select((this.chosen ?? -1) + step);
  }

  render() {
    const parts = this.path ? this.path.split("/") : [];
    const crumb = (name, path) => node("button", { type: "button", textContent: name, title: name, onclick: () => this.enter(path) });
    find("#path").replaceChildren(
      crumb(this.root ?? "/", ""),
      ...parts.flatMap((name, place) => [" / ", crumb(name, parts.slice(0, place + 1).join("/"))]),
    );
    find("#folders").replaceChildren(
      ...(this.folders ?? []).map((name) =>
        node("li", {}, crumb(name, this.path ? `${this.path}/${name}` : name)),
      ),
    );
    this.renderScan();
  }

  renderScan() {
    const { found } = this;
    if (!found) return;
    const status = {
      running: () => t("scanning", { seconds: Math.round(found.seconds) }),
      failed: () => t(`reason.${found.error.reason}`, {}, found.error.message),
      ready: () => t("found", { exams: found.exams.length, path: found.path || this.root }),
    };
    find("#scan").textContent = status[found.state]();
    find("#list").replaceChildren(
      ...found.exams.map((exam, number) => {
        const button = node(
          "button",
          { type: "button", title: exam.exam, onclick: () => this.select(number) },
          node("span", { textContent: exam.patient || t("no-patient") }),
          node("small", { textContent: t("images", { count: exam.images }) }),
        );
        if (number === this.chosen) button.setAttribute("aria-current", "true");
        return node("li", {}, button);
      }),
    );
    const { count, files } = found.left_out;
    find("#left").hidden = count === 0;
    find("#left summary").textContent = t("left-out", { count });
    find("#left ul").replaceChildren(
      ...Object.entries(files).map(([name, why]) => {
        const reason = why.split(":", 1)[0];
        return node("li", { title: why }, node("b", { textContent: name }), ` ${t(`reason.${reason}`, {}, why)}`);
      }),
    );
  }
}
