"""Which call of which package is compared with which question to us, and every deviation as a rule of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd

from pdsa.records import Rule
from peers import LINES, Answer, Ask, Case, Judge, ask_oracle, ask_parts, case, table

ONCE = {"screen": "once"}
ANHOEJ = Ask("run").rules
EXACT = ("phase", "included", "baseline", "reason")  # compared without any tolerance, as all flags are


def denominators(one: Case) -> str | None:
    return "n" if one.ratio else None


def ones(one: Case) -> str:
    return "n" if one.ratio else "one"


Make = Callable[[Case], Ask | list[Ask]]


def plain(kind: str, rules: tuple[Rule, ...] = ANHOEJ, below: Callable = denominators, **arguments: object) -> Make:
    return lambda one: Ask(kind, arguments, rules, below(one))


RULE_OF = {"Common Cause": ""}
for _side in ("Above", "Below"):
    RULE_OF |= {f"2 in 3 {_side} CL": "two_of_three", f"7 Points {_side} CL": "shift"}
RULE_OF |= {f"7 Point Trend ({_way}creasing)": "trend" for _way in ("In", "De")}
RULE_OF |= {"Above UCL": "outside", "Below LCL": "outside"}


@dataclass(frozen=True, eq=False)
class Package:
    """One table of answers: `columns` pairs ours with theirs; `settings` are the arguments its runs were given."""

    points: str
    call: str
    position: str
    columns: dict[str, str]
    calls: dict[str, Make]
    settings: Callable[[Case], dict[str, object]]
    summary: str = ""
    not_supported: dict[str, str] = field(default_factory=dict)

    def rows(self, case_id: str, call: str) -> pd.DataFrame:
        every = table(self.points)
        rows = every[(every["case_id"] == case_id) & (every[self.call] == call)]
        if "special_cause_type" in rows:
            rows = rows.assign(rule=rows["special_cause_type"].map(RULE_OF))
        return rows

    def answer(self, judge: Judge, one: Case, call: str, every: bool = False) -> Answer:
        """Ours to one of its calls, at the periods that it kept or at every period."""
        answer = _answer(self, judge, one, call)
        if every or not self.position:
            return answer
        kept = answer.points.index.isin(self.rows(one.id, call)[self.position])
        return Answer(answer.points[kept], answer.phases)

    def full(self, one: Case, ask: Ask) -> Ask:
        arguments = {name: value for name, value in self.settings(one).items() if value not in (None, ())}
        return Ask(ask.kind, arguments | ask.arguments, ask.rules, ask.denominator)

    def kind(self, one: Case, call: str) -> str:
        asked = self.calls[call](one)
        return asked[0].kind if isinstance(asked, list) else asked.kind


@cache
def _answer(package: Package, judge: Judge, one: Case, call: str) -> Answer:
    asked = package.calls[call](one)
    if isinstance(asked, list):
        parts = [package.full(one, ask) for ask in asked]
        for ask in parts:
            ask.arguments.pop("phases", None)
        answer = ask_parts(judge, one, parts)
    else:
        answer = judge(one, package.full(one, asked))
    answer.points["reason"] = answer.points["reasons"].astype(str).str.split(",").str[0]
    return answer


def everything(one: Case) -> dict[str, object]:
    return {"center": one.center, "exclude": one.exclude, "phases": one.part, "baseline": one.freeze}


def named(names: tuple[str, ...], theirs: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(names, theirs, strict=True))


QIC = {
    "run": plain("run"),
    "i": plain("i", **ONCE),
    "i.unscreened": plain("i"),
    "mr": plain("mr"),
    "p": plain("p"),
    "pp": plain("p_prime", **ONCE),
    "pp.unscreened": plain("p_prime"),
    "u": plain("u"),
    "up": plain("u_prime", **ONCE),
    "up.unscreened": plain("u_prime"),
    "ip": plain("i_prime", **ONCE),
    "ip.unscreened": plain("i_prime"),
    "c": plain("c"),
    "g": plain("g"),
    "t": plain("t", **ONCE),
    "t.unscreened": plain("t"),
    "xbar": plain("xbar"),
    "s": plain("s"),
}
POWERBI_RULES = (
    Rule("outside"),
    Rule("shift", n=7, ties="break"),
    Rule("trend", n=6, ties="break"),
    Rule("beyond", n=2, of=3, sigma=2, label="two_of_three"),
)
MDC_2021 = (
    Rule("outside"),
    Rule("trend", n=7, ties="break", gaps="break"),
    Rule("beyond", n=2, of=3, sigma=2, label="two_of_three", same_side=True, within=3, gaps="break"),
    Rule("shift", n=7, ties="break", gaps="break"),
)


def last(name: str, label: str, n: int | None = None, of: int | None = None, sigma: float | None = None) -> Rule:
    return Rule(name, n=n, of=of, sigma=sigma, label=label, ties="break", mark="last")  # type: ignore[arg-type]


QCC_RULES = (
    last("outside", "wer_1"),
    last("beyond", "wer_2", 2, 3, 2),
    last("beyond", "wer_3", 4, 5, 1),
    last("shift", "wer_4", 8),
    last("outside", "nel_1"),
    last("shift", "nel_2", 9),
    last("trend", "nel_3", 6),
    last("alternating", "nel_4", 14),
    last("beyond", "nel_5", 2, 3, 2),
    last("beyond", "nel_6", 4, 5, 1),
    last("near", "nel_7", 15),
    last("away", "nel_8", 8),
)
GGQC_RULES = {
    "Violation 1 Sigma": Rule("beyond", n=4, of=4, sigma=1, label="v", gaps="break"),
    "Violation 2 Sigma": Rule("beyond", n=2, of=2, sigma=2, label="v", gaps="break"),
    "Violation 3 Sigma": Rule("outside", label="v"),
    "Violation Same Side": Rule("shift", n=8, ties="break", label="v", gaps="break"),
}


def around_median(**more: object) -> Make:
    """An I chart around the median: of each part, since a given center is one number."""

    def make(one: Case) -> list[Ask]:
        cuts = (0, *one.part, len(one.values))
        asks = []
        for a, b in pairwise(cuts):
            values = one.values.iloc[a:b].iloc[: one.freeze if a == 0 else None].dropna()
            asks.append(Ask("i", {"center": median(values), **more}, POWERBI_RULES))
        return asks

    return make


POWERBI_CALLS: dict[str, Make] = {}
for _call, _make in QIC.items():
    POWERBI_CALLS[_call.replace("unscreened", "keep")] = lambda one, make=_make: Ask(
        make(one).kind, make(one).arguments, POWERBI_RULES, make(one).denominator
    )
POWERBI_CALLS |= {"i_m": around_median(**ONCE), "i_m.keep": around_median()}
POWERBI_CALLS |= {"i_mm": around_median(spread="median", **ONCE), "i_mm.keep": around_median(spread="median")}

PACKAGES = {
    "qicharts2": Package(
        "expected_qicharts2_points.csv.gz",
        "call",
        "x",
        named(LINES, ("y", "cl", "lcl", "ucl", "lcl.95", "ucl.95"))
        | {"rule_outside": "sigma.signal", "phase": "part", "included": "include", "baseline": "baseline"},
        QIC,
        everything,
        summary="expected_qicharts2_summary.csv",
        not_supported={"run.bestbox": "the best box rules", "run.cutbox": "the cut box rules"},
    ),
    "pbcharts": Package(
        "expected_pbcharts_points.csv.gz",
        "call",
        "x",
        named((*LINES[:4], "denominator"), ("y", "cl", "lcl", "ucl", "den"))
        | {"rule_outside": "sigma.signal", "phase": "part", "included": "include", "baseline": "base"},
        {
            "run": plain("run", below=ones),
            "i": plain("i_prime", below=ones),
            "i.screened": plain("i_prime", below=ones, **ONCE),
        },
        everything,
        summary="expected_pbcharts_summary.csv",
        not_supported={"ms": "moving standard deviations"},
    ),
    "PowerBI-SPC": Package(
        "expected_powerbispc_points.csv.gz",
        "call",
        "x",
        named(
            (*LINES, "rule_outside", "rule_shift", "rule_trend", "rule_two_of_three", "phase"),
            ("y", "cl", "lcl", "ucl", "lcl95", "ucl95", "astronomical", "shift7", "trend6", "two_in_three", "part"),
        ),
        POWERBI_CALLS,
        # its runs were given neither a center nor exclusions; rows with a missing value were dropped
        lambda one: {"phases": one.part, "baseline": one.freeze, "gaps": "bridge"},
    ),
    "NHSRplotthedots": Package(
        "expected_ptd_points.csv.gz",
        "call",
        "",
        named((*LINES[:4], "rule_outside", "reason"), ("y", "mean", "lpl", "upl", "outside_limits", "rule")),
        {
            call + screened: plain("i", MDC_2021, lambda one: None, **({} if screened else ONCE))
            for call in ("increase", "decrease", "neutral")
            for screened in ("", ".unscreened")
        },
        lambda one: {
            "phases": (one.rebase - 1,) if one.rebase else (),
            "baseline": one.fix_after,
            "constants": "wheeler",
        },
    ),
    "qcc": Package(
        "expected_qcc_points.csv",
        "type",
        "i",
        named(LINES[:4], ("statistic", "center", "lcl", "ucl"))
        | {f"rule_wer_{i}": f"WER{i}" for i in range(1, 5)}
        | {f"rule_nel_{i}": f"NEL{i}" for i in range(1, 9)},
        {
            call: plain(kind, QCC_RULES)
            for call, kind in (
                ("xbar.one", "i"),
                ("p", "p"),
                ("np", "np"),
                ("u", "u"),
                ("c", "c"),
                ("g", "g"),
                ("xbar", "xbar"),
                ("S", "s"),
            )
        },
        lambda one: {},
        not_supported={"R": "charts of ranges"},
    ),
    "qcc cusum": Package(
        "expected_qcc_cusum_ewma.csv.gz",
        "chart",
        "i",
        {"cusum_upper": "pos", "cusum_lower": "neg"},
        {"cusum": plain("cusum")},
        lambda one: {},
        not_supported={"ewma": ""},
    ),
    "qcc ewma": Package(
        "expected_qcc_cusum_ewma.csv.gz",
        "chart",
        "i",
        named(LINES[:4], ("ewma", "center", "lcl", "ucl")),
        {"ewma": plain("ewma")},
        lambda one: {},
        not_supported={"cusum": ""},
    ),
    "ggQC": Package(
        "expected_ggqc_violations.csv.gz",
        "Violation_Result",
        "Index",
        named(("value", "rule_v"), ("data", "Violation")),
        {call: plain("i", (rule,), constants="wheeler") for call, rule in GGQC_RULES.items()},
        lambda one: {},
    ),
}


@cache
def calls() -> tuple[tuple[str, str, str], ...]:
    """Every supported call of every package: (package, call, case)."""

    def found() -> Iterator[tuple[str, str, str]]:
        for name, package in PACKAGES.items():
            known = table(package.points)[["case_id", package.call]].drop_duplicates()
            for case_id, call in known.itertuples(index=False):
                if call not in package.not_supported:
                    yield name, call, case_id

    return tuple(found())


def not_supported() -> dict[tuple[str, str], int]:
    """How many calls stand in the tables that we do not answer."""
    found = {}
    for name, package in PACKAGES.items():
        known = table(package.points)[["case_id", package.call]].drop_duplicates()
        for call, reason in package.not_supported.items():
            if reason:
                found[name, f"{call} ({reason})"] = int((known[package.call] == call).sum())
    return found


# ------------------------------------------------------------------ deviations


@dataclass(frozen=True, eq=False)
class Asked:
    """One call as a predicate sees it; `ours` is the oracle's answer, None where the oracle refuses the data."""

    package: str
    call: str
    one: Case
    kind: str
    ours: Answer | None

    @property
    def screened(self) -> bool:
        made = PACKAGES[self.package].calls[self.call](self.one)
        ask = made[0] if isinstance(made, list) else made
        return ask.arguments.get("screen") == "once"

    def per_phase(self) -> list[pd.DataFrame]:
        assert self.ours is not None
        return [rows for _, rows in self.ours.points.groupby("phase")]


