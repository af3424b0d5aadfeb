"""Puts a table under the law: whose rows the tools see, what they may change, and that each change is captured.

``leverframe.protection`` says what of it is missing, with the statement that adds it; ``leverframe.protect`` does it.
Both take the table, the column that says whose a row is (null: nobody's, to be read by all), the key by which plans
name a row (left out: the primary key), the columns that may be changed, those that a new row is given (with the
owner's, which need not be named), those that may be read (left out: all), the table's name in plans, if another than
``leverframe.table_name`` says, the column in which a row names the action that changed it, for audits to compare, and
the protected table to which the owner's column refers, where a row is whose that table's row is.
The owner of the table runs it, as a member of ``leverframe_owner`` too.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

ARGUMENTS = """target regclass, owner_column text, key text[] DEFAULT NULL, changes text[] DEFAULT '{}',
        adds text[] DEFAULT '{}', reads text[] DEFAULT NULL, name text DEFAULT NULL, mark text DEFAULT NULL,
        through regclass DEFAULT NULL"""
PASSED = "target, owner_column, key, changes, adds, reads, name, mark, through"
TYPES = "regclass, text, text[], text[], text[], text[], text, text, regclass"

STATEMENTS = (
    # As 'UPDATE status', and 'UPDATE *' for what is granted on the table as a whole.
    """CREATE FUNCTION leverframe.granted(target regclass, grantee oid) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(array_agg(g.privilege_type || ' ' || g.attname ORDER BY 1), '{}') FROM (
        SELECT a.grantee, a.privilege_type, '*' AS attname FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = target
        UNION ALL SELECT a.grantee, a.privilege_type, t.attname FROM pg_attribute t, aclexplode(t.attacl) a
        WHERE t.attrelid = target AND NOT t.attisdropped) AS g WHERE g.grantee = granted.grantee $$""",
    f"""CREATE FUNCTION leverframe.protection({ARGUMENTS}) RETURNS TABLE (missing text, statement text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE
        known text[] := ARRAY(SELECT attname::text FROM pg_attribute
            WHERE attrelid = target AND attnum > 0 AND NOT attisdropped ORDER BY attnum);
        row_key text[] := coalesce(key, leverframe.primary_key(target));
        added text[] := CASE WHEN adds = '{{}}' THEN adds ELSE ARRAY(
            SELECT c FROM unnest(known) AS c WHERE c = owner_column OR c = ANY (adds)) END;
        read text[] := coalesce(reads, known);
        told text := coalesce(name, leverframe.table_name(target));
        -- Of points in time, only what a tool sets is part of a plan.
        moments text[] := ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = target
            AND atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype) AND attname = ANY (changes || adds)
            ORDER BY attnum);
        about record;
        own text;
        wanted text[]; granted text[]; everybodys text[];
        -- As PostgreSQL writes them back, so that what stands can be compared.
        trigger_now text := (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = target
            AND tgname = 'capture' AND tgenabled IN ('O', 'A'));
        trigger_due text := format('CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON %s FOR EACH ROW WHEN '
            '((SESSION_USER = ''leverframe_tools''::name)) EXECUTE FUNCTION leverframe.capture(%L, %L, %L, %L, %L)',
            target, told, row_key, coalesce(CASE WHEN through IS NULL THEN owner_column END, ''), moments,
            coalesce(mark, ''));
    BEGIN
        PERFORM leverframe.require_protectable(target, owner_column, row_key, changes, adds, read, told, mark, through);
        own := leverframe.own_rows(target, owner_column, through);
        SELECT n.nspname, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
            c.relowner = 'leverframe_owner'::regrole AS ours
            INTO about FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
        RETURN QUERY SELECT format('%s may not use the schema %s', login, about.nspname),
            format('GRANT USAGE ON SCHEMA %I TO %s', about.nspname, login)
            FROM unnest(ARRAY['leverframe_tools', CASE WHEN mark IS NOT NULL THEN 'leverframe_auditor' END]) AS login
            WHERE NOT has_schema_privilege(login, about.nspname, 'USAGE');
        IF owner_column IS NOT NULL THEN
            -- Whoever else has rights to the table keeps them. Nobody works as leverframe_owner but our own functions,
            -- which are to be bound.
            RETURN QUERY SELECT 'everybody else would see nothing',
                format('CREATE POLICY leverframe_others ON %s USING (true) WITH CHECK (true)', target)
                WHERE NOT about.ours AND NOT about.secured
                  AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = target AND polname = 'leverframe_others');
            -- The second holds whatever other policies allow.
            RETURN QUERY SELECT format('leverframe_tools is not kept to the rows of its subject (%s)', due.name),
                CASE WHEN p.polname IS NOT NULL THEN format('DROP POLICY %I ON %s; ', due.name, target) ELSE '' END
                || format('CREATE POLICY %I ON %s AS %s TO leverframe_tools USING %s WITH CHECK %s',
                    due.name, target, due.kind, own, own)
                FROM (VALUES ('leverframe_own_rows', 'PERMISSIVE'), ('leverframe_only_own_rows', 'RESTRICTIVE'))
                    AS due (name, kind)
                LEFT JOIN pg_policy p ON p.polrelid = target AND p.polname = due.name
                CROSS JOIN LATERAL (SELECT regexp_replace(pg_get_expr(p.polqual, target), '[[:space:]]+', ' ', 'g'),
                    regexp_replace(pg_get_expr(p.polwithcheck, target), '[[:space:]]+', ' ', 'g'),
                    regexp_replace(own, '[[:space:]]+', ' ', 'g')) AS squeezed (used, checked, due)
                WHERE (p.polpermissive, p.polcmd, p.polroles, squeezed.used,
                       squeezed.checked) IS DISTINCT FROM (
                       due.kind = 'PERMISSIVE', '*'::"char", ARRAY['leverframe_tools'::regrole::oid],
                       squeezed.due, squeezed.due);
            RETURN QUERY SELECT 'row-level security is off', format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target)
                WHERE NOT about.secured;
            RETURN QUERY SELECT 'leverframe_owner is not bound by row-level security',
                format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target) WHERE about.ours AND NOT about.forced;
        END IF;
        RETURN QUERY SELECT 'changes are not captured as said',
            format('DROP TRIGGER IF EXISTS capture ON %s; %s', target, trigger_due)
            WHERE trigger_now IS DISTINCT FROM trigger_due;
        wanted := ARRAY(SELECT 'SELECT ' || c FROM unnest(read) AS c
            UNION SELECT 'UPDATE ' || c FROM unnest(changes) AS c
            UNION SELECT 'INSERT ' || c FROM unnest(added) AS c ORDER BY 1);
        granted := leverframe.granted(target, 'leverframe_tools'::regrole);
        IF NOT (granted @> wanted AND wanted @> granted) THEN
            RETURN QUERY SELECT format('leverframe_tools may %s; it should %s',
                    coalesce(nullif(array_to_string(granted, ', '), ''), 'nothing'),
                    coalesce(nullif(array_to_string(wanted, ', '), ''), 'nothing')),
                format('REVOKE ALL ON %s FROM leverframe_tools', target) || coalesce((
                    SELECT format('; GRANT %s ON %s TO leverframe_tools', string_agg(
                        g.privilege || ' (' || array_to_string(ARRAY(SELECT quote_ident(c) FROM unnest(g.columns) AS c),
                            ', ') || ')', ', '), target)
                    FROM (VALUES ('SELECT', read), ('UPDATE', changes), ('INSERT', added)) AS g (privilege, columns)
                    WHERE g.columns <> '{{}}'), '');
        END IF;
        IF mark IS NOT NULL THEN
            RETURN QUERY SELECT 'audits would see no row', format(
                'CREATE POLICY leverframe_marks ON %s FOR SELECT TO leverframe_auditor USING (true)', target)
                WHERE owner_column IS NOT NULL
                  AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = target AND polname = 'leverframe_marks');
            RETURN QUERY SELECT format('leverframe_auditor may not read %s', string_agg(c, ', ')),
                format('GRANT SELECT (%s) ON %s TO leverframe_auditor', string_agg(quote_ident(c), ', '), target)
                FROM unnest(row_key || mark) AS c
                WHERE NOT has_column_privilege('leverframe_auditor', target, c, 'SELECT') HAVING count(*) > 0;
        END IF;
        -- What everybody may, the tools may too; that is not ours to take.
        everybodys := ARRAY(SELECT DISTINCT kind || ' ' || c FROM unnest(leverframe.granted(target, 0)) AS one,
            split_part(one, ' ', 1) AS kind, unnest(known) AS c
            WHERE substring(one FROM length(kind) + 2) IN ('*', c) AND kind || ' ' || c <> ALL (wanted) ORDER BY 1);
        RETURN QUERY SELECT format(
            'everybody (PUBLIC) may %s, and so may the tools; take that back, or name the columns',
            array_to_string(everybodys, ', ')), NULL::text WHERE everybodys <> '{{}}';
    END $$""",  # noqa: S608
    f"""CREATE FUNCTION leverframe.protect({ARGUMENTS}) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE one record; BEGIN
        FOR one IN SELECT * FROM leverframe.protection({PASSED})
                WHERE statement IS NOT NULL LOOP
            EXECUTE one.statement;
        END LOOP;
        FOR one IN SELECT * FROM leverframe.protection({PASSED}) LOOP
            RAISE insufficient_privilege USING MESSAGE = format('%s is not protected: %s', target, one.missing);
        END LOOP;
    END $$""",  # noqa: S608
    # Which rows name an action, or this one; read with the rights of whoever asks.
    """CREATE FUNCTION leverframe.marks(of_action text) RETURNS TABLE (action_id text, table_name text, key jsonb)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE one record; BEGIN
        FOR one IN SELECT * FROM leverframe.protected() p WHERE p.mark IS NOT NULL ORDER BY p.name LOOP
            RETURN QUERY EXECUTE format('SELECT %1$I::text, %2$L, jsonb_build_object(%3$s) FROM %4$s
                WHERE %1$I IS NOT NULL AND ($1 IS NULL OR %1$I = $1)', one.mark, one.name,
                (SELECT string_agg(format('%1$L, leverframe.exact(to_jsonb(%1$I))', c), ', ')
                    FROM unnest(one.key) AS c), one.target) USING of_action;
        END LOOP;
    END $$""",
    f"""REVOKE ALL ON FUNCTION leverframe.granted(regclass, oid), leverframe.protection({TYPES}),
        leverframe.protect({TYPES}), leverframe.marks(text) FROM PUBLIC""",
    """GRANT EXECUTE ON FUNCTION leverframe.marks(text), leverframe.protected(), leverframe.exact(jsonb)
        TO leverframe_auditor""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
