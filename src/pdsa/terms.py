"""The vocabulary: closed sets of words, the columns of every frame, and the constants of the rules."""

from __future__ import annotations

from typing import Literal, get_args

VERSION = "0.1.0"

Kind = Literal[
    "run",
    "i",
    "mr",
    "i_prime",
    "xbar",
    "s",
    "p",
    "np",
    "u",
    "c",
    "p_prime",
    "u_prime",
    "g",
    "t",
    "cusum",
    "ewma",
    "auto",
]
LimitsMethod = Literal["published", "guarded", "predictive"]
Screen = Literal["off", "once"]
Spread = Literal["mean", "median"]
Constants = Literal["rounded", "wheeler", "exact"]
Gaps = Literal["break", "bridge"]
Ties = Literal["skip", "break"]
Mark = Literal["pattern", "last"]
RuleName = Literal[
    "outside",
    "long_run",
    "few_crossings",
    "shift",
    "trend",
    "alternating",
    "beyond",
    "near",
    "away",
    "few_runs",
    "many_runs",
]
# Sets of rules by name, and single rules by name: what a params file may say (`rules` holds what they are).
RuleSet = Literal[
    "anhoej",
    "western_electric",
    "nelson",
    "making_data_count",
    "making_data_count_2023",
    "making_data_count_2021",
    "ihi",
    "wheeler",
]
RuleWord = Literal[
    "outside",
    "shift",
    "trend",
    "alternating",
    "beyond",
    "near",
    "away",
    "long_run",
    "few_crossings",
    "few_runs",
    "many_runs",
    "two_of_three",
    "four_of_five",
    "three_of_four",
    "nelson_1",
    "nelson_2",
    "nelson_3",
    "nelson_4",
    "nelson_5",
    "nelson_6",
    "nelson_7",
    "nelson_8",
]
# A year is a school year: it begins on July 1, and days from July 1 to June 30 belong to it.
Step = Literal["day", "week", "month", "year"]
Better = Literal["up", "down"]
Verdict = Literal["improvement", "concern", "change", "common_cause", "too_few"]
Assurance = Literal["met", "by_chance", "not_expected"]
Direction = Literal["up", "down", "stable"]
MeasureType = Literal["outcome", "primary_driver", "secondary_driver", "process", "balancing"]
DataType = Literal["proportion", "rate", "count", "continuous", "time_between"]
Status = Literal[
    "reported", "missing", "suppressed", "excluded", "top_coded", "bottom_coded", "not_applicable", "error"
]
Audience = Literal["team", "coach", "district", "network", "public"]
CalendarMode = Literal["listed", "observed"]
AnnotationKind = Literal["change", "holiday", "policy", "instrument", "campaign", "other"]

# The improvement log: its kinds of records, who writes them, and the words of the PDSA forms (IHI, Carnegie).
Entity = Literal[
    "aim", "driver", "cause", "change_idea", "cycle", "prediction", "annotation", "phase", "interview", "insight",
    "ask", "progress", "person",
]  # fmt: skip
EventKind = Literal["create", "change", "share", "withdraw", "undo", "merge", "retire"]
# Each step of visibility holds those before it.
Visibility = Literal["team", "coach", "network", "district", "public"]
Role = Literal["team", "coach", "district", "hub"]
DriverLevel = Literal["primary", "secondary"]
Purpose = Literal["collect_info", "develop", "test", "implement"]
Scale = Literal[
    "student", "few_students", "class", "several_classes", "grade", "school", "several_schools", "network"
]  # fmt: skip
DataPlanKind = Literal["quantitative", "qualitative", "both"]
Belief = Literal["low", "moderate", "high"]
FailureCost = Literal["low", "high"]
Readiness = Literal["resistant", "indifferent", "ready"]
AsPlanned = Literal["yes", "partly", "no"]
Decision = Literal["adopt", "adapt", "abandon"]
CycleStatus = Literal["planned", "doing", "studying", "closed"]
PredictionType = Literal["value", "direction", "range", "probability", "text"]
Outcome = Literal["hit", "miss", "partly", "not_measured"]
IdeaStage = Literal["untested", "testing", "adapting", "implementing", "spreading", "sustained", "abandoned"]
Origin = Literal["research", "practice", "bright_spot", "student"]
EvidenceLevel = Literal["none", "anecdote", "local_data", "published"]
AskTo = Literal["coach", "school_leader", "district", "hub"]