@cache
def asked(package: str, call: str, case_id: str) -> Asked:
    one = case(case_id)
    try:
        ours = PACKAGES[package].answer(ask_oracle, one, call)
    except ValueError:
        ours = None
    return Asked(package, call, one, PACKAGES[package].kind(one, call), ours)


@dataclass(frozen=True, eq=False)
class Deviation:
    """Where and in what we differ by decision; `columns` are those that may differ, `calls` may be their first part."""

    package: str
    calls: tuple[str, ...]
    columns: tuple[str, ...]
    reason: str
    applies: Callable[[Asked], bool]

    def concerns(self, one: Asked) -> bool:
        if one.package.split()[0] != self.package or (self.calls and one.call.split(".")[0] not in self.calls):
            return False
        return self.applies(one)


LIMITS = ("lower", "upper", "lower_2s", "upper_2s")
RUNS = ("n_useful", "longest_run", "longest_run_max", "crossings", "crossings_min", "runs_signal")
OUTSIDE = ("rule_outside", "n_outside")
WINDOWS = ("rule_wer_2", "rule_wer_3", "rule_nel_5", "rule_nel_6")
QCC = tuple(PACKAGES["qcc"].columns)


def always(one: Asked) -> bool:
    return True


def constant(one: Asked) -> bool:
    """A phase without any variation in its baseline, screened, where we draw lines."""
    return one.screened and any(
        rows.loc[rows["baseline"], "value"].nunique() == 1 and rows["upper"].notna().any() for rows in one.per_phase()
    )


