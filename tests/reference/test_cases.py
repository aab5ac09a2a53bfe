"""Other packages' answers on seeded series (PROVENANCE.md): every call of every package that we have the kind for.

A call is equal when every value agrees to rtol 1e-9 and every count and flag exactly. Where it is not, a rule of
`decisions.DEVIATIONS` says so beforehand, from the properties of the case; the tests prove that exactly those calls
deviate, in those columns only, and that the engine gives there what the oracle gives. The oracle itself is held
against the same tables.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import pdsa
from decisions import DEVIATIONS, EXACT, MDC_2021, PACKAGES, asked, calls, deviations, not_supported, reasons_of
from pdsa.errors import InputError
from peers import COUNTS, Answer, Ask, Judge, agree, ask_engine, ask_oracle, case, clipped, numbers, table, unlike

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


@every_call
def test_the_engine_gives_what_the_oracle_gives(package: str, call: str, case_id: str) -> None:
    """Our own expected values: at the calls that deviate they are the only ones."""
    if asked(package, call, case_id).ours is None:
        return
    spec, one = PACKAGES[package], case(case_id)
    ours, theirs = (spec.answer(judge, one, call, every=True) for judge in (ask_engine, ask_oracle))
    assert unlike(ours, theirs) == set()


def test_tally(capsys: pytest.CaptureFixture[str]) -> None:
    every, decided = calls(), deviations()
    compared, apart = Counter(package for package, _, _ in every), Counter(package for package, _, _ in decided)
    with capsys.disabled():
        for package in PACKAGES:
            n, d = compared[package], apart[package]
            print(f"\n{package}: {n} calls compared, {n - d} equal, {d} deviating by decision", end="")
        print(f"\nall: {len(every)} compared, {len(every) - len(decided)} equal, {len(decided)} by decision", end="")
        for (package, call), n in not_supported().items():
            print(f"\nnot supported: {package} {call}, {n} calls", end="")
    assert len(every) >= 880
    # several schools, binary events, funnels and Pareto charts have answers of their own (test_own_frames.py)
    others = {one for one in table("cases.csv")["case_id"] if case(one).family in "MBFK"}
    assert {case_id for _, _, case_id in every} == set(table("cases.csv")["case_id"]) - others
    used = {id(one) for key in decided for one in reasons_of(*key)}
    assert [one.reason for one in DEVIATIONS if id(one) not in used] == []


def test_run_limits_of_every_length() -> None:
    """Series that go up and down in turn have as many useful points as points."""
    expected = table("expected_runs_limits.csv")
    longest = int(expected["n"].max())
    n = np.repeat(np.arange(1, longest + 1), np.arange(1, longest + 1))
    at = np.concatenate([np.arange(1, m + 1) for m in range(1, longest + 1)])
    frame = pd.DataFrame({"size": n, "at": at, "y": (-1.0) ** at})
    phases = pdsa.analyze(frame, "run", value="y", period="at", by="size", center=0.0, rules=["long_run"]).phases
    assert phases["n_useful"].tolist() == expected["n"].tolist()
    assert phases["longest_run_max"].tolist() == expected["longest.run.max"].tolist()
    assert phases["crossings_min"].tolist() == expected["n.crossings.min"].tolist()


def sides(n: int, crossings: int, longest: int) -> list[float]:
    """A series of so many points, crossings and points in its longest run: that run first, then the others."""
    rest = n - longest
    lengths = [longest, *(rest // crossings + (i < rest % crossings) for i in range(crossings))] if crossings else [n]
    return [(-1.0) ** run for run, length in enumerate(lengths) for _ in range(length)]


def test_the_verdict_on_every_run_count() -> None:
    """The Anhoej column; best box and cut box are not supported. Counts that no series can have have no verdict."""
    expected = table("expected_crsignal.csv.gz")
    longest, rest = expected["longest"], expected["n"] - expected["longest"]
    possible = expected[(expected["crossings"] <= rest) & (rest <= expected["crossings"] * longest)].reset_index()
    rows = [sides(*counts) for counts in possible[["n", "crossings", "longest"]].itertuples(index=False)]
    number = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    at = np.concatenate([np.arange(1, len(row) + 1) for row in rows])
    frame = pd.DataFrame({"s": number, "at": at, "y": np.concatenate(rows)})
    phases = pdsa.analyze(frame, "run", value="y", period="at", by="s", center=0.0).phases
    for ours, theirs in (("n_useful", "n"), ("crossings", "crossings"), ("longest_run", "longest")):
        assert phases[ours].tolist() == possible[theirs].tolist()
    assert phases["runs_signal"].tolist() == possible["anhoej"].tolist()
    assert len(possible) > 2_000


def test_constants_of_subgroups() -> None:
    """A3, B3, B4 of every size, read off the lines of an X-bar and an S chart of two subgroups."""
    expected = table("expected_constants.csv")
    parts = [
        pd.DataFrame({"size": n, "at": at, "y": np.arange(at, at + n, dtype=float)})
        for n in expected["n"].tolist()
        for at in (1, 2)
    ]
    frame = pd.concat(parts, ignore_index=True)
    spread, means = (
        pdsa.analyze(frame, kind, value="y", period="at", by="size").points.groupby("size").first()
        for kind in ("s", "xbar")
    )
    s = spread["center"].to_numpy()
    for name, line in (("B3", "lower"), ("B4", "upper"), ("B3.95", "lower_2s"), ("B4.95", "upper_2s")):
        np.testing.assert_allclose(spread[line] / s, expected[name], rtol=1e-9, atol=1e-12, err_msg=name)
    for name, line in (("A3", "upper"), ("A3.95", "upper_2s")):
        np.testing.assert_allclose((means[line] - means["center"]) / s, expected[name], rtol=1e-9, err_msg=name)


GGQC = {
    "XmR": ("i", {"mean": "center", "xBar_one_LCL": "lower", "xBar_one_UCL": "upper"}),
    "XmR, ranges": ("mr", {"mR": "center", "mR_LCL": "lower", "mR_UCL": "upper"}),
    "p": ("p", {"pBar": "center", "pBar_LCL": "lower", "pBar_UCL": "upper"}),
    "u": ("u", {"uBar": "center", "uBar_LCL": "lower", "uBar_UCL": "upper"}),
    "c": ("c", {"cBar": "center", "cBar_LCL": "lower", "cBar_UCL": "upper"}),
    "xBar.sBar": ("xbar", {"xBar_Bar": "center", "xBar_sBar_LCL": "lower", "xBar_sBar_UCL": "upper"}),
    "sBar": ("s", {"sBar": "center", "sBar_LCL": "lower", "sBar_UCL": "upper"}),
}
RANGES = ("rBar", "xBar.rBar")  # not supported: charts of ranges
# ggQC takes every row as it is: no exclusion, no baseline, no phase, no given center


@pytest.mark.parametrize("method", GGQC)
def test_ggqc_lines(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Subgroups of several sizes deviate by decision: ggQC draws one line of one size for all of them."""
    kind, names = GGQC[method]
    rows = table("expected_ggqc_lines.csv")
    rows = rows[(rows["method"] == method.split(",")[0]) & rows["name"].isin(names)]
    tally: Counter[str] = Counter()
    for case_id, expected in rows.groupby("case_id"):
        one = case(str(case_id))
        below = "n" if kind in ("p", "u") else None
        points = ask_engine(one, Ask(kind, {"constants": "wheeler"}, denominator=below)).points
        equal = True
        for name, ours in names.items():
            theirs = expected.loc[expected["name"] == name, "value"].to_numpy(dtype=float)
            # it cuts limits at zero and leaves them above one
            line = points[ours].clip(lower=0) if kind in ("p", "u", "c") else points[ours]
            ends = line[points["value"].notna()] if len(theirs) > 1 else line.tail(1)
            equal &= agree(ends.to_numpy(dtype=float), theirs)
        assert equal == (not (one.rows and one.sizes.nunique() > 1)), case_id
        tally["equal" if equal else "by decision"] += 1
    with capsys.disabled():
        print(f"\nggQC lines, {method}: {dict(tally)}", end="")
    assert sum(tally.values()) >= 2


