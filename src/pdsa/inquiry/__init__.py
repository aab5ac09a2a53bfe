"""The improvement log as data: events, the state they leave, who sees what, which changes are allowed; no file."""

from pdsa.inquiry.events import Change, Event, broken_links, canonical, sealed
from pdsa.inquiry.state import Held, State, replay
from pdsa.inquiry.views import Viewer, sees, viewer_of, visible

__all__ = [
    "Change",
    "Event",
    "Held",
    "State",
    "Viewer",
    "broken_links",
    "canonical",
    "replay",
    "sealed",
    "sees",
    "viewer_of",
    "visible",
]
