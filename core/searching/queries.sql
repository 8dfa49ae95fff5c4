-- Search. The scope is asked of the directory as it stands; search_entry only proposes. OFFSET 0 keeps the planner
-- from hashing every store of the country for the few that are found.

-- name: begin
-- The words of a query as the index holds them, and how long each statement of the session may take, in one round trip.
-- $1 query, $2 milliseconds.
SELECT plain_words($1) AS words, set_config('statement_timeout', $2, false) AS timeout;

-- name: end
-- To what the pool asked for when it connected.
RESET ALL;

-- name: found_by_identifier
-- GIN search_entry_identifiers of each kind's partition.
-- $1 scope, $2 kinds, $3 identifiers, $4 rows a kind, $5 one kind by its $6 id.
SELECT x.kind, x.target_id, x.title, x.detail, x.store_id, x.company_id
FROM unnest($2::text[]) AS k (kind)
CROSS JOIN LATERAL (
    SELECT e.kind, e.target_id, e.title, e.detail, e.store_id, e.company_id
    FROM search_entry e
    LEFT JOIN LATERAL (
        SELECT o.id, o.department, o.company_id FROM store o WHERE o.id = e.store_id OFFSET 0
    ) s ON true
    WHERE e.kind = k.kind
      AND (e.identifiers && $3::text[] OR (e.kind = $5::text AND e.target_id = $6::uuid))
      AND CASE
          WHEN e.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, e.service)
          ELSE sees($1::area[], NULL, NULL, e.company_id, NULL)
              OR (e.company_id IS NOT NULL AND EXISTS (
                  SELECT FROM store o
                  WHERE o.company_id = e.company_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
              OR (e.company_id IS NULL AND EXISTS (
                  SELECT FROM company c JOIN store o ON o.company_id = c.id
                  WHERE c.account_id = e.account_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
      END
    ORDER BY e.title, e.target_id
    LIMIT $4
) x;

-- name: owners_of_places
-- Primary keys: the companies and accounts of a scope's stores and companies. $1 stores, $2 companies.
SELECT coalesce(array_agg(DISTINCT c.id), '{}') AS companies, coalesce(array_agg(DISTINCT c.account_id), '{}') AS accounts
FROM (SELECT unnest($2::uuid[]) AS id UNION SELECT s.company_id FROM store s WHERE s.id = ANY($1::uuid[])) AS own
JOIN company c ON c.id = own.id;

-- name: found_by_words
-- GIN search_entry_words, one kind's partition after the other: a statement for each would take longer to plan than to
-- run. What begins with the words comes first, then short titles: the nearest to what was typed. A narrow scope goes by
-- search_entry_departments, _of_store, _of_company, _of_account where that is less: its own must be among the candidates.
-- $1 scope, $2 kinds, $3 to $6 patterns, $7 candidates a kind, $8 pattern of a beginning, $9 rows a kind,
-- $10 whether the scope has no places; $11 departments, $12 stores, $13 companies, $14 accounts of it, NULL for none.
SELECT x.kind, x.target_id, x.title, x.detail, x.store_id, x.company_id
FROM unnest($2::text[]) AS k (kind)
CROSS JOIN LATERAL (
    WITH matched AS MATERIALIZED (
        SELECT e.target_id, e.title, e.detail, e.words, e.store_id, e.company_id, e.account_id, e.service
        FROM search_entry e
        WHERE e.kind = k.kind AND e.words LIKE $3 AND e.words LIKE $4 AND e.words LIKE $5 AND e.words LIKE $6
          AND ($10 OR e.departments && $11::text[] OR e.store_id = ANY($12::uuid[]) OR e.company_id = ANY($13::uuid[])
               OR e.account_id = ANY($14::uuid[]))
        LIMIT $7
    )
    SELECT k.kind, m.target_id, m.title, m.detail, m.store_id, m.company_id
    FROM matched m
    LEFT JOIN LATERAL (
        SELECT o.id, o.department, o.company_id FROM store o WHERE o.id = m.store_id OFFSET 0
    ) s ON true
    WHERE CASE
        WHEN m.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, m.service)
        ELSE sees($1::area[], NULL, NULL, m.company_id, NULL)
            OR (m.company_id IS NOT NULL AND EXISTS (
                SELECT FROM store o
                WHERE o.company_id = m.company_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
            OR (m.company_id IS NULL AND EXISTS (
                SELECT FROM company c JOIN store o ON o.company_id = c.id
                WHERE c.account_id = m.account_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
    END
    ORDER BY m.words LIKE $8 DESC, length(m.title), m.title, m.target_id
    LIMIT $9
) x;

-- name: ask_likeness
-- What the session takes for alike: 0 to 1, as text.
SELECT set_config('pg_trgm.word_similarity_threshold', $1, false);

-- name: found_by_likeness
-- GIN search_entry_names by word similarity, whose threshold the session sets: likeness is of names alone.
-- All kinds are named beside each one, so that the partitions of others are not planned.
-- $1 scope, $2 kinds, $3 words, $4 candidates a kind, $5 rows a kind.
SELECT x.kind, x.target_id, x.title, x.detail, x.store_id, x.company_id
FROM unnest($2::text[]) AS k (kind)
CROSS JOIN LATERAL (
    WITH matched AS MATERIALIZED (
        SELECT e.target_id, e.title, e.detail, e.names, e.store_id, e.company_id, e.account_id, e.service
        FROM search_entry e
        WHERE $3 <% e.names AND e.kind = k.kind AND e.kind = ANY($2::text[])
        LIMIT $4
    )
    SELECT k.kind, m.target_id, m.title, m.detail, m.store_id, m.company_id
    FROM matched m
    LEFT JOIN LATERAL (
        SELECT o.id, o.department, o.company_id FROM store o WHERE o.id = m.store_id OFFSET 0
    ) s ON true
    WHERE CASE
        WHEN m.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, m.service)
        ELSE sees($1::area[], NULL, NULL, m.company_id, NULL)
            OR (m.company_id IS NOT NULL AND EXISTS (
                SELECT FROM store o
                WHERE o.company_id = m.company_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
            OR (m.company_id IS NULL AND EXISTS (
                SELECT FROM company c JOIN store o ON o.company_id = c.id
                WHERE c.account_id = m.account_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
    END
    ORDER BY word_similarity($3, m.names) DESC, length(m.title), m.title, m.target_id
    LIMIT $5
) x;

-- name: found_by_likeness_of_places
-- The same in a narrow scope. Likeness takes microseconds a row: what is elsewhere is left out before it is
-- asked, by search_entry_departments or as the first condition; few stores go by their own indexes.
-- $6 departments, $7 stores, $8 companies, $9 accounts, NULL for none.
SELECT x.kind, x.target_id, x.title, x.detail, x.store_id, x.company_id
FROM unnest($2::text[]) AS k (kind)
CROSS JOIN LATERAL (
    WITH matched AS MATERIALIZED (
        SELECT u.* FROM (
            SELECT e.target_id, e.title, e.detail, e.names, e.store_id, e.company_id, e.account_id, e.service
            FROM search_entry e
            WHERE e.departments && $6::text[] AND $3 <% e.names AND e.kind = k.kind AND e.kind = ANY($2::text[])
            UNION
            SELECT e.target_id, e.title, e.detail, e.names, e.store_id, e.company_id, e.account_id, e.service
            FROM search_entry e
            WHERE (e.store_id = ANY($7::uuid[]) OR e.company_id = ANY($8::uuid[]) OR e.account_id = ANY($9::uuid[]))
              AND $3 <% e.names AND e.kind = k.kind AND e.kind = ANY($2::text[])
        ) u
        LIMIT $4
    )
    SELECT k.kind, m.target_id, m.title, m.detail, m.store_id, m.company_id
    FROM matched m
    LEFT JOIN LATERAL (
        SELECT o.id, o.department, o.company_id FROM store o WHERE o.id = m.store_id OFFSET 0
    ) s ON true
    WHERE CASE
        WHEN m.store_id IS NOT NULL THEN sees($1::area[], s.department, s.id, s.company_id, m.service)
        ELSE sees($1::area[], NULL, NULL, m.company_id, NULL)
            OR (m.company_id IS NOT NULL AND EXISTS (
                SELECT FROM store o
                WHERE o.company_id = m.company_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
            OR (m.company_id IS NULL AND EXISTS (
                SELECT FROM company c JOIN store o ON o.company_id = c.id
                WHERE c.account_id = m.account_id AND sees($1::area[], o.department, o.id, o.company_id, NULL)))
    END
    ORDER BY word_similarity($3, m.names) DESC, length(m.title), m.title, m.target_id
    LIMIT $5
) x;

-- name: transactions_by_key
-- Indexes of attempt_key, newest first, then the primary key of attempt; what has no keys yet is the end of
-- attempt's own primary key, read backwards to a bound. The store decides first, then rows are looked up, newest first,
-- until there are enough.
-- $1 scope, $2 last four, $3 stan, $4 approval code, $5 amount, $6 candidates a key, $7 rows read at the end, $8 rows.
WITH candidate AS MATERIALIZED (
    (SELECT k.attempt_id, k.business_date, k.store_id FROM attempt_key k
     WHERE k.card_last_four = $2 ORDER BY k.attempt_id DESC LIMIT $6)
    UNION
    (SELECT k.attempt_id, k.business_date, k.store_id FROM attempt_key k
     WHERE k.stan = $3 ORDER BY k.attempt_id DESC LIMIT $6)
    UNION
    (SELECT k.attempt_id, k.business_date, k.store_id FROM attempt_key k
     WHERE k.approval_code = $4 AND k.approval_code <> '' ORDER BY k.attempt_id DESC LIMIT $6)
    UNION
    (SELECT k.attempt_id, k.business_date, k.store_id FROM attempt_key k
     WHERE k.amount_minor = $5 ORDER BY k.attempt_id DESC LIMIT $6)
    UNION
    (SELECT n.id, n.business_date, n.store_id FROM (
        SELECT a.id, a.business_date, a.store_id, a.card_last_four, a.stan, a.approval_code, a.amount_minor
        FROM attempt a
        WHERE a.id > (SELECT p.attempt_id FROM key_position p)
        ORDER BY a.id DESC LIMIT $7
    ) n
    WHERE n.card_last_four = $2 OR n.stan = $3 OR n.approval_code = $4 OR n.amount_minor = $5)
)
SELECT a.id, a.kind, a.state, a.amount_minor, a.currency, a.received_at, a.card_last_four, t.terminal, s.name AS store_name,
       s.time_zone, CASE WHEN a.card_last_four = $2 THEN 'last_four' WHEN a.approval_code = $4 THEN 'approval_code'
            WHEN a.stan = $3 THEN 'stan' ELSE 'amount' END AS match
FROM (SELECT f.attempt_id, f.business_date, f.store_id FROM candidate f ORDER BY f.attempt_id DESC OFFSET 0) c
LEFT JOIN LATERAL (
    SELECT o.id, o.name, o.department, o.company_id, o.time_zone FROM store o WHERE o.id = c.store_id OFFSET 0
) s ON true
CROSS JOIN LATERAL (
    SELECT n.id, n.kind, n.state, n.amount_minor, n.currency, n.received_at, n.card_last_four, n.approval_code, n.stan,
           n.terminal_id
    FROM attempt n
    WHERE sees($1::area[], s.department, s.id, s.company_id, NULL)
      AND n.id = c.attempt_id AND n.business_date = c.business_date OFFSET 0
) a
LEFT JOIN LATERAL (
    SELECT e.terminal, v.kind FROM terminal e LEFT JOIN service v ON v.id = e.service_id WHERE e.id = a.terminal_id OFFSET 0
) t ON true
WHERE sees($1::area[], s.department, s.id, s.company_id, t.kind)
ORDER BY c.attempt_id DESC
LIMIT $8;

-- name: transactions_between
-- Primary key by a range: a reference, or one id. $1 scope, $2 lowest, $3 highest, $4 rows.
SELECT a.id, a.kind, a.state, a.amount_minor, a.currency, a.received_at, a.card_last_four, t.terminal, s.name AS store_name,
       s.time_zone, 'reference' AS match
FROM attempt a
LEFT JOIN terminal t ON t.id = a.terminal_id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
WHERE a.id BETWEEN $2 AND $3 AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
ORDER BY a.id DESC
LIMIT $4;

-- name: transactions_of_terminal
-- Unique index on terminal.terminal, then attempt_once by its first column.
-- $1 scope, $2 terminal, $3 stan, $4 rows.
SELECT a.id, a.kind, a.state, a.amount_minor, a.currency, a.received_at, a.card_last_four, t.terminal, s.name AS store_name,
       s.time_zone, 'stan' AS match
FROM terminal t
JOIN attempt a ON a.terminal_id = t.id
LEFT JOIN service v ON v.id = t.service_id
LEFT JOIN store s ON s.id = a.store_id
WHERE t.terminal = $2 AND a.stan = $3 AND sees($1::area[], s.department, s.id, s.company_id, v.kind)
ORDER BY a.id DESC
LIMIT $4;

-- name: copy_keys
-- Primary key of attempt from the last copied on; one worker at a time, by the lock on the position.
-- $1 highest id, $2 rows.
WITH held AS MATERIALIZED (
    SELECT p.attempt_id FROM key_position p FOR UPDATE
), fresh AS MATERIALIZED (
    SELECT a.id, a.business_date, a.store_id, a.stan, a.amount_minor, a.card_last_four, a.approval_code,
           CASE WHEN a.state = :State.DECLINED THEN a.reason ELSE 0 END AS decline_reason
    FROM attempt a
    WHERE a.id > (SELECT h.attempt_id FROM held h) AND a.id < $1
    ORDER BY a.id LIMIT $2
), kept AS (
    INSERT INTO attempt_key (
        attempt_id, business_date, store_id, stan, amount_minor, card_last_four, approval_code, decline_reason
    )
    SELECT f.id, f.business_date, f.store_id, f.stan, f.amount_minor, f.card_last_four, f.approval_code,
           f.decline_reason
    FROM fresh f
    ON CONFLICT (attempt_id) DO NOTHING
), moved AS (
    UPDATE key_position SET attempt_id = (SELECT f.id FROM fresh f ORDER BY f.id DESC LIMIT 1)
    WHERE EXISTS (SELECT FROM fresh)
)
SELECT count(*)::int FROM fresh;

-- name: copy_late_keys
-- What was recorded under an identifier that the copy above had passed, once its row says what it will say; then forgotten.
-- late_attempt is nearly empty; the attempt by its primary key. $1 how long a row may change, in seconds.
WITH due AS MATERIALIZED (
    SELECT o.attempt_id FROM late_attempt AS o
    INNER JOIN attempt AS a ON a.id = o.attempt_id AND a.business_date = o.business_date
    WHERE o.recorded_at < clock_timestamp() - $1::integer * interval '1 second' AND a.state <> :State.SENT
    LIMIT 1000
    FOR UPDATE OF o SKIP LOCKED
), settled AS (
    DELETE FROM late_attempt AS l USING due WHERE l.attempt_id = due.attempt_id
    RETURNING l.attempt_id, l.business_date
)
INSERT INTO attempt_key (
    attempt_id, business_date, store_id, stan, amount_minor, card_last_four, approval_code, decline_reason
)
SELECT
    a.id, a.business_date, a.store_id, a.stan, a.amount_minor, a.card_last_four, a.approval_code,
    CASE WHEN a.state = :State.DECLINED THEN a.reason ELSE 0 END
FROM settled AS s
INNER JOIN attempt AS a ON a.id = s.attempt_id AND a.business_date = s.business_date
ON CONFLICT (attempt_id) DO NOTHING;

-- name: prune_keys
-- Primary key. Keys of attempts whose partition has been put away; without an attempt that they could find.
WITH due AS MATERIALIZED (
    SELECT k.attempt_id FROM attempt_key k WHERE k.attempt_id < $1 ORDER BY k.attempt_id LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM attempt_key USING due WHERE attempt_key.attempt_id = due.attempt_id;

-- name: oldest_attempt
-- Primary keys of the partitions, merged: one row of each. None at all: nothing is known to have been put away.
SELECT id FROM attempt ORDER BY id LIMIT 1;
