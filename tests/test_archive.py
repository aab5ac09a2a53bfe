"""The archive of past cycles: read as HTML, and chosen from in a real browser without a script or a network."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pdsa.archive import render_archive
from test_pages import ARGUMENTS
from test_site import HOSTILE, Page

IDEAS = ("Call home", "Circles", "Exit tickets", HOSTILE, "مدرسة النور 🎒")
SCHOOLS = (("Tarnwick", "0101"), ("Dunmarrow", "0102"), ("Rookstead", "0103"))
DECISIONS = ("adopt", "adapt", "abandon", "planned", "studying")


def cycle(number: int, **changes: str) -> dict[str, str]:
    school, key = SCHOOLS[number % 3]
    return {
        "id": f"cycle-{number:04d}",
        "idea": IDEAS[number % 5],
        "school": school,
        "school_id": key,
        "title": f"Turn {number}",
        "scale": "1 class",
        "start": "2025-10-06",
        "end": "2025-10-17",
        "decision": DECISIONS[number // 5 % 5],
        "prediction": "Eight of ten families pick up",
        "outcome": "held",
        "learning": f"Lesson {number}",
        "next": "",
    } | changes


def page_of(cycles: list[dict[str, str]], **changes: Any) -> str:
    return render_archive(cycles, **{"network": "Example", "audience": "coach", **changes})


class TestPage:
    def test_a_row_for_each_cycle_in_the_order_given(self) -> None:
        page = Page(page_of([cycle(1, next="Again with two classes"), cycle(0, decision="adapt", outcome="")]))
        assert page.rows == [
            ["Cycle", "Predicted, and what came of it", "Decision", "Learned", "Next"],
            [
                "CirclesTurn 1Dunmarrow1 class ·2025-10-06 to 2025-10-17",
                "Eight of ten families pick upheld",
                "adopted",
                "Lesson 1",
                "Again with two classes",
            ],
            [
                "Call homeTurn 0Tarnwick1 class ·2025-10-06 to 2025-10-17",
                "Eight of ten families pick up",
                "adapted",
                "Lesson 0",
                "",
            ],
        ]

    def test_nothing_runs_and_nothing_is_loaded(self) -> None:
        html = page_of([cycle(n) for n in range(5)], network=HOSTILE)
        page = Page(html)
        assert not {"script", "img", "link", "iframe", "form", "object"} & set(page.elements)
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
        assert page.links == ["index.html"]
        assert html.count("http") == html.count("http-equiv")
        assert f"What was tried: {HOSTILE}" in page.words

    @pytest.mark.parametrize(
        "text", [HOSTILE, "</style><b>", "}</title>", "n" * 1000, "مدرسة النور 🎒 👩‍🏫", "=cmd|' /C calc'!A0"]
    )
    def test_hostile_text_is_unchanged_and_no_style(self, text: str) -> None:
        named = dict.fromkeys(("idea", "school", "school_id", "title", "prediction", "learning", "next", "id"), text)
        html = page_of([cycle(0, **named)])
        page = Page(html)
        assert page.rows[1][0] == f"{text}{text}1 class ·2025-10-06 to 2025-10-17"  # title and idea are the same
        assert page.rows[1][3:] == [text, text]
        assert text not in re.search(r"<style>.*?</style>", html, re.DOTALL)[0]  # type: ignore[index]
        assert re.search(r'<tr id="[\w-]+" class="i1 s1 d1">', html)

    def test_schools_of_one_name_are_told_apart_by_their_id(self) -> None:
        html = page_of([cycle(0), cycle(1, school="Tarnwick")])
        assert re.findall(r"<option value=\"\d\">(Tarnwick[^<]*)<", html) == ["Tarnwick (0101)", "Tarnwick (0102)"]

    def test_counts(self) -> None:
        words = Page(page_of([cycle(n) for n in range(25)])).words
        assert "25 cycles: 5 adopted, 5 adapted, 5 set aside, 10 open, as shared with the coach" in words

    def test_it_leads_back_to_a_page_that_there_is(self) -> None:
        homes = {audience: Page(page_of([cycle(0)], audience=audience)).links for audience in ("district", "network")}
        assert homes == {"district": ["index.html"], "network": ["network.html"]}

    def test_nothing_yet(self) -> None:
        page = Page(page_of([]))
        assert "No cycle has been shared yet." in page.words
        assert "table" not in page.elements


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An archive of 2,000 cycles in a browser without scripts and without a network."""
    target = tmp_path_factory.mktemp("archive") / "archive.html"
    target.write_text(page_of([cycle(n) for n in range(2000)]), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False, offline=True, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(target.as_uri())
    page.target = target
    yield page
    context.close()


def shown(page: Any) -> list[int]:
    """Numbers of the cycles that can be seen: hidden rows have no inner text."""
    return [int(found) for found in re.findall(r"Lesson (\d+)", page.locator("tbody").inner_text())]


def visible(page: Any) -> int:
    return len(shown(page))


@pytest.mark.browser
class TestChoosing:
    """Choices are those of 2,000 cycles: number n has idea n % 5, school n % 3, decision n // 5 % 5."""

    def test_all_are_shown_at_first(self, opened: Any) -> None:
        assert visible(opened) == 2000

    def test_by_idea_decision_and_school_together(self, opened: Any) -> None:
        opened.select_option("#by-idea", label="Call home")
        assert visible(opened) == 400
        opened.select_option("#by-decision", label="set aside")
        assert visible(opened) == 80
        opened.select_option("#by-school", label="Rookstead")
        expected = [n for n in range(2000) if n % 5 == 0 and n // 5 % 5 == 2 and n % 3 == 2]
        assert shown(opened) == expected
        for name in ("idea", "decision", "school"):
            opened.select_option(f"#by-{name}", label=f"all {name}s")
        assert visible(opened) == 2000

    def test_open_holds_every_step_before_a_decision(self, opened: Any) -> None:
        opened.select_option("#by-decision", label="open")
        assert visible(opened) == 800
        opened.select_option("#by-decision", label="all decisions")

    def test_hostile_names_can_be_chosen(self, opened: Any) -> None:
        for idea in IDEAS[3:]:
            opened.select_option("#by-idea", label=idea)
            assert visible(opened) == 400
        opened.select_option("#by-idea", label="all ideas")

    def test_by_keyboard_alone(self, opened: Any) -> None:
        opened.locator("#by-school").focus()
        opened.keyboard.press("ArrowDown")
        assert visible(opened) == 667  # Dunmarrow, the first by name
        opened.keyboard.press("Tab")
        opened.keyboard.press("Shift+Tab")
        opened.keyboard.press("ArrowUp")
        assert visible(opened) == 2000

    def test_paper_has_every_row(self, opened: Any) -> None:
        opened.select_option("#by-idea", label="Circles")
        opened.emulate_media(media="print")
        assert visible(opened) == 2000
        assert not opened.locator(".choose").is_visible()
        opened.emulate_media(media="screen")
        assert visible(opened) == 400
        opened.select_option("#by-idea", label="all ideas")

    def test_choosing_among_2000_is_quick(self, opened: Any) -> None:
        start = time.monotonic()
        opened.select_option("#by-school", label="Tarnwick")
        visible(opened)
        assert time.monotonic() - start < 3
        opened.select_option("#by-school", label="all schools")

    def test_nothing_was_asked_of_the_world(self, opened: Any) -> None:
        assert {url for url in opened.asked if not url.startswith("file:")} == set()

    def test_a_link_to_a_cycle_leads_to_its_row(self, opened: Any) -> None:
        opened.goto(f"{opened.target.as_uri()}#cycle-1999")
        assert opened.locator("tbody tr:target").inner_text().startswith("مدرسة النور 🎒")


@pytest.mark.browser
def test_the_number_shown_follows_the_choice(browser: Any, tmp_path: Path) -> None:
    """What a style sheet counts is only in the tree that screen readers are given."""
    target = tmp_path / "archive.html"
    target.write_text(page_of([cycle(n) for n in range(30)]), encoding="utf-8")
    page = browser.new_page()
    page.goto(target.as_uri())
    assert spoken(page) == "30 of 30 shown"
    page.select_option("#by-idea", label="Circles")
    assert spoken(page) == "6 of 30 shown"
    page.close()


def spoken(page: Any) -> str:
    """The line that counts, as the browser's accessibility tree has it."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    texts = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "StaticText"]
    at = next(i for i, text in enumerate(texts) if text.endswith("of 30 shown"))
    return f"{texts[at - 1]}{texts[at]}"


@pytest.mark.browser
def test_a_telephone_needs_no_sideways_scrolling(browser: Any, tmp_path: Path) -> None:
    target = tmp_path / "archive.html"
    target.write_text(page_of([cycle(n, learning="n" * 1000, idea="w" * 1000) for n in range(3)]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(target.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
