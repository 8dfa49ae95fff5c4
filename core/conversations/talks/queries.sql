-- name: lock_customer
-- Primary key: what one customer writes takes turns. None where their access was joined into another one meanwhile.
SELECT id FROM customer WHERE id = $1 AND disabled_at IS NULL FOR UPDATE;

-- name: lately_written
-- Index conversation_customer. $1 customer, $2 since when: how many forms, and the moment of the first.
SELECT count(*) AS forms, min(made_at) AS first FROM conversation
WHERE customer_id = $1 AND made_at > $2 AND channel = 'form';

-- name: lately_said
-- Indexes conversation_customer and the primary key of messages. $1 customer, $2 since when.
SELECT count(*) FROM conversation c JOIN conversation_message m ON m.conversation_id = c.id
WHERE c.customer_id = $1 AND m.author = 'customer' AND m.at > $2;

-- name: answer_by_mail
-- Primary key, on a row that is locked. A chat has no subject; its mail needs one, and has the customer's first words.
UPDATE conversation SET
    channel = 'form',
    subject = coalesce(
        (
            SELECT left(regexp_replace(m.text, '\s+', ' ', 'g'), 120) FROM conversation_message m
            WHERE m.conversation_id = $1 AND m.author = 'customer' ORDER BY m.number LIMIT 1
        ), ''
    )
WHERE id = $1;

-- name: give_conversations
-- Index conversation_customer. $1 whose they were, $2 whose they are now.
UPDATE conversation SET customer_id = $2 WHERE customer_id = $1;

-- name: own_order
-- Primary key, within the customer's addresses.
SELECT reference FROM purchase_order WHERE id = $1 AND email_key = ANY($2::text[]);

-- name: open_talk
-- Index conversation_open: there is one at most.
SELECT id, channel, state, messages FROM conversation
WHERE customer_id = $1 AND channel <> 'form' AND state <> 'ended' FOR UPDATE;

-- name: add_conversation
INSERT INTO conversation (customer_id, channel, state, since, subject, order_id, locale, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $4) RETURNING id;

-- name: lock_conversation
-- Primary key; two who act on it take turns.
SELECT c.id, c.customer_id, c.channel, c.state, c.taken_by, c.messages, c.locale, c.subject
FROM conversation c WHERE c.id = $1 FOR UPDATE;

