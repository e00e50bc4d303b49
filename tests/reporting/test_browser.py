"""The page in a real browser, without JavaScript; its screenshots are kept for people to look at."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow
REAL = ("films", "network", "best")


@pytest.mark.parametrize("run", ["training", *(pytest.param(run, marks=pytest.mark.real) for run in REAL)])
def test_report_in_the_browser(request, run, browser, repository):
    from selenium.webdriver.common.by import By

    evaluated = request.getfixturevalue(run)
    content = evaluated.content()
    browser.set_window_size(1200, 1000)
    browser.get((evaluated.out / "report.html").as_uri())
    text = browser.find_element(By.TAG_NAME, "body").text
    expected = {"Figures", "Operating points", "Subgroups", "Errors", "CLAIM checklist"}
    titles = {section["title"] for section in content["sections"]}
    assert ("Data and split" in titles) == (run != "best")
    assert expected <= titles and all(title in text for title in titles)
    assert f"{content['metrics']['figures']['macro_auc']['value']:.3f}" in text
    pictures = browser.find_elements(By.TAG_NAME, "img")
    shown = [block for section in content["sections"] for block in section["blocks"] if block["kind"] == "picture"]
    assert len(pictures) == len(shown) >= 6 and all(int(one.get_property("naturalWidth")) > 100 for one in pictures)
    body = browser.find_element(By.TAG_NAME, "html")
    assert body.get_property("scrollWidth") <= body.get_property("clientWidth")  # wide tables scroll by themselves
    assert browser.get_log("browser") == []  # nothing asked for, nothing blocked
    browser.set_window_size(1200, int(body.get_property("scrollHeight")) + 100)
    folder = repository / "test-artifacts" / f"report-{run}"
    folder.mkdir(parents=True, exist_ok=True)
    assert browser.save_screenshot(str(folder / "page.png"))
    for section, element in zip(content["sections"], browser.find_elements(By.TAG_NAME, "section"), strict=True):
        assert element.screenshot(str(folder / f"{section['name']}.png"))
