"""What the plan of a cycle leaves open: theory, criteria, data plan, size."""

from __future__ import annotations

import numpy as np

from pdsa.cycles.evidence import Line
from pdsa.cycles.ground import Ground
from pdsa.cycles.outcomes import BEFORE, is_complete, measure_of
from pdsa.cycles.quality import ONE_BY_ONE, needs_numbers
from pdsa.inquiry.adviser import next_test_size
from pdsa.records.inquiry import Cycle
from pdsa.terms import SCALE_WORDS, SCALES

Found = tuple[str, dict[str, object]]
WHOLE_SCHOOL = SCALES.index("school")


def no_theory(cycle: Cycle, ground: Ground) -> Found | None:
    """The chain from the cycle to an aim is broken; an idea that the reader may not see breaks nothing."""
    if not cycle.change_idea_id:
        return "idea", {}
    idea = ground.state.ideas.get(cycle.change_idea_id)
    if idea is None:
        return None
    if not idea.driver_id:
        return "driver", {"idea": idea.title}
    above = ground.drivers_above(cycle)
    if not above:
        return "gone", {"idea": idea.title}
    if retired := next((one for one in above if one.retired_on and one.retired_on <= ground.evidence.today), None):
        return "retired", {"idea": idea.title, "driver": retired.text}
    return None if ground.aim_above(cycle) else ("aim", {"driver": above[-1].text})


def no_criteria(cycle: Cycle, ground: Ground) -> Found | None:
    """Nothing could tell whether the prediction held; how much is asked depends on purpose and scale."""
    predictions = ground.of(cycle)
    if cycle.purpose == "collect_info":
        asks = any(map(str.strip, cycle.questions)) or cycle.objective.strip() or predictions
        return None if asks else ("question", {})
    if not predictions:
        return "prediction", {}
    if not (ground.measures(cycle) or cycle.data_plan_detail.strip()):
        return "way_to_tell", {}
    if not _needs_number(cycle):
        return None
    typed = [one for one in predictions if one.type != "text" and is_complete(one)]
    if not typed:
        return "number", {}
    settled = any(measure_of(one, cycle) or one.type == "probability" for one in typed)
    return None if settled else ("measure", {})


def _needs_number(cycle: Cycle) -> bool:
    """From a class on a prediction can be settled by a number; with a few students it is settled by watching them."""
    return needs_numbers(cycle) and (cycle.purpose == "implement" or cycle.scale not in ONE_BY_ONE)


def data_plan(cycle: Cycle, ground: Ground) -> Found | None:
    """No point can come in before the cycle ends, or the points rest on too few to say anything."""
    if not needs_numbers(cycle):
        return None
    predicted = [one for each in ground.of(cycle) if (one := measure_of(each, cycle))]
    names = list(dict.fromkeys(predicted or cycle.measure_ids))
    return _too_seldom(cycle, names, ground) or _too_small(cycle, names, ground)


def _too_seldom(cycle: Cycle, names: list[str], ground: Ground) -> Found | None:
    """Yearly measures are another question: `no_data_over_time`."""
    for name in names:
        known, periods = ground.measure(name), ground.planned(cycle, name)
        if known and known.frequency != "year" and periods == ():
            told = {"noun": known.frequency, "start": cycle.began, "end": cycle.actual_end or cycle.planned_end}
            return "seldom", {"measure": known.name, **told}
    return None


def _too_small(cycle: Cycle, names: list[str], ground: Ground) -> Found | None:
    for name in names:
        known, line = ground.measure(name), ground.line(cycle, name)
        if known and line and known.min_denominator and (size := _typical(line)) and size < known.min_denominator:
            told = {"size": f"{size:g}", "least": known.min_denominator, "noun": known.frequency}
            return "small", {"measure": known.name, **told}
    return None


def _typical(line: Line) -> float:
    """The median of the latest denominators, 0 where there are none."""
    known = line.denominator[~np.isnan(line.denominator)][-BEFORE:]
    return float(np.median(known)) if len(known) else 0.0


def not_small(cycle: Cycle, ground: Ground) -> Found | None:
    """The first cycle of a ramp is tried on a whole school or more, and nobody has said that this is safe."""
    first = not cycle.parent_cycle_id and cycle.cycle_no == 1 and ground.ramp[cycle.id].first.id == cycle.id
    if not first or SCALES.index(cycle.scale) < WHOLE_SCHOOL or _is_safe(cycle):
        return None
    return "scale", {"scale": SCALE_WORDS[cycle.scale]}


def _is_safe(cycle: Cycle) -> bool:
    """Whether the adviser of test sizes, asked the same, would not start smaller."""
    if not (cycle.belief and cycle.cost_of_failure and cycle.readiness):
        return False
    return cycle.scale in next_test_size(cycle.belief, cycle.cost_of_failure, cycle.readiness).scales


def no_data_over_time(cycle: Cycle, ground: Ground) -> Found | None:
    """Nothing is counted over time: every measure is taken less often than monthly, or none is named at all."""
    if not _needs_number(cycle):
        return None
    names = ground.measures(cycle)
    if not names:
        return None if no_criteria(cycle, ground) else ("nothing", {})
    known = [one for name in names if (one := ground.measure(name))]
    if not known or any(one.frequency != "year" for one in known):
        return None
    return "yearly", {"measures": ", ".join(one.name for one in known)}