def excluded_beyond(one: Asked) -> bool:
    points = one.ours.points[~one.ours.points["included"]]
    return bool(((points["value"] > points["upper"]) | (points["value"] < points["lower"])).any())


def excluded(one: Asked) -> bool:
    return bool(one.one.exclude)


def own_baseline(one: Asked) -> bool:
    return bool(one.one.exclude or (one.one.freeze and not one.one.part))


def missing(one: Asked) -> bool:
    return one.one.missing and bool(one.one.values.notna().any())


def unequal(one: Asked) -> bool:
    return one.one.sizes.nunique() > 1


def windows(points: pd.DataFrame, of: int) -> Iterator[pd.DataFrame]:
    known = points[points["value"].notna()]
    for end in range(len(known)):
        yield known.iloc[max(0, end - of + 1) : end + 1]


def zone_lines(points: pd.DataFrame, sigma: float) -> tuple[pd.Series, pd.Series]:
    low = points["center"] - sigma / 3 * (points["center"] - points["lower"])
    return low, points["center"] + sigma / 3 * (points["upper"] - points["center"])


def net_count(one: Asked) -> bool:
    """Of a window of three, PowerBI-SPC takes those beyond on one side less those beyond on the other."""
    for points in one.per_phase():
        marked = set()
        for window in windows(points, 3):
            side = (window["value"] > window["upper_2s"]).astype(int) - (window["value"] < window["lower_2s"])
            if abs(side.sum()) >= 2:
                marked |= set(window.index[side == np.sign(side.sum())])
        if marked != set(points.index[points["rule_two_of_three"]]):
            return True
    return False


