"""One mask for a whole release: what an audience may see is decided here, before any line is computed.

Lines, medians and signals of a released chart come from released values only: a limit that a hidden point moved
would give its denominator away (statistics in `privacy-security-faults` B2: 62 to 100% of hidden points recovered).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pdsa.records import Measure
from pdsa.series import SUPPRESSED, Floats, Panel
from pdsa.terms import Audience

# The audiences that see their own school complete; a network sees pseudonyms, everybody else names.
COMPLETE: tuple[Audience, ...] = ("team",)
PSEUDONYMOUS: tuple[Audience, ...] = ("network",)
# Without a release audit nothing leaves for the public (features.md 0.1).
REFUSED: tuple[Audience, ...] = ("public",)


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """The panels that one audience may see, and how many periods were hidden in them.

    Reports take only this: there is no way to a page around the mask.
    """

    audience: Audience
    min_n: int
    panels: Mapping[str, Panel]
    hidden: int

    @property
    def policy(self) -> str:
        """What the footer of every page says about the mask."""
        if self.audience in COMPLETE:
            return "complete: nothing is hidden"
        return f"periods known to have fewer than {self.min_n} people are hidden and marked *"


def release(panels: Mapping[str, Panel], measures: Mapping[str, Measure], audience: Audience, min_n: int) -> Release:
    """Hide every period whose denominator is under the minimum n, unless the audience is the school's own team.

    Parameters
    ----------
    panels, measures
        By measure id.
    audience
        Who will read; `public` is refused by the runner before it comes here.
    min_n
        The smallest number of people that is shown; a measure's own `min_denominator` may raise it.
    """
    if audience in COMPLETE:
        return Release(audience, min_n, dict(panels), 0)
    masked = {name: _mask(panel, max(min_n, measures[name].min_denominator)) for name, panel in panels.items()}
    hidden = sum(int((panel.status == SUPPRESSED).sum()) for panel in masked.values())
    return Release(audience, min_n, masked, hidden)


def _mask(panel: Panel, min_n: int) -> Panel:
    """The panel without those points: value, numerator, denominator and head count are gone, a marker stays."""
    # 0 of 0 concerns nobody and stays a gap
    small = (panel.people > 0) & (panel.people < min_n)
    small |= (panel.denominator > 0) & (panel.denominator < min_n)

    def without(values: Floats) -> Floats:
        return np.where(small, np.nan, values)

    return replace(
        panel,
        value=without(panel.value),
        numerator=without(panel.numerator),
        denominator=without(panel.denominator),
        people=without(panel.people),
        status=np.where(small, SUPPRESSED, panel.status).astype(np.int8),
    )
