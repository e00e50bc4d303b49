"""The page in a real browser, by keyboard; its screenshots are kept for people to look at."""

from __future__ import annotations

import base64
import csv
import json
import shutil

import pytest

pytestmark = pytest.mark.slow
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1600,1100",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")  # fmt: skip
INNER_BRIGHTER = """
const mean = (canvas, from, to) => {
  const { width, height } = canvas;
  const data = canvas.getContext("2d").getImageData(from * width, 0.2 * height, (to - from) * width, 0.6 * height).data;
  return data.reduce((sum, value, i) => sum + (i % 4 === 0 ? value : 0), 0) / (data.length / 4);
};
return Object.fromEntries([...document.querySelectorAll(".view[data-place]")].map((view) => {
  const canvas = view.querySelector("canvas");
  return [view.dataset.place, mean(canvas, 0.9, 1) - mean(canvas, 0, 0.1)];
}));
"""


@pytest.fixture(scope="module")
def browser(needs):
    needs("Chromium with its driver", shutil.which("chromium"), shutil.which("chromedriver"))
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    made = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield made
    made.quit()


@pytest.fixture
def shot(browser, repository):
    folder = repository / "test-artifacts"
    folder.mkdir(exist_ok=True)
    return lambda name: browser.save_screenshot(str(folder / f"reader-{name}.png"))


class Hands:
    """A reader at the keyboard."""

    def __init__(self, browser):
        from selenium.webdriver.support.ui import WebDriverWait

        self.browser, self._wait = browser, WebDriverWait(browser, 30)

    def until(self, condition):
        return self._wait.until(lambda _: condition())

    def one(self, selector):
        return self.browser.find_element("css selector", selector)

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def save(self, **categories):
        """Choose by the keyboard and save with Ctrl + Enter."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys
        from selenium.webdriver.support.ui import Select

        for place, category in enumerate(categories.values()):
            Select(self.one(f"#birads-{place}")).select_by_value(category)
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
        self.until(lambda: self.text("#saved"))

    def texts(self, selector):
        """What is to be read, at one moment: the page may draw itself anew between two questions."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((node) => node.innerText.trim())", selector
        )

    def text(self, selector):
        return self.texts(selector)[0]

    def result(self):
        return self.until(lambda: self.all("#result .bars"))


@pytest.fixture
def hands(browser):
    return Hands(browser)