def last_line(one: Asked) -> bool:
    """qcc holds a whole window against the zone lines of its last point, from the first whole window on."""
    points = one.ours.points
    for name, n, of, sigma in (("rule_wer_2", 2, 3, 2), ("rule_wer_3", 4, 5, 1)):
        low, high = zone_lines(points, sigma)
        marked = set()
        for window in windows(points, of):
            if len(window) < of:
                continue
            end = window.index[-1]
            for beyond in (window["value"] > high[end], window["value"] < low[end]):
                if beyond.sum() >= n and beyond[end]:
                    marked.add(end)
        if marked != set(points.index[points[name]]):
            return True
    return False


def on_zone_line(one: Asked) -> bool:
    """qcc counts a point on the zone line as within it."""
    points = one.ours.points
    low, high = zone_lines(points, 1)
    near = (points["value"] >= low) & (points["value"] <= high)
    return bool((near.rolling(15).sum() == 15).ne(points["rule_nel_7"]).any())


def on_center(one: Asked) -> bool:
    """ggQC counts a point on the center as one above it."""
    points = one.ours.points
    side = (points["value"] >= points["center"]).map({True: 1, False: -1}).where(points["upper"] > points["center"], 0)
    side = side.where(points["value"].notna(), 0)
    groups = (side != side.shift()).cumsum()
    long = (side.groupby(groups).transform("size") >= 8) & (side != 0)
    return bool(long.ne(points["rule_v"]).any())


