"""The page in a real browser, without JavaScript; its screenshot is kept for people to look at."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.slow
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1200,1000",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--blink-settings=scriptEnabled=false")  # fmt: skip


@pytest.fixture
def browser():
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium and chromedriver are not installed: the report was not opened in a browser")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    made = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield made
    made.quit()


def test_report_in_the_browser(training, browser, repository):
    from selenium.webdriver.common.by import By

    browser.get((training.out / "report.html").as_uri())
    text = browser.find_element(By.TAG_NAME, "body").text
    for title in (
        "Data and split",
        "Training",
        "Figures",
        "Operating points",
        "Subgroups",
        "Errors",
        "CLAIM checklist",
    ):
        assert title in text
    assert f"{training.content()['metrics']['figures']['macro_auc']['value']:.3f}" in text
    pictures = browser.find_elements(By.TAG_NAME, "img")
    assert len(pictures) == 7 and all(int(one.get_property("naturalWidth")) > 100 for one in pictures)
    body = browser.find_element(By.TAG_NAME, "html")
    assert body.get_property("scrollWidth") <= body.get_property("clientWidth")  # wide tables scroll by themselves
    assert browser.get_log("browser") == []  # nothing asked for, nothing blocked
    browser.set_window_size(1200, int(body.get_property("scrollHeight")) + 100)
    folder = repository / "test-artifacts"
    folder.mkdir(exist_ok=True)
    browser.save_screenshot(str(folder / "report.png"))
