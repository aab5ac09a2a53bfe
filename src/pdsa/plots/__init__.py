"""Chart -> unrendered ggplot: drawings of full size that people compose further, print and put on a wall.

Plots compute no statistics, show nothing, save nothing and set no global theme. They draw the same columns as
`figures`, by the same shapes and words.
"""

from pdsa.plots.compare import funnel, pareto
from pdsa.plots.control import control_chart, run_chart, small_multiples

__all__ = ["control_chart", "funnel", "pareto", "run_chart", "small_multiples"]
