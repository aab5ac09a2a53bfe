"""The workbench as a team meets it: `pdsa lab`, JupyterLab in a real browser, seven choices, and everything ended."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import TimeoutError, sync_playwright

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SECONDS = 120
PATIENCE = 60_000  # milliseconds

pytestmark = pytest.mark.browser


@dataclass
class Lab:
    """A running `pdsa lab` with what it has printed so far."""

    process: subprocess.Popen[str]
    folder: Path
    printed: list[str] = field(default_factory=list)
    family: list[psutil.Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def address(self) -> str:
        """The address with its token, as soon as somebody listens there: it is printed a little earlier."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = re.findall(r"http://127\.0\.0\.1:\d+/\S+token=\w+", "".join(self.printed))
            if found and listens(int(found[0].split(":")[2].split("/")[0])):
                return str(found[0])
            assert self.process.poll() is None, "".join(self.printed)
            time.sleep(0.1)
        raise AssertionError(f"no address in {self.printed}")

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed.append(line)

    def note_family(self) -> list[psutil.Process]:
        """The server and its kernels, to see later that they have ended."""
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        return self.family


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start(folder: Path) -> Lab:
    """Start `pdsa lab` as a person would, with nothing of this machine's own Jupyter settings."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(home / name) for name in names}
    process = subprocess.Popen(
        [sys.executable, "-m", "pdsa", "lab", str(folder), "--no-browser", "--port", str(free_port())],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | own, start_new_session=True,
    )  # fmt: skip
    return Lab(process, folder)


def gone(one: psutil.Process) -> bool:
    return not one.is_running() or one.status() == psutil.STATUS_ZOMBIE


def stop(lab: Lab) -> int:
    """Ask the command, and only it, to end; its return code."""
    if lab.process.poll() is None:
        lab.process.terminate()
    code = lab.process.wait(60)
    assert lab.process.stdout
    lab.reader.join(20)
    lab.process.stdout.close()
    return code


def clean(lab: Lab) -> None:
    """End whatever of this test is left; what is left alive holds the pipe, which then cannot be closed."""
    if lab.process.poll() is None:
        lab.note_family()
    for one in [*lab.family, *([psutil.Process(lab.process.pid)] if lab.process.poll() is None else [])]:
        if not gone(one):
            one.kill()
    lab.process.wait(20)
    lab.reader.join(20)
    if lab.process.stdout:
        lab.process.stdout.close()


@pytest.fixture(scope="module")
def lab(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab") / "network"
    shutil.copytree(example, folder)
    lab = start(folder)
    yield lab
    clean(lab)


@pytest.fixture(scope="module")
def notebook(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The workbench in a browser of its own, after Run All Cells."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")), executable_path=path, args=ARGUMENTS,
            viewport={"width": 1280, "height": 1400},
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.said = []
        page.on("request", lambda request: page.said.append(request.url))
        page.goto(lab.address())
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        run_all(page)
        lab.note_family()
        yield page
        context.close()


def run_all(page: Any) -> None:
    """Menu Run, Run All Cells, when the kernel is there: JupyterLab asks which one, if it is told to run earlier."""
    page.wait_for_selector("#jp-main-statusbar >> text=/\\| Idle/")
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    with contextlib.suppress(TimeoutError):
        page.click(".jp-Dialog .jp-mod-accept", timeout=1500)
    page.wait_for_selector(".jp-OutputArea .pdsa-chart svg")


def choose(page: Any, label: str, option: str) -> str:
    """Choose as a person does, wait until the picture is another, and return the new one's title and description."""
    before, numbers = picture(page), rows(page)
    page.locator(f'.widget-dropdown:has(label:text-is("{label}")) select').select_option(label=option)
    page.wait_for_function(
        "before => { const f = document.querySelector('.jp-OutputArea .pdsa-chart');"
        " return f && f.innerHTML !== before; }",
        arg=before,
    )
    deadline = time.monotonic() + 2  # the table comes in a message of its own
    while rows(page) == numbers and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return told(page)


def picture(page: Any) -> str:
    return str(page.locator(".jp-OutputArea .pdsa-chart").first.inner_html())


def told(page: Any) -> str:
    """Sentence and description of the chart that is shown."""
    sentence = page.locator(".jp-OutputArea .pdsa-findings").first.inner_text()
    description = page.locator(".jp-OutputArea .pdsa-chart svg desc").first.text_content()
    return f"{sentence}\n{description}"


def rows(page: Any) -> list[str]:
    """Texts of the table of numbers, latest period first."""
    texts = page.locator(".jp-OutputArea details tbody tr").all_text_contents()
    return [" ".join(text.split()) for text in texts]


def trust(page: Any) -> str:
    """What the chart says now, of its target, and how often it would signal by chance."""
    return str(page.locator(".jp-OutputArea .pdsa-trust").first.inner_text())


def no_error(page: Any) -> None:
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".jupyter-widgets pre").count() == 0


