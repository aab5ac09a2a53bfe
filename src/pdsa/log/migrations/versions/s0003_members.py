"""On PostgreSQL, who may read and write which school: decided by the database, for the login that is connected.

Policies look only at `current_user` and the table of members, which members cannot write; no setting of a session
has a say. Their subqueries do not depend on the row, so they run once a query. Source: PostgreSQL, Row Security
Policies.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

MINE = "(SELECT m.school FROM member m WHERE m.db_user = current_user AND m.role IN ({roles}))"
AM = "EXISTS (SELECT 1 FROM member m WHERE m.db_user = current_user AND m.role IN ({roles}))"
SHARED = (
    "(SELECT unnest(CASE WHEN m.role = 'district' THEN ARRAY['district', 'public'] "
    "ELSE ARRAY['network', 'district', 'public'] END) FROM member m WHERE m.db_user = current_user)"
)
NETWORK = "school = '' AND entity IN ('aim', 'driver', 'cause', 'person')"
ANYBODY = "'team', 'coach', 'hub', 'district'"
READS = f"""
    school = ANY (ARRAY{MINE.format(roles="'team'")})
    OR (visibility <> 'team' AND school = ANY (ARRAY{MINE.format(roles="'coach'")}))
    OR visibility = ANY (ARRAY{SHARED})
    OR ({NETWORK} AND {AM.format(roles=ANYBODY)})
"""
WRITES = f"""
    author = ANY (ARRAY(SELECT m.person FROM member m WHERE m.db_user = current_user))
    AND (
        school = ANY (ARRAY{MINE.format(roles="'team', 'coach'")})
        OR {AM.format(roles="'hub'")}
        OR (school = '' AND entity <> 'person' AND {AM.format(roles="'coach'")})
        OR (entity = 'ask' AND {AM.format(roles="'district'")})
    )
"""  # noqa: S608 (of constants alone)
# Keeps the head of each chain: nobody but this function writes it.
HEADS = """
CREATE FUNCTION pdsa_keep_head() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO head (school, seq, hash) VALUES (NEW.school, NEW.seq, NEW.hash)
    ON CONFLICT (school) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash WHERE head.seq = EXCLUDED.seq - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an event that does not follow the end of its chain' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$
"""
REFUSE = """
CREATE FUNCTION pdsa_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events of the log are never changed or removed';
END $$
"""
GROUP = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'pdsa_member') THEN CREATE ROLE pdsa_member NOLOGIN; END IF;
END $$
"""
STATEMENTS = (
    GROUP,
    "CREATE TABLE member (db_user text NOT NULL, person text NOT NULL, role text NOT NULL "
    f"CHECK (role IN ({ANYBODY})), school text NOT NULL DEFAULT '', PRIMARY KEY (db_user, school))",
    "CREATE INDEX event_visibility ON event (visibility)",
    HEADS,
    REFUSE,
    "REVOKE ALL ON FUNCTION pdsa_keep_head() FROM PUBLIC",
    "CREATE TRIGGER event_head AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION pdsa_keep_head()",
    "CREATE TRIGGER event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
    "FOR EACH STATEMENT EXECUTE FUNCTION pdsa_refuse()",
    *(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in ("event", "head", "member")),
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in ("event", "head", "member")),
    f"CREATE POLICY reads ON event FOR SELECT USING ({READS})",
    f"CREATE POLICY writes ON event FOR INSERT WITH CHECK ({WRITES})",
    f"CREATE POLICY reads ON head FOR SELECT USING ({AM.format(roles=ANYBODY)})",
    "CREATE POLICY keeps ON head TO CURRENT_USER USING (true) WITH CHECK (true)",
    "CREATE POLICY reads ON member FOR SELECT USING (db_user = current_user)",
    "CREATE POLICY keeps ON member TO CURRENT_USER USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT ON event TO pdsa_member",
    "GRANT SELECT ON head, member, current, alembic_version TO pdsa_member",
)


def upgrade() -> None:
    """Make members, policies and triggers; SQLite knows no users, and has the permissions of its file."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in STATEMENTS:
            op.execute(statement)
