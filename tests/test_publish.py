"""Files that appear whole or not at all, under names that never meet."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdsa.errors import InputError
from pdsa.publish import csv_text, digest, inside, slug, write_atomic, write_manifest

HOSTILE = [
    "", ".", "..", "../../x", "a/b", "a\\b", "/etc/passwd", "C:x", "CON", "con", "nul", "NUL.txt", "com1", "LPT9",
    "Lincoln", "lincoln", "LINCOLN", "lincoln ", " lincoln", "lincoln.", "lin-coln", "lin_coln", "lin coln", "-x",
    "--help", "~root", "$HOME", "x\0y", "x\ny", "é", unicodedata.normalize("NFD", "é"), "École", "ecole", "学校",
    "학교", "🎒", "ß", "ss", "ﬁ", "fi", "x" * 64, "x" * 65, "x" * 300, "Х", "X", "007", "7", "<script>",
    "{school.__class__}", "%s", "\ud800",
]  # fmt: skip


class TestWriteAtomic:
    def test_a_new_file_holds_what_was_given(self, tmp_path: Path) -> None:
        write_atomic(tmp_path / "team" / "a.html", "é\r\n")
        assert (tmp_path / "team" / "a.html").read_bytes() == b"\xc3\xa9\r\n"

    def test_bytes_are_written_as_they_are(self, tmp_path: Path) -> None:
        write_atomic(tmp_path / "a", b"\x00\xff")
        assert (tmp_path / "a").read_bytes() == b"\x00\xff"

    @pytest.mark.parametrize("operation", ["replace", "fsync"])
    def test_the_old_file_survives_a_failing_operation(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
    ) -> None:
        write_atomic(tmp_path / "a.html", "old")

        def fail(*args: object, **kwargs: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, operation, fail)
            with pytest.raises(OSError, match="No space left"):
                write_atomic(tmp_path / "a.html", "new")
        assert (tmp_path / "a.html").read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["a.html"]

    def test_an_interrupt_leaves_no_temporary_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*args: object, **kwargs: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", interrupt)
            with pytest.raises(KeyboardInterrupt):
                write_atomic(tmp_path / "a.html", "new")
        assert list(tmp_path.iterdir()) == []

    def test_the_content_is_synced_before_it_gets_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[str] = []
        fsync, replace = os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("fsync"), fsync(handle)))
        monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), replace(a, b)))
        write_atomic(tmp_path / "a", "x")
        assert calls[:2] == ["fsync", "replace"]

    @pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
    def test_a_link_is_replaced_and_its_target_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("keep")
        (tmp_path / "a.html").symlink_to(tmp_path / "secret")
        write_atomic(tmp_path / "a.html", "new")
        assert (tmp_path / "secret").read_text() == "keep"


class TestSlug:
    @pytest.mark.parametrize("text", ["lincoln", "007", "school-12", "a_b", "x" * 64])
    def test_a_safe_id_is_its_own_name(self, text: str) -> None:
        assert slug(text) == text

    def test_what_was_lost_stands_in_the_hash(self) -> None:
        assert slug("Lincoln Middle") == "lincoln-middle-2ae5e8200dc2"
        assert slug("..") == "id-5ec1f7e700f3"
        assert slug("CON").startswith("con-")

    def test_hostile_ids_never_meet(self) -> None:
        assert len({slug(text) for text in HOSTILE}) == len(HOSTILE)

    def test_thousands_of_ids_that_differ_little_never_meet(self) -> None:
        letters = ["a", "A", "á", "a\u0301", "-", "_", " ", "/", "."]
        texts = {"".join(parts) for n in range(1, 5) for parts in product(letters, repeat=n)}
        assert len(texts) == 7380
        assert len({slug(text) for text in texts}) == len(texts)

    @given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80)))
    def test_every_name_is_safe_everywhere(self, text: str) -> None:
        name = slug(text)
        assert name.isascii()
        assert name == name.lower()
        assert 0 < len(name) <= 64
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
        assert name[0] not in "-_"
        assert name not in {"con", "prn", "aux", "nul", "com1", "lpt1"}

    @given(st.text(max_size=40))
    def test_no_id_can_borrow_the_name_of_another(self, text: str) -> None:
        name = slug(text)
        assert (slug(name) == name) == (text == name)

    @given(st.text(max_size=20), st.text(max_size=20))
    def test_two_ids_have_two_names(self, one: str, other: str) -> None:
        assert (slug(one) == slug(other)) == (one == other)


class TestInside:
    def test_a_file_below_the_root_is_resolved(self, tmp_path: Path) -> None:
        assert inside(tmp_path, Path("team/a.html")) == tmp_path.resolve() / "team" / "a.html"

    @pytest.mark.parametrize("path", ["..", "../x", "a/../../x", ".", "", "/x"])
    def test_a_path_that_leads_out_is_refused(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(InputError, match="outside the output folder"):
            inside(tmp_path / "out", Path(path))

    @pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
    def test_a_link_that_leads_out_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "team").symlink_to(tmp_path)
        with pytest.raises(InputError, match="nothing was written"):
            inside(tmp_path / "out", Path("team/a.html"))


def test_a_digest_is_the_same_for_a_file_and_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(b"abc") == expected
    assert digest(tmp_path / "a") == expected


class TestCsv:
    def test_every_kind_of_cell(self) -> None:
        frame = pd.DataFrame(
            {
                "school": ["a", 'b,"c"', None, "d\ne"],
                "value": [0.1, np.nan, 1e-7, 2.0],
                "day": pd.to_datetime(["2025-10-13", None, "2025-10-14T08:30", "2025-01-01"], format="ISO8601"),
                "mixed": [date(2025, 1, 2), ("x", "y"), True, pd.NA],
                "n": [1, -2, 3, 4],
            }
        )
        assert csv_text(frame) == (
            "school,value,day,mixed,n\n"
            "a,0.1,2025-10-13,2025-01-02,1\n"
            '"b,""c""",,,x; y,-2\n'
            ",1e-07,2025-10-14T08:30:00,True,3\n"
            '"d\ne",2.0,2025-01-01,,4\n'
        )

    @pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", "\r"])
    def test_a_formula_becomes_text(self, mark: str) -> None:
        text = csv_text(pd.DataFrame({"note": [f"{mark}1+1"], f"{mark}x": [-1.5]}))
        assert text.replace('"', "") == f"note,'{mark}x\n'{mark}1+1,-1.5\n"

    def test_a_carriage_return_cannot_split_a_row(self) -> None:
        assert csv_text(pd.DataFrame({"a": ["x\r=1+1"]})) == 'a\n"x\r=1+1"\n'

    def test_pandas_reads_back_what_was_written(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"school": ["a", "b"], "value": [1 / 3, 0.1 + 0.2]})
        write_atomic(tmp_path / "a.csv", csv_text(frame))
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), frame)


class TestManifest:
    def test_keys_are_sorted_and_text_stays_text(self, tmp_path: Path) -> None:
        write_manifest(tmp_path / "manifest.json", {"b": 1, "a": "é"})
        assert (tmp_path / "manifest.json").read_bytes() == '{\n  "a": "é",\n  "b": 1\n}\n'.encode()

    def test_the_same_data_give_the_same_bytes(self, tmp_path: Path) -> None:
        write_manifest(tmp_path / "1", {"x": {"b": 1, "a": 2}})
        write_manifest(tmp_path / "2", {"x": {"a": 2, "b": 1}})
        assert hashlib.sha256((tmp_path / "1").read_bytes()).hexdigest() == digest(tmp_path / "2")

    def test_a_value_that_json_cannot_hold_leaves_the_old_manifest(self, tmp_path: Path) -> None:
        write_manifest(tmp_path / "manifest.json", {"a": 1})
        with pytest.raises(ValueError, match="not JSON compliant"):
            write_manifest(tmp_path / "manifest.json", {"a": float("nan")})
        assert json.loads((tmp_path / "manifest.json").read_text()) == {"a": 1}