-- name: add_message
-- The conversation is locked. Primary key: a number is said once.
INSERT INTO conversation_message (conversation_id, number, author, agent_id, text, sources, at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: count_message
-- Primary key, on a row that is locked. $3 whose message it is: they have done typing.
UPDATE conversation
SET messages = $2,
    customer_typed_at = CASE WHEN $3 = 'customer' THEN NULL ELSE customer_typed_at END,
    agent_typed_at = CASE WHEN $3 = 'agent' THEN NULL ELSE agent_typed_at END
WHERE id = $1;

-- name: make_form
-- Primary key, on a row that is locked: what was said with the assistant goes to people.
UPDATE conversation SET channel = 'form', state = 'waiting', since = $2, subject = $3, order_id = $4 WHERE id = $1;

-- name: take
-- Primary key, on a row that is locked.
UPDATE conversation SET state = 'taken', taken_by = $2, since = $3 WHERE id = $1;

-- name: give_back
-- Primary key, on a row that is locked.
UPDATE conversation SET state = 'waiting', taken_by = NULL, since = $2 WHERE id = $1;

-- name: end
-- Primary key, on a row that is locked.
UPDATE conversation SET state = 'ended', ended_by = $2, since = $3 WHERE id = $1;

-- name: of_customer
-- Index conversation_customer.
SELECT id, channel, state, subject, made_at, messages FROM conversation
WHERE customer_id = $1 ORDER BY made_at DESC LIMIT 20;

-- name: one_of_customer
-- Primary key, within what is the customer's.
SELECT c.id, c.channel, c.state, c.subject, c.made_at, c.order_id, a.name AS taken_by_name
FROM conversation c LEFT JOIN agent a ON a.id = c.taken_by
WHERE c.id = $1 AND c.customer_id = $2;

-- name: messages
-- Primary key: those after a number.
SELECT m.number, m.author, m.text, m.sources, m.at, a.name AS agent_name
FROM conversation_message m LEFT JOIN agent a ON a.id = m.agent_id
WHERE m.conversation_id = $1 AND m.number > $2 ORDER BY m.number LIMIT 500;

-- name: one
-- Primary key.
SELECT c.id, c.channel, c.state, c.subject, c.since, c.made_at, c.locale, c.messages, c.customer_id, u.name AS customer_name,
       e.email, c.order_id, o.reference, c.taken_by, a.name AS taken_by_name,
       (SELECT left(m.text, 120) FROM conversation_message m WHERE m.conversation_id = c.id AND m.author = 'customer'
        ORDER BY m.number LIMIT 1) AS first
FROM conversation c
JOIN customer u ON u.id = c.customer_id
JOIN customer_email e ON e.customer_id = c.customer_id AND e.is_main
LEFT JOIN purchase_order o ON o.id = c.order_id
LEFT JOIN agent a ON a.id = c.taken_by
WHERE c.id = $1;

-- name: standing
-- Index conversation_state, the longest first. $1 state, $2 moment and $3 conversation after which, $4 limit.
SELECT c.id, c.channel, c.state, c.subject, c.since, c.messages, c.customer_id, u.name AS customer_name, e.email, c.taken_by,
       a.name AS taken_by_name,
       (SELECT left(m.text, 120) FROM conversation_message m WHERE m.conversation_id = c.id AND m.author = 'customer'
        ORDER BY m.number LIMIT 1) AS first
FROM conversation c
JOIN customer u ON u.id = c.customer_id
JOIN customer_email e ON e.customer_id = c.customer_id AND e.is_main
LEFT JOIN agent a ON a.id = c.taken_by
WHERE c.state = $1 AND c.channel <> 'assistant' AND ($2::timestamptz IS NULL OR (c.since, c.id) > ($2, $3))
ORDER BY c.since, c.id LIMIT $4;

-- name: ended
-- Index conversation_state, read backwards: the latest first. $1 state, $2 moment and $3 conversation before which, $4 limit.
SELECT c.id, c.channel, c.state, c.subject, c.since, c.messages, c.customer_id, u.name AS customer_name, e.email, c.taken_by,
       a.name AS taken_by_name,
       (SELECT left(m.text, 120) FROM conversation_message m WHERE m.conversation_id = c.id AND m.author = 'customer'
        ORDER BY m.number LIMIT 1) AS first
FROM conversation c
JOIN customer u ON u.id = c.customer_id
JOIN customer_email e ON e.customer_id = c.customer_id AND e.is_main
LEFT JOIN agent a ON a.id = c.taken_by
WHERE c.state = $1 AND c.channel <> 'assistant' AND ($2::timestamptz IS NULL OR (c.since, c.id) < ($2, $3))
ORDER BY c.since DESC, c.id DESC LIMIT $4;

-- name: colleagues
-- Primary keys.
SELECT id, name FROM agent WHERE id = ANY($1::uuid[]) ORDER BY name, id LIMIT 200;

-- name: make_chat
-- Primary key, on a row that is locked: what was said with the assistant goes to people.
UPDATE conversation SET channel = 'chat', state = 'waiting', since = $2, customer_seen_at = $2 WHERE id = $1;

-- name: customer_there
-- Primary key, within what is the customer's; a moment that is younger than five seconds stays, of typing than two, however
-- often it is said. $2 whether they type.
UPDATE conversation SET customer_seen_at = $3::timestamptz, customer_typed_at = CASE WHEN $2 THEN $3::timestamptz ELSE customer_typed_at END
WHERE id = $1 AND state IN ('waiting', 'taken')
  AND (($2 AND (customer_typed_at IS NULL OR customer_typed_at < $3::timestamptz - interval '2 seconds'))
       OR customer_seen_at IS NULL OR customer_seen_at < $3::timestamptz - interval '5 seconds');

-- name: agent_there
-- Primary key, while the agent has it; a moment stays as long as a customer's. $2 whether they type, $4 agent.
UPDATE conversation SET agent_seen_at = $3::timestamptz, agent_typed_at = CASE WHEN $2 THEN $3::timestamptz ELSE agent_typed_at END
WHERE id = $1 AND state = 'taken' AND taken_by = $4
  AND (($2 AND (agent_typed_at IS NULL OR agent_typed_at < $3::timestamptz - interval '2 seconds'))
       OR agent_seen_at IS NULL OR agent_seen_at < $3::timestamptz - interval '5 seconds');

-- name: standing_of
-- Primary key. $2: that of its customer, where a customer asks.
SELECT c.state, c.channel, c.customer_seen_at, c.agent_seen_at, c.customer_typed_at, c.agent_typed_at, c.taken_by,
       a.name AS taken_by_name
FROM conversation c LEFT JOIN agent a ON a.id = c.taken_by
WHERE c.id = $1 AND ($2::uuid IS NULL OR c.customer_id = $2);