def test_an_exam_is_read(browser, hands, serve, films, shot, tmp_path):
    from selenium.webdriver.common.keys import Keys

    page = serve(films)
    browser.get(page.address)
    hands.until(lambda: "set" in hands.text("#path"))
    hands.one("#reader").send_keys("Nguyễn Thị Hà", Keys.TAB)
    hands.one("#open").send_keys(Keys.ENTER)
    hands.until(lambda: len(hands.all("#list button")) == 3)
    hands.until(lambda: browser.switch_to.active_element == hands.one("#list button"))
    hands.press(Keys.ENTER)
    hands.result()
    hands.until(lambda: all(browser.execute_script(INNER_BRIGHTER).values()))

    # R CC | L CC above R MLO | L MLO, chest walls together in the middle.
    where = {v.get_attribute("data-place"): (v.location["y"], v.location["x"]) for v in hands.all("[data-place]")}
    assert sorted(where, key=where.get) == ["R-CC", "L-CC", "R-MLO", "L-MLO"]
    for place, inner in browser.execute_script(INNER_BRIGHTER).items():
        assert (inner > 0) == (place[0] == "R"), place
    assert hands.texts("[data-place] .marker") == ["R CC", "L CC", "R MLO", "L MLO"]
    assert "Research use only, not for clinical use." in hands.text("header")
    assert "calibrated probabilities" in hands.text("#result") and "Right breast" in hands.text("#result")
    shot("exam")

    hands.press("h")
    hands.until(lambda: all("map:" in caption for caption in hands.texts(".view .caption")))
    hands.press("2")
    assert browser.switch_to.active_element.get_attribute("data-place") == "L-CC"
    hands.press(Keys.ENTER, "+", "+", Keys.ARROW_DOWN, "[", "[", ".")
    hands.until(lambda: hands.one(".view.large").size["height"] > 700)
    shot("enlarged")
    hands.press("h", "i", Keys.ESCAPE, "0")
    assert not hands.all(".view.large")

    hands.press("r")
    assert browser.switch_to.active_element.get_attribute("id") == "birads-0"
    hands.one("#note").send_keys("spiculated mass, 8 mm")
    hands.save(right="4A", left="1")
    assert "after the model's result was shown" in hands.text("#saved")
    with (tmp_path / "readings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["laterality"], row["birads"]) for row in rows} == {("R", "4A"), ("L", "1")}
    assert len(rows) == 4 and {row["reader"] for row in rows} == {"Nguyễn Thị Hà with AI"}

    hands.one("#languages [value=vi]").send_keys(Keys.ENTER)
    hands.until(lambda: "Vú phải" in hands.text("#result"))
    assert "Đã lưu" in hands.text("#saved") and "không dùng trong lâm sàng" in hands.text("header")
    assert hands.one("#note").get_property("value") == "spiculated mass, 8 mm"
    shot("vietnamese")

    pdf = base64.b64decode(browser.print_page())
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Subtype /Image") >= 4
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    report = hands.text("#report")
    for said in ("Phiếu đọc X-quang tuyến vú", "Vú phải: BI-RADS 4A", "spiculated mass", "Nguyễn Thị Hà", "SHA-256"):
        assert said in report
    assert report.count("không dùng trong lâm sàng") == 2 and len(hands.all("#report canvas")) == 4
    assert not hands.one("header").is_displayed()
    shot("report")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    browser.refresh()  # the language is kept, and the name
    hands.until(lambda: "Chọn thư mục ảnh" in hands.text("nav"))
    assert hands.one("#reader").get_property("value") == "Nguyễn Thị Hà"
    hands.one("#languages [value=en]").send_keys(Keys.ENTER)
    hands.until(lambda: "Choose a folder" in hands.text("nav"))

    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
    assert len(urls) > 10 and all(url.startswith((page.address, f"blob:{page.address}")) for url in urls)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_reading_before_the_result(browser, hands, serve, films, shot, tmp_path):
    from selenium.webdriver.common.keys import Keys

    folder = tmp_path / "folder"
    shutil.copytree(films / "images", folder)
    first = sorted(path for path in sorted(folder.iterdir())[0].iterdir())
    (folder / "notes.txt").write_text("no image")
    shutil.copy(first[0], folder / "duplicate.dcm")
    page = serve(folder, blind=True)
    browser.get(page.address)
    hands.until(lambda: "folder" in hands.text("#path"))
    hands.one("#reader").clear()
    hands.one("#reader").send_keys("Bình", Keys.TAB)
    hands.one("#open").click()
    hands.until(lambda: "2 file(s) left out" in hands.text("#left"))
    hands.press("n")
    hands.until(lambda: "shown after your reading is saved" in hands.text("#result"))
    hands.until(lambda: all(browser.execute_script(INNER_BRIGHTER).values()))
    shot("blind")
    assert not hands.all("#result .bars") and not any(hands.texts(".caption"))
    hands.save(right="2", left="2")
    hands.result()
    assert "before the model's result was shown" in hands.text("#saved")
    hands.press(Keys.ESCAPE, "?")
    assert "window" in hands.text("dialog")
    shot("keys")
    hands.press(Keys.ESCAPE, "f")
    assert hands.one("main").location["x"] == 0 and hands.one("aside").size["width"] == 300
    hands.press("f")
    (folder / page.get("/api/scans/1/exams/1")["images"][0]["path"]).write_bytes(b"broken")
    hands.press("n")
    hands.until(lambda: any(hands.texts(".view .note.empty")))
    hands.save(right="1", left="1")
    hands.result()
    assert "No result" in hands.text("#result")
    shot("damaged")
