-- migrate:up

-- Accesses that were joined before conversations followed left theirs behind: whoever wrote no longer finds them, and agents see
-- no address to answer to. They go to the access that stands now, through as many joinings as there were.
CREATE TEMPORARY TABLE left_behind ON COMMIT DROP AS
WITH RECURSIVE joining AS (
    SELECT e.customer_id AS joined, c.id AS customer_id
    FROM customer_event AS e
    INNER JOIN customer AS c ON public_id('cus', c.id) = e.facts ->> 'into'
    WHERE e.kind = 'customer.joined'
        -- Who took an access had proved its address: few identifiers are compared.
        AND c.id IN (SELECT p.customer_id FROM customer_event AS p WHERE p.kind = 'email.proved')
), followed AS (
    SELECT j.joined, j.customer_id, 1 AS steps FROM joining AS j
    UNION ALL
    SELECT f.joined, j.customer_id, f.steps + 1
    FROM followed AS f
    INNER JOIN joining AS j ON j.joined = f.customer_id
    WHERE f.steps < 100
)
SELECT DISTINCT ON (f.joined) f.joined, f.customer_id
FROM followed AS f
INNER JOIN customer AS c ON c.id = f.customer_id AND c.disabled_at IS NULL
INNER JOIN customer AS j ON j.id = f.joined AND j.disabled_at IS NOT NULL
ORDER BY f.joined, f.steps DESC;

-- A customer talks in one place at a time, and these talks ended with their sessions. What was said with the assistant alone
-- ends; a chat with people is answered by mail, whose subject is the customer's first words.
UPDATE conversation AS c SET state = 'ended', ended_by = 'customer', since = now()
FROM left_behind AS l
WHERE c.customer_id = l.joined AND c.channel <> 'form'
    AND (c.state = 'assistant' OR c.state <> 'ended' AND c.messages = 0);

UPDATE conversation AS c SET
    channel = 'form',
    subject = coalesce(
        (
            SELECT left(regexp_replace(m.text, '\s+', ' ', 'g'), 120) FROM conversation_message AS m
            WHERE m.conversation_id = c.id AND m.author = 'customer' ORDER BY m.number LIMIT 1
        ), ''
    )
FROM left_behind AS l
WHERE c.customer_id = l.joined AND c.channel <> 'form' AND c.state <> 'ended';

UPDATE conversation AS c SET customer_id = l.customer_id FROM left_behind AS l WHERE c.customer_id = l.joined;

-- migrate:down

-- Whose they were before is told by the events of the accesses; they are where their customers find them.
SELECT 1;
