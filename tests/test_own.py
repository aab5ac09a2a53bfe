"""Notebooks of one's own: by a path that the params file allows, with the same gates as the package's."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

import nbformat
import pytest

from pdsa.errors import ParamsError
from pdsa.runner import make_reports, notebook_path, plan_run
from test_placing import Ready
from test_reports import change, select

NAME = "Our own words Zq4"


def add(network: Path, line: str) -> None:
    with (network / "params/example.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def write_own(path: Path, name: str = "school_report.ipynb", extra: str = "") -> Path:
    """The package's notebook with a sentence of one's own."""
    book = nbformat.read(notebook_path(name), as_version=4)
    (cell,) = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", ())]
    cell.source += extra
    book.cells.insert(-1, nbformat.v4.new_code_cell(f"print({NAME!r})\n{NAME!r}", metadata={"tags": ["page"]}))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


@pytest.fixture
def network(example: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "network"
    shutil.copytree(example, folder)
    select(folder, ("0247",))
    change(folder / "params/example.yaml", ("[team, coach, district, network]", "[team, coach]"))
    return folder


def made(network: Path) -> set[str]:
    pool = Ready()
    make_reports(plan_run(network), network.parent / "out", pool=pool)
    return set(pool.names)


def test_it_makes_the_page_and_stands_in_the_manifest(network: Path) -> None:
    path = write_own(network / "params/ours/school.ipynb", extra="\nweeks = 4\n")
    add(network, "notebooks: {school_report: ours/school.ipynb}")
    change(network / "params/example.yaml", ("[team, coach]", "[team]"))
    run = make_reports(plan_run(network), network.parent / "out")
    assert [str(result.problem) for result in run.failed] == []
    assert NAME in (run.folder / "team/0247/report.html").read_text("utf-8")
    told = json.loads(run.manifest.read_text("utf-8"))
    assert told["notebooks"]["school_report.ipynb"] == sha256(path.read_bytes()).hexdigest()
    packaged = sha256(notebook_path("network_report.ipynb").read_bytes()).hexdigest()
    assert told["notebooks"]["network_report.ipynb"] == packaged
    assert told["params"]["notebooks"] == [["school_report", "ours/school.ipynb"]]


def test_an_edit_of_it_makes_its_pages_again_and_no_others(network: Path) -> None:
    assert made(network) == {wanted.name for wanted in plan_run(network).reports}
    path = write_own(network / "params/ours.ipynb")
    add(network, "notebooks: {school_report: ours.ipynb}")
    assert made(network) == {"team, 0247"}
    assert made(network) == set()
    write_own(path, extra="\nweeks = 5\n")
    assert made(network) == {"team, 0247"}


class TestRefused:
    def problems(self, network: Path) -> list[str]:
        with pytest.raises(ParamsError) as caught:
            plan_run(network)
        assert caught.value.consequence == "no report was started"
        return [str(problem) for problem in caught.value.problems]

    @pytest.mark.parametrize(
        "path",
        ["../outside.ipynb", "a/../../outside.ipynb", "/etc/x.ipynb", "~/x.ipynb", "C:/x.ipynb", r"..\\outside.ipynb",
         "ours", "missing.ipynb", "."],
    )  # fmt: skip
    def test_a_path_that_leads_elsewhere_or_nowhere(self, network: Path, path: str) -> None:
        write_own(network / "outside.ipynb")
        (network / "params/ours").mkdir()
        add(network, f'notebooks: {{school_report: "{path}"}}')
        (problem,) = self.problems(network)
        assert problem.startswith("notebooks.school_report: found '")

    @pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
    def test_a_link_that_leads_out(self, network: Path) -> None:
        write_own(network / "outside.ipynb")
        (network / "params/ours.ipynb").symlink_to(network / "outside.ipynb")
        add(network, "notebooks: {school_report: ours.ipynb}")
        (problem,) = self.problems(network)
        assert "leads out of the folder of this file" in problem

    def test_a_kind_that_there_is_not(self, network: Path) -> None:
        add(network, "notebooks: {school_reprot: ours.ipynb}")
        (problem,) = self.problems(network)
        assert "notebooks" in problem and "school_report perhaps?" in problem

    def test_every_mistake_at_once(self, network: Path) -> None:
        (network / "params/text.ipynb").write_text("no notebook")
        book = nbformat.v4.new_notebook()
        book.cells = [nbformat.v4.new_code_cell('source = ""', metadata={"tags": ["parameters"]})]
        nbformat.write(book, network / "params/few.ipynb")
        add(network, "notebooks: {school_report: text.ipynb, network_report: few.ipynb, improvement_log: no.ipynb}")
        told = self.problems(network)
        assert len(told) == 3
        assert told[0].startswith("notebooks.school_report, text.ipynb: found no readable notebook")
        assert told[1].startswith("notebooks.network_report, ") and "audience" in told[1]
        assert told[2].startswith("notebooks.improvement_log: found 'no.ipynb', where no file is")
