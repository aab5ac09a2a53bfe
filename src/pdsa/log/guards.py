"""What the database itself refuses, whoever asks: events that are changed, removed, or do not follow each other."""

from __future__ import annotations

KEPT = "events of the log are never changed or removed"
ENDS = "an event that does not follow the end of its chain"
FOLLOWS = "an event that does not follow the version before it"
FIELDS = "a body that holds no fields"
OWNED = "a record keeps its owner"

# Triggers of SQLite by name. The checks before an insert also stop INSERT OR REPLACE, which removes a row without
# asking the trigger against removal unless recursive triggers are on.
# ruff: noqa: S608 (of constants alone)
SQLITE = {
    "event_no_update": f"BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    "event_no_delete": f"BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    "event_follows": f"""BEFORE INSERT ON event BEGIN
        SELECT RAISE(ABORT, '{ENDS}')
            WHERE NEW.seq <> 1 + coalesce((SELECT seq FROM head WHERE school = NEW.school), 0)
            OR NEW.prev <> coalesce((SELECT hash FROM head WHERE school = NEW.school), '');
        SELECT RAISE(ABORT, '{FOLLOWS}')
            WHERE NEW.version <> 1 + coalesce(
                (SELECT max(version) FROM event WHERE entity = NEW.entity AND record = NEW.record), 0);
        SELECT RAISE(ABORT, '{OWNED}')
            WHERE EXISTS (SELECT 1 FROM event
                WHERE entity = NEW.entity AND record = NEW.record AND school <> NEW.school);
        SELECT RAISE(ABORT, '{FIELDS}')
            WHERE NEW.body <> '' AND NOT CASE WHEN json_valid(NEW.body) THEN json_type(NEW.body) = 'object' ELSE 0 END;
        END""",
    "event_ends": """AFTER INSERT ON event BEGIN
        INSERT INTO head (school, seq, hash) VALUES (NEW.school, NEW.seq, NEW.hash)
            ON CONFLICT (school) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;
        END""",
    "head_no_delete": f"BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    "head_follows": f"""BEFORE UPDATE ON head
        WHEN NOT EXISTS (SELECT 1 FROM event
            WHERE school = NEW.school AND seq = NEW.seq AND hash = NEW.hash AND seq = OLD.seq + 1)
        BEGIN SELECT RAISE(ABORT, '{ENDS}'); END""",
}  # fmt: skip
# Triggers of PostgreSQL, and the tables whose rows each login sees by policies alone.
POSTGRES = ("event_ends", "event_follows", "event_kept", "head_alone", "head_kept")
SECURED = ("event", "head", "member")


def statement(name: str) -> str:
    """The statement that makes a trigger of SQLite, as the database keeps it."""
    return f"CREATE TRIGGER {name} {SQLITE[name]}"
