"""Causes that many periods or schools share: coarser periods, the network's movement, the days of the week."""

from pdsa.adjust.aggregation import aggregate
from pdsa.adjust.peers import network_adjusted
from pdsa.adjust.weekdays import weekday_adjusted

__all__ = ["aggregate", "network_adjusted", "weekday_adjusted"]