DEVIATIONS = (
    *(
        Deviation(
            package, calls, LIMITS, "a constant series under screening has its lines at the constant (E, B2)", constant
        )
        for package, calls in (
            ("qicharts2", ()),
            ("NHSRplotthedots", ()),
            ("PowerBI-SPC", ("i", "i_m", "pp", "up", "t")),
        )
    ),
    Deviation(
        "qicharts2",
        ("run", "i", "p", "pp", "u", "up", "c", "g", "t", "xbar", "s"),
        OUTSIDE,
        "an excluded point is in no rule (house.md 4)",
        excluded_beyond,
    ),
    Deviation(
        "qicharts2",
        ("mr",),
        ("value", "center", *LIMITS, *OUTSIDE, *RUNS),
        "a chart of moving ranges bridges an excluded point; theirs keeps the jump out of it (E, B8)",
        excluded,
    ),
    Deviation(
        "qicharts2",
        ("ip",),
        (*LIMITS, *OUTSIDE),
        "I-prime takes its dispersion from the baseline; theirs from all points (E, B4)",
        own_baseline,
    ),
    Deviation("pbcharts", (), ("n",), "n leaves excluded points out; theirs counts them (house.md 4)", excluded),
    Deviation(
        "PowerBI-SPC",
        ("i_mm",),
        (*LIMITS, *OUTSIDE, "rule_two_of_three"),
        "a median moving range is divided by 0.954; theirs by 1.128, the constant of a mean (B10)",
        lambda one: bool((one.ours.points["upper"] > one.ours.points["center"]).any()),
    ),
    Deviation(
        "PowerBI-SPC",
        (),
        ("rule_two_of_three",),
        "two of three beyond on one side count whatever the third does; theirs subtracts the other side (B11)",
        net_count,
    ),
    Deviation(
        "PowerBI-SPC",
        ("mr",),
        ("value", *OUTSIDE, "rule_shift", "rule_trend", "rule_two_of_three"),
        "moving ranges go on after the baseline; theirs are undefined there (B11)",
        lambda one: bool(one.one.freeze and one.one.freeze < len(one.one.values)),
    ),
    Deviation(
        "PowerBI-SPC",
        ("xbar",),
        ("center", *LIMITS),
        "a subgroup of one value counts in the center; theirs drops it (A, qicharts2)",
        lambda one: bool((one.one.sizes == 1).any()),
    ),
    Deviation(
        "PowerBI-SPC",
        ("s",),
        ("lower", "lower_2s"),
        "no line of an S chart lies below zero (A, qicharts2)",
        lambda one: bool((one.ours.points["lower_2s"] == 0).any() or (one.ours.points["lower"] == 0).any()),
    ),
    Deviation(
        "PowerBI-SPC",
        ("t",),
        ("refused",),
        "a time of zero is refused (house.md 4, as in qicharts2)",
        lambda one: bool((one.one.values <= 0).any()),
    ),
    Deviation(
        "qcc",
        ("xbar", "p", "np", "u", "c", "cusum", "ewma"),
        (*QCC, "cusum_upper", "cusum_lower"),
        "one missing value leaves the other points their lines; qcc has no center then (B12)",
        missing,
    ),
    Deviation(
        "qcc",
        ("xbar", "p", "np", "u", "c"),
        WINDOWS,
        "each point is held against its own zone lines; qcc holds a window against those of its last point",
        last_line,
    ),
    Deviation(
        "qcc",
        ("xbar", "p", "np", "u", "c"),
        ("rule_nel_7",),
        "near the center is strictly within the zone; qcc counts points on its line (a constant series is flagged)",
        on_zone_line,
    ),
    Deviation(
        "qcc",
        ("g",),
        ("center", "lower", "upper", *QCC[4:]),
        "a G chart has the median and three deviations of the mean (A); qcc has geometric quantiles around the mean",
        always,
    ),
    Deviation(
        "qcc",
        ("xbar",),
        ("lower", "upper", *QCC[4:]),
        "sigma from standard deviations (A); qcc's from ranges, or pooled above 25: sigma= restores them",
        lambda one: one.call == "xbar",
    ),
    Deviation(
        "qcc",
        ("S",),
        ("center", "lower", "upper", *QCC[4:]),
        "subgroups of several sizes have a pooled center (A); qcc weighs standard deviations by size",
        unequal,
    ),
    Deviation(
        "ggQC",
        ("Violation Same Side",),
        ("rule_v",),
        "a point on the center is on neither side; ggQC counts it as above (B14)",
        on_center,
    ),
)


def reasons_of(package: str, call: str, case_id: str) -> list[Deviation]:
    """The decisions that concern one call."""
    one = asked(package, call, case_id)
    if one.ours is None:
        return [d for d in DEVIATIONS if d.columns == ("refused",) and d.concerns(one)]
    return [d for d in DEVIATIONS if d.columns != ("refused",) and d.concerns(one)]


@cache
def deviations() -> dict[tuple[str, str, str], str]:
    """(package, call, case) to the reasons by decision."""
    found = {key: "; ".join(d.reason for d in reasons_of(*key)) for key in calls()}
    return {key: text for key, text in found.items() if text}
