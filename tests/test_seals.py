"""A seal is of the content: an edit breaks it, another order of the keys or other spaces do not."""

from __future__ import annotations

import json

import pytest

from pdsa.publish.seals import sealed, unsealed

TOLD = {"b": [1, 2.5, None], "a": {"é": "x"}}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("in_ascii", [True, False])
def test_what_was_sealed_is_read(indent: int | None, in_ascii: bool) -> None:
    data = json.dumps(sealed(TOLD), indent=indent, ensure_ascii=in_ascii, sort_keys=in_ascii).encode()
    assert unsealed(data) == TOLD


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b"\xff", b"[" * 100_000, json.dumps(TOLD).encode(),
        json.dumps({**sealed(TOLD), "b": [1, 2.5, 0]}).encode(), json.dumps({**sealed(TOLD), "c": 1}).encode(),
    ],
)  # fmt: skip
def test_what_is_not_as_it_was_written_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not as it was written|without end|Expecting value|can't decode"):
        unsealed(data)