# Codes of `Panel.status`: positions in this tuple.
STATUSES: tuple[Status, ...] = (
    "reported",
    "missing",
    "suppressed",
    "excluded",
    "top_coded",
    "bottom_coded",
    "not_applicable",
    "error",
)

OBSERVATION_COLUMNS = (
    "school",
    "measure",
    "period",
    "value",
    "numerator",
    "denominator",
    "group_dim",
    "group",
    "status",
    "source",
    "row",
)
POINT_COLUMNS = (
    "period",
    "phase",
    "value",
    "numerator",
    "denominator",
    "included",
    "baseline",
    "center",
    "lower",
    "upper",
    "lower_2s",
    "upper_2s",
)
# What follows the columns of the rules: any rule, and their names.
SIGNAL_COLUMNS = ("signal", "reasons")
SUMMARY_COLUMNS = (
    "kind",
    "limits",
    "n",
    "n_useful",
    "center",
    "longest_run",
    "longest_run_max",
    "crossings",
    "crossings_min",
    "runs_signal",
    "n_outside",
    "sigma",
    "sigma_z",
    "lag1",
    "false_alarm",
    "verdict",
    "assurance",
    "history",
    "last",
    "notes",
)

# Kinds that divide a numerator by a denominator, and those of them in which a part cannot exceed its whole.
RATIO_KINDS = ("p", "np", "p_prime", "u", "u_prime", "i_prime")
PROPORTION_KINDS = ("p", "np", "p_prime")
# Kinds whose value is the quotient where a denominator is given, and that do without one.
EITHER_KINDS = ("run", "i", "mr", "auto", "cusum", "ewma")
# Kinds of several rows a period, and of counts or times that have no denominator.
SUBGROUP_KINDS = ("xbar", "s")
PLAIN_KINDS = ("c", "g", "t")
# Kinds whose neighbors share values by construction: runs and patterns in them mean nothing.
MOVING_KINDS = ("mr", "cusum", "ewma")
# Kinds that speak of spread: neither direction is better, and no target is met.
SPREAD_KINDS = ("mr", "s")
# Kinds whose values are no values of the measure: its target is none of theirs.
NO_TARGET = (*SPREAD_KINDS, "cusum")
# Kinds without limits of the predictive method: their statistics are no single future value.
NOT_PREDICTIVE = ("mr", "s", "cusum", "ewma")

# What readers are told of periods of each status that are no ordinary points; "" for those that are.
STATUS_WORDS = {
    "reported": "",
    "missing": "without a value",
    "suppressed": "hidden",
    "excluded": "excluded",
    "top_coded": "of at least the value shown",
    "bottom_coded": "of at most the value shown",
    "not_applicable": "not applicable",
    "error": "with an error in the source",
}

# How drawings name periods without a drawn value, in the order of their key.
ABSENT_WORDS = {
    "hidden": "hidden for privacy",
    "missing": "no data",
    "set_aside": "excluded, without a value",
    "not_applicable": "not applicable",
    "error": "an error in the source",
}

# Under this many useful points nothing is judged (features.md 0.4).
MIN_USEFUL = 10
# Baselines of fewer points are "trial" and "provisional" (statistics.md E 3.3; Montgomery; Provost & Murray).
TRIAL_UNDER = 12
ESTABLISHED_FROM = 20

# Dividing constants for two neighboring values: d2 as printed in the tables, and exactly 2 / sqrt(pi).
D2_ROUNDED = 1.128
D2_EXACT = 1.1283791670955126
D3_EXACT = 0.8525024664274217
# Upper limit of a chart of moving ranges, as printed (qicharts2), as Wheeler prints it, and exactly 1 + 3 d3 / d2.
MR_UPPER_ROUNDED = 3.267
MR_UPPER_WHEELER = 3.268
MR_UPPER_EXACT = 1 + 3 * D3_EXACT / D2_EXACT
WHEELER_MULTIPLE = 2.66
# The same for the median of moving ranges: exactly sqrt(2) times the upper quartile of a standard normal.
D4_ROUNDED = 0.954
D4_EXACT = 0.9538725524089398
WHEELER_MEDIAN_MULTIPLE = 3.145