def test_every_ggqc_method_has_its_place() -> None:
    methods = set(table("expected_ggqc_lines.csv")["method"])
    assert methods == {name.split(",")[0] for name in GGQC} | set(RANGES)


ICONS = {"inconsistent": "by_chance", "consistent_pass": "met", "consistent_fail": "not_expected"}


def dots(case_id: str, call: str, **more: object) -> pd.Series:
    """The summary of one of NHSRplotthedots' charts, of which the last point alone counts."""
    spec = PACKAGES["NHSRplotthedots"]
    ask = spec.full(case(case_id), spec.calls[call](case(case_id)))
    better = {"increase": "up", "decrease": "down"}.get(call.split(".")[0])
    frame = case(case_id).frame
    arguments = ask.arguments | {"better": better, "rules": MDC_2021} | more
    return pdsa.analyze(frame, "i", value="y", period="x", **arguments).summary.iloc[0]  # type: ignore[arg-type]


def test_assurance_icons() -> None:
    """A constant series is compared with its target, by decision; theirs has none, or calls being on it a miss."""
    rows = table("expected_ptd_summary.csv")
    compared = 0
    for row in rows[rows["assurance"].notna()].itertuples():
        ours = dots(row.case_id, row.call, target=row.target)["assurance"]
        values = case(row.case_id).values
        if values.nunique() == 1:
            good = values.iloc[0] >= row.target if row.call.startswith("increase") else values.iloc[0] <= row.target
            assert ours == ("met" if good else "not_expected"), (row.case_id, row.call)
        else:
            assert ours == ICONS[row.assurance], (row.case_id, row.call)
        compared += 1
    assert compared == 15


