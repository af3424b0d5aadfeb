"""Which tables can be put under the law, and by which names; what cannot be is refused in words."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    # What a table is called in plans and ledger: with its schema, unless that is public; each name means one table.
    """CREATE FUNCTION leverframe.table_name(target regclass) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT CASE n.nspname WHEN 'public' THEN '' ELSE format('%I.', n.nspname) END || format('%I', c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target $$""",
    """CREATE FUNCTION leverframe.primary_key(target regclass) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(array_agg(a.attname::text ORDER BY k.place), '{}')
        FROM pg_index i CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = target AND i.indisprimary AND k.place <= i.indnkeyatts $$""",
    """CREATE FUNCTION leverframe.tells_apart(target regclass, key text[]) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM pg_index i
        WHERE i.indrelid = target AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (SELECT FROM unnest(i.indkey::int[]) WITH ORDINALITY AS k (attnum, place)
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
              WHERE k.place <= i.indnkeyatts AND (a.attname <> ALL (key) OR NOT a.attnotnull))) $$""",
    """CREATE FUNCTION leverframe.reference(target regclass, owner_column text, through regclass) RETURNS name
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT r.attname FROM pg_constraint c
        JOIN pg_attribute o ON o.attrelid = c.conrelid AND o.attname = owner_column AND c.conkey = ARRAY[o.attnum]
        JOIN pg_attribute r ON r.attrelid = c.confrelid AND c.confkey = ARRAY[r.attnum]
        WHERE c.contype = 'f' AND c.conrelid = target AND c.confrelid = through ORDER BY 1 LIMIT 1 $$""",
    # Out of the arguments of the triggers, each of which ends with a zero byte.
    r"""CREATE FUNCTION leverframe.protected() RETURNS TABLE (target regclass, name text, key text[], mark text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT t.tgrelid::regclass, a.said[1], a.said[2]::text[], nullif(a.said[5], '')
        FROM pg_trigger t CROSS JOIN LATERAL (
            SELECT array_agg(convert_from(decode(one, 'hex'), getdatabaseencoding()) ORDER BY place) AS said
            FROM string_to_table(regexp_replace(encode(t.tgargs, 'hex'), '(..)', '\1 ', 'g'), '00 ')
                WITH ORDINALITY AS p (one, place)) AS a
        WHERE t.tgfoid = 'leverframe.capture'::regproc AND t.tgparentid = 0 AND t.tgnargs = 5 $$""",
    # Which rows are the subject's, as PostgreSQL writes it back: by their own column, or as those that it refers to.
    """CREATE FUNCTION leverframe.own_rows(target regclass, owner_column text, through regclass) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT format(CASE a.atttypid WHEN 'varchar'::regtype THEN '((%I)::text %s)' ELSE '(%I %s)' END, a.attname,
            CASE WHEN through IS NULL THEN format('= ( SELECT leverframe.%1$s() AS %1$s)', CASE a.atttypid
                WHEN 'text'::regtype THEN 'subject' WHEN 'varchar'::regtype THEN 'subject'
                WHEN 'uuid'::regtype THEN 'subject_uuid' ELSE 'subject_bigint' END)
            ELSE (SELECT format('IN ( SELECT %I.%I FROM %s)', c.relname, r.refers_to, through)
                FROM leverframe.reference(target, owner_column, through) AS r (refers_to), pg_class c
                WHERE c.oid = through) END)
        FROM pg_attribute a WHERE a.attrelid = target AND a.attname = owner_column $$""",
    """CREATE FUNCTION leverframe.require_protectable(target regclass, owner_column text, key text[], changes text[],
        adds text[], reads text[], name text, mark text, through regclass)
    RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE
        known text[] := ARRAY(SELECT attname::text FROM pg_attribute
            WHERE attrelid = target AND attnum > 0 AND NOT attisdropped ORDER BY attnum);
        unknown text[] := ARRAY(SELECT DISTINCT c
            FROM unnest(key || changes || adds || reads || owner_column || mark) AS c
            WHERE c <> ALL (known) ORDER BY 1);
        fixed text[] := ARRAY(SELECT c FROM unnest(changes) AS c WHERE c = owner_column OR c = ANY (key));
        owner_type oid := (SELECT atttypid FROM pg_attribute WHERE attrelid = target AND attname = owner_column);
        why text;
    BEGIN
        why := CASE
            WHEN EXISTS (SELECT FROM pg_class WHERE oid = target AND (relkind NOT IN ('r', 'p') OR relispartition))
                OR EXISTS (SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                    WHERE target IN (i.inhparent, i.inhrelid) AND p.relkind = 'r')
                THEN 'it is not a table by itself; expected an ordinary table, or a partitioned one as a whole'
            WHEN unknown <> '{}' THEN format('it has no column %s; it has %s',
                array_to_string(unknown, ', '), array_to_string(known, ', '))
            WHEN owner_column IS NULL AND changes || adds <> '{}'
                THEN 'its rows belong to nobody, so they can be read and not changed; name the column that says whose '
                     'a row is'
            WHEN through IS NOT NULL AND leverframe.reference(target, owner_column, through) IS NULL
                THEN format('%s does not refer to %s by a foreign key of one column', owner_column, through)
            WHEN through IS NOT NULL AND NOT (
                    EXISTS (SELECT FROM pg_class WHERE oid = through AND relrowsecurity)
                    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = through AND polname = 'leverframe_only_own_rows')
                    AND has_column_privilege('leverframe_tools', through,
                        leverframe.reference(target, owner_column, through), 'SELECT'))
                THEN format('%s comes first: protect that, with %s among the columns that may be read', through,
                    leverframe.reference(target, owner_column, through))
            WHEN through IS NULL AND owner_type NOT IN ('text'::regtype, 'varchar'::regtype, 'uuid'::regtype,
                                                        'bigint'::regtype, 'integer'::regtype, 'smallint'::regtype)
                THEN format('%s is of type %s; whose a row is must be text, varchar, uuid or an integer',
                    owner_column, format_type(owner_type, NULL))
            WHEN EXISTS (SELECT FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
                    WHERE a.attrelid = target AND a.attname = owner_column AND NOT c.collisdeterministic)
                THEN format('%s takes different texts for equal (its collation), and so different people', owner_column)
            WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = mark
                    AND atttypid NOT IN ('text'::regtype, 'varchar'::regtype))
                THEN format('%s cannot hold the id of an action; expected text or varchar', mark)
            WHEN NOT leverframe.tells_apart(target, key)
                THEN format('%s does not tell its rows apart; expected the columns of a primary key or of a unique '
                            'index without nulls', coalesce(nullif(array_to_string(key, ', '), ''), 'nothing'))
            WHEN fixed <> '{}' THEN format('%s says which row it is, or whose, and cannot be a column that is changed',
                array_to_string(fixed, ', '))
            WHEN EXISTS (SELECT FROM leverframe.protected() p
                    WHERE p.name = require_protectable.name AND p.target <> require_protectable.target)
                THEN format('another table is called %s in plans already', name)
            WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'capture'
                    AND tgfoid <> 'leverframe.capture'::regproc)
                THEN 'it has a trigger capture of its own; rename that first'
            WHEN EXISTS (SELECT FROM pg_class WHERE oid = target AND NOT relrowsecurity)
                AND EXISTS (SELECT FROM pg_policy WHERE polrelid = target AND polname NOT LIKE 'leverframe\\_%')
                THEN 'it has policies of its own that are not in force, and would be; enable its row-level security, '
                     'or drop them, first'
        END;
        IF why IS NOT NULL THEN
            RAISE invalid_parameter_value USING MESSAGE = format('%s cannot be protected: %s', target, why);
        END IF;
    END $$""",
    """REVOKE ALL ON FUNCTION leverframe.table_name(regclass), leverframe.primary_key(regclass),
        leverframe.tells_apart(regclass, text[]), leverframe.protected(),
        leverframe.reference(regclass, text, regclass), leverframe.own_rows(regclass, text, regclass),
        leverframe.require_protectable(regclass, text, text[], text[], text[], text[], text, text, regclass)
        FROM PUBLIC""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