class TestWorkbench:
    """In this order, as one sitting."""

    def test_run_all_shows_a_chart(self, notebook: Any) -> None:
        no_error(notebook)
        assert "P chart of On track in core courses" in told(notebook) or "chart of On track" in told(notebook)
        assert notebook.locator(".widget-dropdown select").count() == 7
        assert notebook.locator('.widget-dropdown:has(label:text-is("School")) option').count() == 24
        assert len(rows(notebook)) > 60

    def test_another_school(self, notebook: Any) -> None:
        before = rows(notebook)
        text = choose(notebook, "School", "Rookstead Early College")
        assert "On track in core courses: too early to say." in text
        assert rows(notebook) != before
        assert len(rows(notebook)) == 8
        no_error(notebook)

    def test_another_measure(self, notebook: Any) -> None:
        choose(notebook, "School", "Tarnwick High School")
        text = choose(notebook, "Measure", "Present 90% of periods")
        assert "Present 90% of periods: better." in text
        assert "(baseline: 20 weeks, 2024-08-26 to 2025-01-20)" in text
        assert "2024-08-26" in rows(notebook)[-1]
        assert "78.0" in rows(notebook)[-1]  # 92 of 118
        no_error(notebook)

    def test_another_kind(self, notebook: Any) -> None:
        text = choose(notebook, "Chart", "run chart")
        assert "Run chart of Present 90% of periods" in text
        assert "median" in text
        text = choose(notebook, "Chart", "I chart")
        assert "I chart of Present 90% of periods" in text
        no_error(notebook)

    def test_another_baseline(self, notebook: Any) -> None:
        text = choose(notebook, "Baseline", "the first 12 points")
        assert "(baseline: 12 weeks, 2024-08-26 to 2024-11-11)" in text
        text = choose(notebook, "Baseline", "all points")
        assert "baseline: 12 weeks" not in text
        no_error(notebook)

    def test_other_rules(self, notebook: Any) -> None:
        """Sentence, table and the chance of a false signal follow the rule set."""
        choose(notebook, "Chart", "P chart")
        before, chance = told(notebook), trust(notebook)
        text = choose(notebook, "Rules", "eight patterns: many false signals (Nelson)")
        assert text != before
        assert trust(notebook) != chance
        assert "of 100 charts like this one would signal" in trust(notebook)
        assert any("one side" in row or "near a limit" in row for row in rows(notebook))
        choose(notebook, "Rules", "as the network declares it")
        assert (told(notebook), trust(notebook)) == (before, chance)
        no_error(notebook)

    def test_other_limits(self, notebook: Any) -> None:
        before = told(notebook)
        text = choose(notebook, "Limits", "for the next points, wide on few")
        assert text != before
        choose(notebook, "Limits", "as the network declares it")
        assert told(notebook) == before
        no_error(notebook)

    def test_a_new_level_is_a_suggestion_until_somebody_chooses_it(self, notebook: Any) -> None:
        told_of = notebook.locator(".jp-OutputArea .pdsa-levels").first.inner_text()
        assert "name a reason before you use it" in told_of or "No new level suggests itself" in told_of
        assert "phases with lines of their own" not in told(notebook)
        text = choose(notebook, "New level from", "week of 2025-09-08")
        assert "2 phases with lines of their own" in text
        choose(notebook, "New level from", "no new level")
        no_error(notebook)

    def test_kinds_follow_the_measure(self, notebook: Any) -> None:
        choose(notebook, "Measure", "Preparation time lost")
        kinds = notebook.locator('.widget-dropdown:has(label:text-is("Chart")) option').all_text_contents()
        assert [kind for kind in kinds if kind.startswith(("P", "U"))] == []
        no_error(notebook)

    def test_nothing_was_asked_of_the_world(self, notebook: Any) -> None:
        outside = [url for url in notebook.said if not re.match(r"(http://127\.0\.0\.1:\d+/|data:|blob:)", url)]
        assert outside == []

    def test_a_teams_notebook_is_never_overwritten(self, lab: Lab, notebook: Any) -> None:
        own = lab.folder / "notebooks/workbench.ipynb"
        own.write_text(own.read_text(encoding="utf-8").replace("# Workbench", "# Our workbench"), encoding="utf-8")
        mine = own.read_bytes()
        assert b"# Our workbench" in mine
        second = start(lab.folder)
        try:
            second.address()
            second.note_family()
            assert own.read_bytes() == mine
            assert stop(second) == 0
            assert all(gone(one) for one in second.family)
        finally:
            clean(second)

    def test_at_the_end_no_process_is_left(self, lab: Lab, notebook: Any) -> None:
        assert any("ipykernel" in " ".join(one.cmdline()) for one in lab.note_family())
        assert stop(lab) == 0
        assert [one for one in lab.family if not gone(one)] == []
        assert "Traceback" not in "".join(lab.printed)


def test_wrong_data_are_told_before_the_server_starts(example: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(example, tmp_path / "network"))
    (folder / "measures.csv").unlink()
    command = [sys.executable, "-m", "pdsa", "lab", str(folder), "--no-browser"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("measures.csv: 1 problem found")
    assert not (folder / "notebooks").exists()
