"""What the synthetic network is and what is planted in it: calendar, measures, schools, effects, texts."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

# Of 20 seeds tried, one whose chart verdicts are about the average: with baselines of 20 weeks 26 of 27 lasting
# changes are found and 7 of 61 stable series flagged (the 20: 26.3 and 6.3). A luckier seed would promise more than
# charts can do.
SEED = 20240842
MOST = 400  # schools
SLOTS = 20  # check-ins are counted in this many chances per student: close to Poisson, and whole numbers
CARRY = 0.15  # share of last week's deviation that stays, in schools whose weeks differ by more than chance

CLOSURES = (
    ("2024-06-10", "2024-08-25", "Summer"),
    ("2024-11-28", "2024-11-29", "Thanksgiving"),
    ("2024-12-23", "2025-01-05", "Winter break"),
    ("2025-04-14", "2025-04-20", "Spring break"),
    ("2025-06-09", "2025-08-24", "Summer"),
    ("2025-11-27", "2025-11-28", "Thanksgiving"),
    ("2025-12-22", "2026-01-04", "Winter break"),
    ("2026-03-30", "2026-04-05", "Spring break"),
    ("2026-06-08", "2026-08-23", "Summer"),
)
FIRST, LAST = date(2024, 8, 26), date(2026, 6, 1)
YEAR_2 = "2025-08-25"
STORM = "2025-01-27"
STORM_SIZES = {"attendance": -0.30, "on_track": -0.04}

MEASURE_COLUMNS = (
    *("id", "name", "type", "data_type", "unit", "direction", "frequency", "definition", "numerator_def"),
    *("denominator_def", "per", "target", "chart", "baseline", "min_denominator"),
)
MEASURES = (
    (
        *("on_track", "On track in core courses", "outcome", "proportion", "%", "up", "week"),
        "On Friday, the share of ninth graders whose grade to date is passing in English, mathematics, science "
        "and social studies. Source: gradebook export on Friday at 4 pm.",
        "Ninth graders passing all four core courses on Friday",
        "Ninth graders enrolled on at least three days of the week",
        *("100", "0.85", "auto", "20", "10"),
    ),
    (
        *("attendance", "Present 90% of periods", "primary_driver", "proportion", "%", "up", "week"),
        "The share of ninth graders who were in class for at least 90% of the week's scheduled periods. A student "
        "who comes more than ten minutes late is absent for that period. Source: period attendance, Friday.",
        "Ninth graders present for at least 90% of the week's scheduled periods",
        "Ninth graders enrolled on at least three days of the week",
        *("100", "0.9", "auto", "20", "10"),
    ),
    (
        *("check_ins", "Advisory check-ins held", "process", "rate", "per 100 ninth graders", "up", "week"),
        "Advisory check-ins held in the week for every 100 ninth graders. A check-in is one adult and one student "
        "who look at grades and attendance together for five minutes. A student can have more than one in a week, "
        "so the rate may exceed 100. Source: advisory log.",
        "Advisory check-ins held with ninth graders in the week",
        "Ninth graders enrolled on at least three days of the week",
        *("100", "0.8", "auto", "20", "10"),
    ),
    (
        *("prep_minutes", "Preparation time lost", "balancing", "continuous", "minutes", "down", "week"),
        "Mean minutes of planned preparation time that ninth-grade teachers lost in the week to check-ins, calls "
        "home and data entry, rounded to whole minutes. Source: two-question form on Friday.",
        *("", "", "1", "", "auto", "20", ""),
    ),
)


class School(NamedTuple):
    """What is stable at one school: students, extra spread of its weeks, and the level of each measure."""

    name: str
    students: int
    spread: float
    on_track: float
    attendance: float
    check_ins: float
    prep_minutes: float


SCHOOLS = (
    School("Tarnwick High School", 118, 0.0, 0.74, 0.76, 0.45, 27),
    School("Pellbrook High School", 64, 0.0, 0.79, 0.81, 0.32, 31),
    School("Vantry Point High School", 204, 0.04, 0.72, 0.74, 0.52, 24),
    School("Eskerton High School", 92, 0.0, 0.77, 0.83, 0.28, 22),
    School("Dunmarrow Academy", 11, 0.0, 0.70, 0.76, 0.66, 18),
    School("Lorrimere High School", 156, 0.0, 0.80, 0.78, 0.38, 29),
    School("Quillhaven High School", 47, 0.0, 0.68, 0.72, 0.24, 35),
    School("Averhold High School", 236, 0.045, 0.76, 0.80, 0.43, 26),
    School("Netherfold High School", 138, 0.0, 0.73, 0.77, 0.48, 30),
    School("Umberly High School", 71, 0.0, 0.75, 0.84, 0.35, 23),
    School("Ivermoor High School", 182, 0.0, 0.75, 0.77, 0.41, 25),
    School("Rookstead Early College", 33, 0.0, 0.86, 0.88, 0.70, 20),
    School("Garrowfield High School", 101, 0.0, 0.78, 0.79, 0.55, 33),
    School("Wexmoor High School", 128, 0.0, 0.71, 0.75, 0.30, 28),
    School("Hollinsreach High School", 260, 0.04, 0.76, 0.75, 0.36, 32),
    School("Orlawick High School", 83, 0.0, 0.82, 0.86, 0.26, 21),
    School("Fallowgate School", 11, 0.0, 0.74, 0.80, 0.58, 19),
    School("Silverdon Flats High School", 148, 0.0, 0.77, 0.73, 0.44, 24),
    School("Jessamere High School", 58, 0.0, 0.81, 0.82, 0.37, 26),
    School("Thornwater High School", 112, 0.0, 0.74, 0.78, 0.50, 28),
    School("Kelderby Program", 22, 0.0, 1.0, 0.85, 1.02, 17),
    School("Marchfell High School", 172, 0.0, 0.79, 0.78, 0.40, 30),
    School("Yarrick Hill High School", 96, 0.0, 0.76, 0.80, 0.92, 27),
    School("Brackwell High School", 215, 0.04, 0.73, 0.76, 0.47, 29),
)
DISTRICTS = ("Marrowby Unified District", "Veldane County Schools")
TREES = (
    *("Alder", "Aspen", "Beech", "Birch", "Cedar", "Chestnut", "Cypress", "Elm", "Fir", "Hazel", "Hemlock"),
    *("Hickory", "Juniper", "Larch", "Linden", "Maple", "Oak", "Poplar", "Rowan", "Sequoia", "Spruce"),
    *("Sycamore", "Tamarack", "Willow"),
)
LATE, STOPPED, NO_PREP, CONSTANT, SMALL = 11, 13, 15, 20, (4, 16)
LATE_WEEKS = 8

# (school, measure): first changed week, size in plotted units before `per`, last changed week or "" for the end
EFFECTS = {
    (0, "check_ins"): ("2025-09-29", 0.14, ""),
    (0, "attendance"): ("2025-10-13", 0.09, ""),
    (0, "on_track"): ("2025-11-17", 0.09, ""),
    (2, "check_ins"): ("2025-10-20", 0.14, ""),
    (2, "attendance"): ("2025-11-03", 0.11, ""),
    (2, "on_track"): ("2025-12-08", 0.11, ""),
    (5, "check_ins"): ("2025-09-15", 0.12, ""),
    (5, "attendance"): ("2025-09-29", 0.08, ""),
    (8, "check_ins"): ("2025-10-06", 0.14, ""),
    (9, "attendance"): ("2026-01-05", -0.11, ""),
    (10, "check_ins"): ("2025-11-10", 0.12, ""),
    (10, "attendance"): ("2025-12-01", 0.07, ""),
    (10, "on_track"): ("2026-01-12", 0.08, ""),
    (10, "prep_minutes"): ("2025-11-10", 10, ""),
    (12, "check_ins"): ("2026-01-12", 0.17, ""),
    (14, "check_ins"): ("2026-01-05", 0.12, ""),
    (14, "attendance"): ("2026-01-19", 0.10, ""),
    (14, "on_track"): ("2026-02-23", 0.10, ""),
    (17, "check_ins"): ("2025-12-01", 0.13, ""),
    (17, "attendance"): ("2026-01-05", 0.08, ""),
    (17, "prep_minutes"): ("2025-12-01", 9, ""),
    (19, "check_ins"): ("2026-02-02", 0.16, ""),
    (19, "prep_minutes"): ("2026-02-02", 11, ""),
    (21, "check_ins"): ("2025-09-22", 0.12, "2025-12-15"),
    (21, "attendance"): ("2025-09-29", 0.08, "2025-12-15"),
    (22, "check_ins"): ("2026-02-23", 0.22, ""),
    (23, "check_ins"): ("2025-09-08", 0.12, ""),
    (23, "attendance"): ("2025-09-22", 0.11, ""),
    (23, "on_track"): ("2025-10-27", 0.11, ""),
}
# rows that a school did not submit: (school, measure or "" for all): first weeks, counted from 0, and how many
ABSENT = {
    (3, ""): (20, 3),
    (12, ""): (50, 3),
    (5, "on_track"): (30, 1),
    (6, "attendance"): (44, 1),
    (8, "prep_minutes"): (24, 1),
    (18, "check_ins"): (61, 1),
    (19, ""): (33, 1),
}
# rows that were submitted without a number, `status` missing
BLANK = {
    (1, "check_ins", 15),
    (7, "on_track", 40),
    (7, "attendance", 40),
    (15, "attendance", 27),
    (22, "prep_minutes", 36),
}

CHECK_IN, TEXT_HOME = "Advisory check-in every Monday", "Text home on the first absence"
LATE_WORK, BREAKFAST = "Late-work window of one week", "Breakfast cards, $5 (10% of families)"
# change ideas: school, first day, the one measure whose chart carries it or "" for every chart, label
IDEAS = (
    (0, "2025-09-29", "", CHECK_IN),
    (1, "2025-10-06", "attendance", BREAKFAST),
    (2, "2025-10-20", "", CHECK_IN),
    (2, "2025-12-08", "on_track", LATE_WORK),
    (3, "2025-11-03", "on_track", LATE_WORK),
    (4, "2025-09-22", "attendance", TEXT_HOME),
    (5, "2025-09-15", "", "Check-in with one adult by Wednesday"),
    (6, "2026-01-12", "attendance", "Ride board for the late bus"),
    (7, "2025-10-13", "on_track", "Friday help hour in the library"),
    (8, "2025-10-06", "", CHECK_IN),
    (9, "2025-09-29", "on_track", LATE_WORK),
    (10, "2025-11-10", "", "Two-minute grade check-in at the door"),
    (10, "2025-12-01", "attendance", TEXT_HOME),
    (11, "2026-04-27", "on_track", "Shared planner page for the week"),
    (12, "2026-01-12", "", CHECK_IN),
    (13, "2025-02-10", "attendance", BREAKFAST),
    (14, "2026-01-05", "", "Advisory check-in & call home"),
    (15, "2025-11-17", "on_track", "Friday help hour in the library"),
    (16, "2025-10-20", "attendance", TEXT_HOME),
    (17, "2025-12-01", "", CHECK_IN),
    (17, "2026-01-05", "attendance", BREAKFAST),
    (18, "2025-09-15", "on_track", "Retake tickets: <2 a month"),
    (19, "2026-02-02", "", "Check-in with one adult by Wednesday"),
    (20, "2025-10-06", "attendance", "Ride board for the late bus"),
    (21, "2025-09-22", "", CHECK_IN),
    (22, "2026-02-23", "", "Second check-in on Thursday"),
    (23, "2025-09-08", "", CHECK_IN),
    (23, "2025-10-27", "on_track", LATE_WORK),
)
NETWORK_WIDE = (
    (STORM, "", "", "other", "Ice storm: buses did not run"),
    ("2026-01-05", "", "on_track", "policy", "Both districts allow one retake for every quiz"),
)

PARAMS = """\
# One run of reports for the example network. Run: pdsa report <this file>
schema: 1
name: example
workspace: ..
audiences: [team, coach, district, network]
as_of: 2026-06-12
workers: 2
timeout_seconds: 300
"""
README = f"""\
Example network (synthetic)

