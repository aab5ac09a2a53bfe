"""The pages of a run in a real browser: on paper, on a telephone, without a network, for somebody in a hurry."""

from __future__ import annotations

import csv
import io
import re
import shutil
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pypdf
import pytest

from test_reports import Made, Page, made_once, make_hostile, make_shared, select

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PAPER = {"Letter": (612, 792), "A4": (595, 842)}
LONGEST_NAME = "Saint Bartholomew and Saint Cunegunda Regional Consolidated Early College School"
# As long as the longest remark of the example.
NOTE = "Advisers call home on the day of first absence"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def made(pytestconfig: pytest.Config, example: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_shared(pytestconfig, example, tmp_path_factory)


@pytest.fixture(scope="session")
def hostile(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_hostile(pytestconfig, tmp_path_factory)


@pytest.fixture(scope="session")
def worst(pytestconfig: pytest.Config, example: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The school with the most notes about its data, with the longest name and six remarks on every chart."""
    network = tmp_path_factory.mktemp("worst") / "network"
    shutil.copytree(example, network)
    schools = network / "schools.csv"
    assert len(LONGEST_NAME) == 80
    schools.write_text(schools.read_text(encoding="utf-8").replace("Dunmarrow Academy", LONGEST_NAME), encoding="utf-8")
    days = ("2024-10-07", "2024-12-02", "2025-03-03", "2025-09-22", "2026-02-02")
    with (network / "annotations.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [("2025-01-27", "", "", "other", "Ice storm: buses did not run")]
        rows += [(day, "0135", "", "change", NOTE) for day in days]
        csv.writer(file).writerows([("date", "school", "measure", "kind", "label"), *rows])
    select(network, ("0135",))
    return made_once(pytestconfig, "worst", network, tmp_path_factory.mktemp("worst-out"))


def school_pages(made: Made) -> list[Path]:
    """Reports on one sheet; the page of a school's log is as long as its log."""
    own = [r.job.target for r in made.run.results if r.job.school and r.job.target.name != "log.html"]
    return [made.folder / target for target in own]


def pages_of(made: Made) -> list[Path]:
    return sorted(made.folder.rglob("*.html"))


def network_pages(*runs: Made) -> list[Path]:
    return [made.folder / r.job.target for made in runs for r in made.run.results if not r.job.school]


@pytest.fixture
def sheet(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    yield page
    page.close()


class TestPaper:
    @pytest.mark.parametrize("size", PAPER)
    def test_every_report_of_a_school_is_one_sheet(self, made: Made, worst: Made, sheet: Any, size: str) -> None:
        too_long = []
        for path in [*school_pages(made), *school_pages(worst)]:
            sheet.goto(path.as_uri())
            document = pypdf.PdfReader(io.BytesIO(sheet.pdf(format=size, prefer_css_page_size=False)))
            box = document.pages[0].mediabox
            assert (round(box.width), round(box.height)) == pytest.approx(PAPER[size], abs=1)
            if len(document.pages) != 1:
                too_long.append((path.parent.name, path.name, len(document.pages)))
        assert too_long == []

    def test_everything_is_on_the_sheet(self, worst: Made, sheet: Any) -> None:
        sheet.goto(school_pages(worst)[0].as_uri())
        text = pypdf.PdfReader(io.BytesIO(sheet.pdf(format="Letter"))).pages[0].extract_text()
        words = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))  # letters that the font joins
        for part in (LONGEST_NAME, NOTE, "Ice storm", "On track in core courses", "Made with pdsa-workbench"):
            assert re.sub(r"\s+", "", part) in words
        assert words.count("2026-02-02") >= 4

    def test_charts_take_the_room_that_the_words_leave(self, made: Made, sheet: Any) -> None:
        """No sheet ends far above its foot, and every chart is higher than the 26 mm that always fit."""
        sheet.set_viewport_size({"width": LETTER_WIDTH, "height": 1000})
        sheet.emulate_media(media="print")
        heights = []
        for path in school_pages(made):
            sheet.goto(path.as_uri())
            drawn = sheet.evaluate(
                "[...document.querySelectorAll('.pdsa-chart > svg')].map(s => s.getBoundingClientRect().height)"
            )
            assert len(drawn) == 4
            assert max(drawn) - min(drawn) < 1  # nobody reads a height into the room for remarks
            assert sheet.evaluate("document.body.getBoundingClientRect().height") >= 258 * MILLIMETER - 1
            heights += drawn
        assert min(heights) > 33 * MILLIMETER

    def test_print_stays_readable(self, worst: Made, sheet: Any) -> None:
        """Nothing on paper is set in less than six points."""
        sheet.emulate_media(media="print")
        sheet.goto(school_pages(worst)[0].as_uri())
        sizes = sheet.evaluate(
            "[...document.querySelectorAll('main *, footer *')].filter(e => !e.closest('svg'))"
            ".map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) * 0.75 >= 6


class TestAlone:
    def test_no_request_no_error_no_violation_no_dialog(self, made: Made, hostile: Made, sheet: Any) -> None:
        requests: list[str] = []
        said: list[str] = []
        sheet.on("request", lambda request: requests.append(request.url))
        sheet.on("console", lambda message: said.append(message.text))
        sheet.on("pageerror", lambda error: said.append(str(error)))
        sheet.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
        paths = [*pages_of(made), *pages_of(hostile)]
        for path in paths:
            sheet.goto(path.as_uri())
        assert said == []
        assert requests == [path.as_uri() for path in paths]
        assert len(paths) == 47


class TestStructure:
    def test_language_heading_landmark_names(self, made: Made, hostile: Made, sheet: Any) -> None:
        for path in [*pages_of(made), *pages_of(hostile)]:
            sheet.goto(path.as_uri())
            found = sheet.evaluate(
                """() => ({
                    lang: document.documentElement.lang, h1: document.querySelectorAll('h1').length,
                    main: document.querySelectorAll('main').length, title: document.title.trim().length > 0,
                    unnamed: [...document.querySelectorAll('svg')].filter(s => s.getAttribute('aria-hidden') !== 'true'
                        && !(s.getAttribute('role') === 'img' && (s.getAttribute('aria-label')
                        || s.getAttribute('aria-labelledby').split(' ').every(i => document.getElementById(i)))))
                        .length,
                    wordless: [...document.querySelectorAll('a')].filter(a => !a.textContent.trim()).length,
                    headless: [...document.querySelectorAll('table')].filter(t => !t.querySelector('th[scope]')).length,
                })"""
            )
            assert found == {
                "lang": "en", "h1": 1, "main": 1, "title": True, "unnamed": 0, "wordless": 0, "headless": 0,
            }, path  # fmt: skip

    def test_headings_descend_by_one(self, made: Made) -> None:
        for path in pages_of(made):
            levels = [
                int(name[1]) for name in Page(path.read_text(encoding="utf-8")).elements if name in ("h1", "h2", "h3")
            ]
            assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), path

    @pytest.mark.parametrize("audience", ["district", "coach", "network"])
    def test_the_matrix_is_read_in_a_minute(self, made: Made, sheet: Any, audience: str) -> None:
        sheet.goto((made.folder / audience / "network.html").as_uri())
        cells = sheet.evaluate(
            """() => [...document.querySelectorAll('.pdsa-matrix:not(.pdsa-spread) tbody td')].map(cell => ({
                symbol: cell.querySelector('svg.pdsa-symbol').innerHTML, word: cell.innerText.trim().split(',')[0],
                old: cell.innerText.includes(','), title: cell.title,
                lines: cell.querySelectorAll('svg.pdsa-spark').length,
                drawn: cell.querySelector('use').getBoundingClientRect().width > 3}))"""
        )
        assert len(cells) == 6 * 4
        assert len({cell["symbol"] for cell in cells}) <= 6
        assert all(cell["drawn"] and cell["lines"] == (cell["word"] != "no data") for cell in cells)
        assert {cell["word"] for cell in cells} <= {"better", "worse", "changed", "steady", "too early", "no data"}
        assert sum(cell["old"] for cell in cells) == 1  # of a school that sent nothing for most of a year
        # a shape has one word, and a word one shape
        assert len({(cell["symbol"], cell["word"]) for cell in cells}) == len({cell["word"] for cell in cells})
        assert all(
            re.search(r", .*: .* \(\d+ periods? with data(, the last of \d{4}-\d\d-\d\d)?\)$", cell["title"])
            for cell in cells
        )
        # further down, the theory and what was tried where have keys of their own
        assert sheet.evaluate("document.querySelector('main .pdsa-cell').querySelectorAll('.pdsa-legend').length") == 1

    def test_shapes_differ_without_color(self, made: Made, sheet: Any) -> None:
        sheet.goto((made.folder / "district/network.html").as_uri())
        shapes = sheet.evaluate(
            """() => [...document.querySelector('.pdsa-legend').querySelectorAll('svg')].map(s =>
                s.innerHTML.replace(/#[0-9a-f]{6}/g, ''))"""
        )
        assert len(shapes) == len(set(shapes)) == 6


def broken_links(folder: Path, path: Path) -> list[str]:
    """Links of a page that lead to no file below the folder, or to no anchor in it."""
    broken = []
    for href in Page(path.read_text(encoding="utf-8")).values("href"):
        place, anchor = urldefrag(href)
        target = (path.parent / unquote(place)).resolve() if place else path
        there = target.is_file() and target.is_relative_to(folder.resolve())
        if not there or (anchor and unquote(anchor) not in Page(target.read_text(encoding="utf-8")).values("id")):
            broken.append(href)
    return broken


class TestIndex:
    def test_on_a_telephone_the_names_stay_in_sight(self, made: Made, sheet: Any) -> None:
        sheet.set_viewport_size({"width": 400, "height": 800})
        sheet.goto((made.folder / "coach/index.html").as_uri())
        assert sheet.evaluate("document.documentElement.scrollWidth") <= 400
        sheet.evaluate("document.querySelector('.wide').scrollLeft = 300")
        pushed = sheet.evaluate("document.querySelector('.wide').scrollLeft")
        left = sheet.evaluate("document.querySelector('tbody th').getBoundingClientRect().left")
        assert pushed == 300
        assert 0 <= left < 30

    def test_on_a_laptop_every_column_is_there(self, made: Made, sheet: Any) -> None:
        sheet.set_viewport_size({"width": 1200, "height": 800})
        sheet.goto((made.folder / "coach/index.html").as_uri())
        hidden = sheet.evaluate("(w => w.scrollWidth - w.clientWidth)(document.querySelector('.wide'))")
        assert hidden == 0


# Cells of a table whose words or lines lie over the next cell, and the width of paper in pixels without its margins.
RUN_OVER = """() => [...document.querySelectorAll('.pdsa-matrix tbody td, .pdsa-matrix tbody th, .wide td')]
  .filter(cell => {
    const range = document.createRange(); range.selectNodeContents(cell);
    return getComputedStyle(cell).overflow == 'visible'
        && range.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1}).length"""
LETTER_WIDTH, PHONE_WIDTH = 748, 400
MILLIMETER = 96 / 25.4


class TestMatrix:
    """Each word of the table of schools stands beside its own line, whatever the page is read on."""

    @pytest.mark.parametrize("audience", ["coach", "district", "network"])
    @pytest.mark.parametrize("width", [1200, PHONE_WIDTH])
    def test_nothing_lies_over_the_next_cell(self, made: Made, sheet: Any, audience: str, width: int) -> None:
        sheet.set_viewport_size({"width": width, "height": 800})
        sheet.goto((made.folder / audience / "network.html").as_uri())
        assert sheet.evaluate("document.querySelectorAll('.pdsa-matrix .pdsa-spark').length") > 0
        assert sheet.evaluate(RUN_OVER) == 0

    @pytest.mark.parametrize("name", ["network.html", "index.html"])
    def test_no_column_is_cut_off_on_paper(self, made: Made, sheet: Any, name: str) -> None:
        sheet.set_viewport_size({"width": LETTER_WIDTH, "height": 1000})
        sheet.emulate_media(media="print")
        sheet.goto((made.folder / "coach" / name).as_uri())
        edges = sheet.evaluate(
            "[...document.querySelectorAll('table')].slice(0, 1).map(t => t.getBoundingClientRect().right)"
        )
        assert 0 < max(edges) <= LETTER_WIDTH
        assert sheet.evaluate(RUN_OVER) == 0

    def test_the_caption_and_the_names_stay_in_sight_on_a_telephone(self, made: Made, sheet: Any) -> None:
        sheet.set_viewport_size({"width": PHONE_WIDTH, "height": 800})
        sheet.goto((made.folder / "district/network.html").as_uri())
        sheet.evaluate("document.querySelector('.pdsa-wide:has(.pdsa-spark)').scrollLeft = 200")
        boxes = "e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right]"
        for what in ("caption", "tbody th"):
            left, right = sheet.eval_on_selector(f".pdsa-matrix {what}", boxes)
            assert 0 <= left < 30
            assert right <= PHONE_WIDTH


class TestLinks:
    @pytest.mark.parametrize("name", ["district/index.html", "coach/index.html", "district/network.html"])
    def test_every_link_leads_somewhere(self, made: Made, hostile: Made, name: str) -> None:
        for run in (made, hostile):
            page = run.folder / name
            assert Page(page.read_text(encoding="utf-8")).values("href")
            assert broken_links(run.folder, page) == []

    @pytest.mark.parametrize("name", ["coach/network.html", "network/network.html"])
    def test_pages_without_schools_of_their_own_lead_nowhere_wrong(self, made: Made, name: str) -> None:
        assert broken_links(made.folder, made.folder / name) == []

    def test_every_page_leads_back_and_nowhere_wrong(self, made: Made) -> None:
        """Those of a coach or a district lead to its own index, and only the coach's index into the teams' folders."""
        for path in pages_of(made):
            place = path.relative_to(made.folder)
            assert broken_links(made.folder, path) == [], place
            links = Page(path.read_text(encoding="utf-8")).values("href")
            home = {(path.parent / link).resolve() for link in links if link.endswith("index.html")}
            index = (made.folder / place.parts[0] / "index.html").resolve()
            assert home == ({index} if index.is_file() and path.name != "index.html" else set()), place
            into = [link for link in links if "team/" in link]
            assert bool(into) == (place.as_posix() == "coach/index.html"), place

    def test_a_cell_of_the_matrix_shows_its_chart(self, made: Made, sheet: Any) -> None:
        sheet.goto((made.folder / "district/network.html").as_uri())
        sheet.click(".pdsa-matrix tbody td a >> nth=1")
        assert sheet.url.startswith((made.folder / "district/schools").as_uri())
        shown = sheet.evaluate("document.querySelector(':target').getBoundingClientRect().top")
        assert -2 < shown < 900

    def test_anchors_of_a_network_page_are_unique(self, made: Made) -> None:
        anchors = Page((made.folder / "district/network.html").read_text(encoding="utf-8")).values("id")
        assert len(anchors) == len(set(anchors))

    def test_anchors_of_a_page_are_unique(self, made: Made, hostile: Made) -> None:
        pages = [path for path in [*pages_of(made), *pages_of(hostile)] if path not in network_pages(made, hostile)]
        assert len(pages) == 40
        for path in pages:
            anchors = Page(path.read_text(encoding="utf-8")).values("id")
            assert len(anchors) == len(set(anchors)), path


class TestTelephone:
    @pytest.mark.parametrize("width", [400, 320])
    def test_no_page_scrolls_sideways(self, made: Made, hostile: Made, worst: Made, browser: Any, width: int) -> None:
        page = browser.new_page(viewport={"width": width, "height": 800})
        wide = {}
        for path in [*pages_of(made), *pages_of(worst), *(pages_of(hostile) if width == 400 else [])]:
            page.goto(path.as_uri())
            room = page.evaluate("document.documentElement.scrollWidth")
            if room > width:
                wide[f"{path.parent.name}/{path.name}"] = room
        page.close()
        assert wide == {}

    def test_wide_pictures_keep_their_size_and_are_pushed_in_their_own_box(self, made: Made, sheet: Any) -> None:
        sheet.set_viewport_size({"width": PHONE_WIDTH, "height": 800})
        sheet.goto((made.folder / "district/network.html").as_uri())
        for name in ("tree", "fish"):
            width, letters = sheet.eval_on_selector(
                f"svg.pdsa-{name}",
                """s => [s.getBoundingClientRect().width, Math.min(...[...s.querySelectorAll('text')].map(
                    t => t.getAttribute('font-size') * s.getBoundingClientRect().width / s.viewBox.baseVal.width))]""",
            )
            assert width == 960
            assert letters >= 10
        assert sheet.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH

    def test_nothing_written_leaves_its_box_in_the_theory(self, made: Made, sheet: Any) -> None:
        sheet.goto((made.folder / "district/network.html").as_uri())
        over = sheet.evaluate(
            """() => [...document.querySelectorAll('.pdsa-node')].flatMap(node => {
                const edge = node.querySelector('rect').getBoundingClientRect().right;
                return [...node.querySelectorAll('text')].filter(t => t.getBoundingClientRect().right > edge)
                    .map(t => t.textContent)})"""
        )
        assert over == []

    @pytest.mark.parametrize(("width", "medium"), [(400, "screen"), (LETTER_WIDTH, "print")])
    def test_panels_do_not_cover_each_other(self, made: Made, browser: Any, width: int, medium: str) -> None:
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.emulate_media(media=medium)
        page.goto((made.folder / "district/network.html").as_uri())
        covered = page.evaluate(
            """() => [...document.querySelectorAll('.pdsa-panel-head')].filter(head => {
                const [name, word] = head.children;
                const range = document.createRange(); range.selectNodeContents(word);
                return name.getBoundingClientRect().right > range.getBoundingClientRect().left + 1
                    || range.getBoundingClientRect().right > head.getBoundingClientRect().right + 1}).length"""
        )
        page.close()
        assert covered == 0
