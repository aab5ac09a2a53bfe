"""Other packages' answers on seeded series (PROVENANCE.md): every call of every package that we have the kind for.

A call is equal when every value agrees to rtol 1e-9 and every count and flag exactly. Where it is not, a rule of
`decisions.DEVIATIONS` says so beforehand, from the properties of the case; the tests prove that exactly those calls
deviate, in those columns only, and that the engine gives there what the oracle gives. The oracle itself is held
against the same tables.
"""

from __future__ import annotations

import numpy as np
import pytest

from decisions import EXACT, PACKAGES, calls, reasons_of
from pdsa.errors import InputError
from peers import COUNTS, Answer, Judge, agree, ask_engine, ask_oracle, case, clipped, numbers, table

THEIR_COUNTS = dict(
    zip(
        COUNTS,
        (
            *("n.obs", "n.useful", "longest.run", "longest.run.max", "n.crossings", "n.crossings.min", "runs.signal"),
            "sigma.signal",
        ),
        strict=True,
    )
)
every_call = pytest.mark.parametrize(("package", "call", "case_id"), calls())


def different(ours: Answer, package: str, call: str, case_id: str) -> set[str]:
    """The columns in which an answer differs from the package's."""
    one, spec = case(case_id), PACKAGES[package]
    kind, expected = spec.kind(one, call), spec.rows(case_id, call)
    found = set()
    for name, theirs in spec.columns.items():
        if name == "reason":
            equal = ours.points[name].tolist() == expected[theirs].tolist()
        elif name == "baseline":
            inside = numbers(expected[theirs]).astype(bool) & numbers(expected["include"]).astype(bool)
            equal = ours.points[name].tolist() == inside.tolist()
        else:
            flags = name in EXACT or name.startswith("rule_")
            equal = agree(clipped(ours, name, kind), numbers(expected[theirs]), exactly=flags)
        found |= set() if equal else {name}
    if spec.summary:
        rows = table(spec.summary)
        rows = rows[(rows["case_id"] == case_id) & (rows["call"] == call)]
        for name, theirs in THEIR_COUNTS.items():
            if theirs in rows and not np.array_equal(numbers(ours.phases[name]), numbers(rows[theirs]), equal_nan=True):
                found.add(name)
    return found


def check(judge: Judge, package: str, call: str, case_id: str) -> None:
    decided = reasons_of(package, call, case_id)
    if {name for one in decided for name in one.columns} == {"refused"}:
        with pytest.raises((InputError, ValueError)):
            PACKAGES[package].answer(judge, case(case_id), call)
        return
    found = different(PACKAGES[package].answer(judge, case(case_id), call), package, call, case_id)
    assert bool(found) == bool(decided), (found, [one.reason for one in decided])
    assert found <= {name for one in decided for name in one.columns}
    for one in decided:
        assert found & set(one.columns), one.reason


@every_call
def test_the_oracle_agrees_or_deviates_by_decision(package: str, call: str, case_id: str) -> None:
    check(ask_oracle, package, call, case_id)


@every_call
def test_the_engine_agrees_or_deviates_by_decision(package: str, call: str, case_id: str) -> None:
    check(ask_engine, package, call, case_id)