VARIATION = {
    "common_cause": "common_cause",
    "special_cause_improvement": "improvement",
    "special_cause_concern": "concern",
    "special_cause_neutral_high": "change",
    "special_cause_neutral_low": "change",
}


def test_variation_icons() -> None:
    """Their icon is that of the last point: our verdict with `recent=1`, where ten points are useful."""
    rows = table("expected_ptd_summary.csv")
    compared = apart = 0
    for row in rows.itertuples():
        ours = dots(row.case_id, row.call, recent=1)
        if ours["n_useful"] < 10:
            assert ours["verdict"] == "too_few"
            apart += 1
            continue
        assert ours["verdict"] == VARIATION[row.variation], (row.case_id, row.call)
        compared += 1
    assert compared >= 80, (compared, apart)


RAISED = {
    **{("NHSRplotthedots", call): ("NHSRplotthedots", (call,)) for call in PACKAGES["NHSRplotthedots"].calls},
    ("ggQC", "violations"): ("ggQC", tuple(PACKAGES["ggQC"].calls)),
    ("qcc", "xbar"): ("qcc", ("xbar",)),
    ("qcc", "S"): ("qcc", ("S",)),
    **{("qcc", f"g {rule}"): ("qcc", ("g",)) for rule in ("western-electric 2", "western-electric 3")},
    **{("qcc", f"g nelson {rule}"): ("qcc", ("g",)) for rule in (5, 6, 8)},
}


def test_inputs_on_which_a_package_raised(capsys: pytest.CaptureFixture[str]) -> None:
    """We answer them all, with the oracle's numbers, but a time of zero, which we refuse too."""
    tally: Counter[str] = Counter()
    for row in table("expected_errors.csv").itertuples():
        if row.peer == "runcharter":
            tally["runcharter (test_own_frames.py)"] += 1
        elif (row.peer, row.call) == ("qcc", "R"):
            tally["not supported"] += 1
        elif row.peer == "qicharts2":
            assert "greater than zero" in row.message
            with pytest.raises(InputError, match="row"):
                ask_engine(case(row.case_id), Ask("t"))
            tally["refused"] += 1
        else:
            package, names = RAISED[row.peer, row.call]
            for name in names:
                spec, one = PACKAGES[package], case(row.case_id)
                ours, theirs = (spec.answer(judge, one, name, every=True) for judge in (ask_engine, ask_oracle))
                assert unlike(ours, theirs) == set(), (row.peer, row.case_id, name)
            tally["answered"] += 1
    with capsys.disabled():
        print(f"\ninputs on which a package raised: {dict(tally)}", end="")
    assert tally["answered"] >= 25


def test_a_given_sigma_restores_the_subgroup_limits_of_qcc() -> None:
    rows = table("expected_qcc_points.csv")
    compared = 0
    for case_id, expected in rows[rows["type"] == "xbar"].groupby("case_id"):
        points = ask_engine(case(str(case_id)), Ask("xbar", {"sigma": float(expected["std.dev"].iloc[0])})).points
        for ours, theirs in (("center", "center"), ("lower", "lcl"), ("upper", "ucl")):
            assert agree(numbers(points[ours]), numbers(expected[theirs])), (case_id, ours)
        compared += 1
    assert compared >= 2