Everything in this folder is SYNTHETIC: invented schools, invented numbers, drawn by a computer. No school,
student or teacher in it exists. Use it to learn the workbench and to see what a report finds and what it misses.

  network.yaml             the network, its minimum group size, its calendar (76 school weeks in two years)
  schools.csv              the schools, their districts, and the pseudonyms that other schools see
  measures.csv             four measures: outcome, driver, process, balancing; each with its definition
  annotations.csv          dated remarks: change ideas of the schools, a policy, an ice storm
  observations/*.csv       one file a measure, one row a school and week (dated on its Monday)
  pdsa.sqlite              the improvement log: aim, drivers, change ideas, and the cycles of the schools that test them
  params/example.yaml      one run of reports
  TRUTH.csv                what was planted: one row a school and measure
  LOG-TRUTH.csv            what was planted in the log: one row a cycle
  incoming/                files as people send them, to try pdsa import on; nothing reads them, nothing is planted
                           in them, and TRUTH.csv does not speak of them:
                             attendance-tracker-2026-05.csv  weeks as columns, an average, texts among the numbers
                             attendance-tracker-2026-06.csv  the same a week later, with a revised number
                             grade-checks.csv                a long export, with totals and dates such as 03/01/2026
                             pdsa-plans.csv                  plans of cycles as an online form exports them

Make the reports, from this folder:

  pdsa report params/example.yaml

Take the files in, into a folder of your own (attendance of the tracker is not what this network calls attendance):

  pdsa new ../our-network
  pdsa import incoming/attendance-tracker-2026-05.csv --into ../our-network --as-of 2026-05-29

Look into the improvement log, and write into it as one of its people (pdsa log list person names them):

  pdsa ramp --school 0107
  pdsa who-tried "Advisory check-in every Monday"
  pdsa cycle check --school 0163

Then open TRUTH.csv beside the reports. `effect` says what was planted (improvement, worsening, none, too_few,
constant, no_data), `start` the first changed week, `size` the shift in the unit of the measure before it is
multiplied by `per` (0.08 of a proportion is 8 percentage points), `lasting` how long it stays. Where nothing was
planted a chart can still signal: that is a false alarm, and every rule has some.

In the week of {STORM} an ice storm lowers attendance at all schools by 30 points and on_track by 4 (not
at the school that always reports 100%). Rows that are absent were not submitted; rows with status `missing`
were submitted without a number.

LOG-TRUTH.csv names the cycles in which each of the thirteen ways in which cycles are known to go wrong was planted,
once each (`planted` is the name that the plan questions give it), and the cycles in which an idea was adopted: its
measures hold (gain_holds), slip (gain_slips: at one school, whose advisory lead left), or it was adopted too late to
say (gain_too_early). At school 0142 the check-ins have lines of their own from 2025-09-15 on: its log declares a phase
there, with its reason and the cycle that is the evidence.
"""
