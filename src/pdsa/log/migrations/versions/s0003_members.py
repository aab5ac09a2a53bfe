"""On PostgreSQL, who may read and write which school: decided by the database, for the login that is connected.

Policies look only at `current_user` and the table of members, which members cannot write; no setting of a session
has a say. Their subqueries do not depend on the row, so they run once a query; what is shared stands in them as
words, by which the planner knows how little that is. What they let through is what `inquiry.views` and
`inquiry.authors` say. Source: PostgreSQL, Row Security Policies.
"""

# ruff: noqa: S608 (of constants alone)
from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"

ME = "SELECT m.{what} FROM member m WHERE m.db_user = current_user"
MINE = f"school = ANY (ARRAY({ME.format(what='school')} AND m.role IN ({{roles}}) AND m.school <> ''))"
AM = f"EXISTS ({ME.format(what='role')} AND m.role IN ({{roles}}))"
ANYBODY = "'team', 'coach', 'hub', 'district'"
READS = f"""
    {MINE.format(roles="'team'")}
    OR (visibility <> 'team' AND {MINE.format(roles="'coach'")})
    OR (visibility IN ('network', 'district', 'public') AND {AM.format(roles="'team', 'coach', 'hub'")})
    OR (visibility IN ('district', 'public') AND {AM.format(roles="'district'")})
    OR (school = '' AND {AM.format(roles="'coach', 'hub'")})
    OR (school = '' AND entity IN ('aim', 'driver', 'cause', 'person') AND {AM.format(roles=ANYBODY)})
"""
WRITES = f"""
    author = ANY (ARRAY({ME.format(what="person")}))
    AND (
        (entity <> 'person' AND {MINE.format(roles="'team', 'coach'")})
        OR (entity <> 'person' AND school = '' AND {AM.format(roles="'coach'")})
        OR ((school = '' OR entity = 'person') AND {AM.format(roles="'hub'")})
        OR (entity = 'ask' AND version > 1 AND visibility IN ('district', 'public') AND {AM.format(roles="'district'")})
    )
"""
# Whoever may write to a chain must know its end; nobody learns how busy other schools are.
ENDS = f"""
    {MINE.format(roles="'team', 'coach'")}
    OR (school = '' AND {AM.format(roles=ANYBODY)})
    OR ({AM.format(roles="'district'")}
        AND EXISTS (SELECT 1 FROM event e WHERE e.school = head.school AND e.entity = 'ask'))
"""
# Keeps the head of each chain: nobody but this function writes it, so it has the rights of the owner.
KEEP_ENDS = """
CREATE FUNCTION pdsa_ends() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF NEW.seq = 1 AND NEW.prev = '' THEN
        INSERT INTO head (school, seq, hash) VALUES (NEW.school, NEW.seq, NEW.hash);
    ELSE
        UPDATE head SET seq = NEW.seq, hash = NEW.hash
        WHERE school = NEW.school AND seq = NEW.seq - 1 AND hash = NEW.prev;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'an event that does not follow the end of its chain' USING ERRCODE = 'unique_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$
"""
# Runs with the rights of whoever writes: they cannot base an event on what they may not see.
FOLLOWS = """
CREATE FUNCTION pdsa_follows() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    past event%ROWTYPE;
    usual text;
    is_team boolean;
    is_coach boolean;
BEGIN
    SELECT * INTO past FROM event e
    WHERE e.entity = NEW.entity AND e.record = NEW.record AND e.version = NEW.version - 1;
    IF NEW.version < 1 OR (NEW.version > 1 AND past.version IS NULL) THEN
        RAISE EXCEPTION 'an event that does not follow the version before it' USING ERRCODE = 'check_violation';
    END IF;
    IF past.school <> NEW.school THEN
        RAISE EXCEPTION 'a record keeps its owner' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.body <> '' AND json_typeof(NEW.body::json) <> 'object' THEN
        RAISE EXCEPTION 'a body that holds no fields' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.school = '' OR NOT row_security_active('event') THEN
        RETURN NEW;
    END IF;
    is_team := EXISTS (SELECT 1 FROM member m
        WHERE m.db_user = current_user AND m.school = NEW.school AND m.role = 'team');
    is_coach := EXISTS (SELECT 1 FROM member m
        WHERE m.db_user = current_user AND m.school = NEW.school AND m.role = 'coach');
    usual := coalesce(past.visibility, CASE WHEN NEW.visibility = 'team' THEN 'team' ELSE 'coach' END);
    IF NOT is_team AND NEW.visibility <> usual AND NEW.entity <> 'person' THEN
        RAISE EXCEPTION 'a record is the team''s until the team shares it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT is_team AND NOT is_coach AND NEW.entity = 'ask' AND (NEW.body = '' OR
        NEW.body::jsonb - '{{response,responded_on}}'::text[] <> past.body::jsonb - '{{response,responded_on}}'::text[])
    THEN
        RAISE EXCEPTION 'others only answer an ask' USING ERRCODE = 'insufficient_privilege';
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
TABLES = ("event", "head", "member")
STATEMENTS = (
    GROUP,
    "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
    "CREATE TABLE member (db_user text NOT NULL, school text NOT NULL DEFAULT '', person text NOT NULL, "
    f"role text NOT NULL CHECK (role IN ({ANYBODY})), PRIMARY KEY (db_user, school))",
    "CREATE INDEX event_visibility ON event (visibility)",
    KEEP_ENDS,
    FOLLOWS,
    REFUSE,
    "REVOKE ALL ON FUNCTION pdsa_ends() FROM PUBLIC",
    "CREATE TRIGGER event_follows BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION pdsa_follows()",
    "CREATE TRIGGER event_ends AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION pdsa_ends()",
    "CREATE TRIGGER event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
    "FOR EACH STATEMENT EXECUTE FUNCTION pdsa_refuse()",
    "CREATE TRIGGER head_alone BEFORE INSERT OR UPDATE ON head FOR EACH STATEMENT "
    "WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pdsa_refuse()",  # only what keeps the ends writes them
    "CREATE TRIGGER head_kept BEFORE DELETE OR TRUNCATE ON head FOR EACH STATEMENT EXECUTE FUNCTION pdsa_refuse()",
    *(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in TABLES),
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES),
    f"CREATE POLICY reads ON event FOR SELECT USING ({READS})",
    f"CREATE POLICY writes ON event FOR INSERT WITH CHECK ({WRITES})",
    f"CREATE POLICY reads ON head FOR SELECT USING ({ENDS})",
    "CREATE POLICY keeps ON head TO CURRENT_USER USING (true) WITH CHECK (true)",
    "CREATE POLICY reads ON member FOR SELECT USING (db_user = current_user)",
    "CREATE POLICY keeps ON member TO CURRENT_USER USING (true) WITH CHECK (true)",
    "GRANT USAGE ON SCHEMA {schema} TO pdsa_member",
    "GRANT SELECT, INSERT ON event TO pdsa_member",
    "GRANT SELECT ON head, member, current, alembic_version TO pdsa_member",
)


def upgrade() -> None:
    """Make members, policies and triggers; SQLite knows no users, and has the permissions of its file."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        schema = str(bind.execute(text("SELECT quote_ident(current_schema())")).scalar())
        for statement in STATEMENTS:
            filled = statement.format(schema=schema) if "{schema}" in statement else statement
            op.execute(filled)
    else:
        op.execute("PRAGMA user_version = 3")