# CUSUM: the slack and the decision interval, in standard deviations; EWMA: weight of the newest value, limits.
CUSUM_SLACK, CUSUM_INTERVAL = 0.5, 5.0
EWMA_WEIGHT, EWMA_MULTIPLE = 0.2, 3.0

# A value counts as standing on a line when both agree to this share of their size: sums of floats differ in the
# last digits, and a constant series must not be split into "above" and "below" by them.
ON_LINE = 1e-12

# Above this share of points on the center line runs say little (statistics.md E 3.1).
MANY_TIES = 0.25

# The log's kinds of records in the order of its sheets, and the steps of visibility and of scale, smallest first.
ENTITIES: tuple[Entity, ...] = get_args(Entity)
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)
SCALES: tuple[Scale, ...] = get_args(Scale)
# Whose folder of a run has an index of its reports.
INDEXED: tuple[Audience, ...] = ("coach", "district")
# Records of the network as a whole: they belong to no school, and all its people read them.
NETWORK_WIDE: tuple[Entity, ...] = ("aim", "driver", "cause", "person")
OUTCOME_WORDS = {
    "hit": "held",
    "partly": "held in part",
    "miss": "did not hold",
    "not_measured": "not measured",
}
SCALE_WORDS = {
    "student": "1 student",
    "few_students": "a few students",
    "class": "1 class",
    "several_classes": "several classes",
    "grade": "a grade or team",
    "school": "the whole school",
    "several_schools": "several schools",
    "network": "the network",
}
DECISION_WORDS = {"adopt": "adopted", "adapt": "adapted", "abandon": "set aside"}
CYCLE_WORDS = {"planned": "planned", "doing": "under way", "studying": "to be decided", "closed": "closed"}

# Probabilities outside exact limits: those of three standard deviations of a normal distribution, each side.
TAIL_3S = 0.0013498980316300933
TAIL_2S = 0.02275013194817921

# The words of sentences, tables and legends.
VERDICT_WORDS = {
    "improvement": "better",
    "concern": "worse",
    "change": "changed",
    "common_cause": "steady",
    "too_few": "too early to say",
    "no_data": "no data",
    "to_mend": "rows to mend",
}
VERDICT_MEANINGS = {
    "improvement": "a signal in the good direction in the latest points",
    "concern": "a signal in the bad direction in the latest points",
    "change": "a signal without a better direction, or a pattern that is not random",
    "common_cause": "no signal in the latest points: ordinary variation",
    "too_few": f"under {MIN_USEFUL} useful points: nothing is judged yet",
    "no_data": "nothing was reported",
    "to_mend": "numbers were sent, and rows have to be mended before they can be read",
}
RULE_WORDS = {
    "outside": "a point outside the limits",
    "long_run": "a long run on one side of the center",
    "few_crossings": "unusually few crossings of the center",
    "shift": "a shift to one side of the center",
    "trend": "a steady rise or fall",
    "alternating": "values that go up and down in turn",
    "beyond": "points near a limit",
    "two_of_three": "two of three points near a limit",
    "three_of_four": "three of four points nearer the limit than the center",
    "four_of_five": "four of five points away from the center on one side",
    "near": "many points close to the center",
    "away": "several points in a row, none close to the center",
    "few_runs": "fewer runs than chance gives",
    "many_runs": "more runs than chance gives",
}
KIND_WORDS = {
    "run": "run chart",
    "i": "I chart",
    "mr": "chart of moving ranges",
    "p": "P chart",
    "p_prime": "P-prime chart",
    "u": "U chart",
    "u_prime": "U-prime chart",
    "i_prime": "I-prime chart",
    "xbar": "X-bar chart",
    "s": "S chart",
    "np": "NP chart",
    "c": "C chart",
    "g": "G chart",
    "t": "T chart",
    "cusum": "CUSUM chart",
    "ewma": "EWMA chart",
}
ASSURANCE_WORDS = {
    "met": "is met reliably: the limits lie wholly on its good side",
    "by_chance": "lies within ordinary variation: some {periods} meet it by chance and some miss it; to meet it "
    "reliably the process must change",
    "not_expected": "cannot be expected of this process as it is",
}
