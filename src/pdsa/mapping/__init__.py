"""Foreign files -> our columns: by a mapping that a params file holds, or by one that is proposed, shown and kept."""

from __future__ import annotations

from pdsa.mapping.fields import apply_mapping, join_denominators

__all__ = ["apply_mapping", "join_denominators"]
