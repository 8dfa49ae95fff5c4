-- migrate:up
-- What a customer and we say to each other: a form that was written, questions to the assistant, a chat with an agent.
CREATE TABLE conversation (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    customer_id uuid NOT NULL REFERENCES customer (id),
    channel text NOT NULL CHECK (channel IN ('form', 'assistant', 'chat')),
    state text NOT NULL CHECK (state IN ('assistant', 'waiting', 'taken', 'ended')),
    since timestamptz NOT NULL, -- in this state
    subject text NOT NULL DEFAULT '' CHECK (length(subject) <= 120),
    order_id uuid REFERENCES purchase_order (id), -- that it is about, where the customer said so
    locale text NOT NULL CHECK (locale IN ('fr', 'en')),
    made_at timestamptz NOT NULL,
    taken_by uuid REFERENCES agent (id),
    ended_by text CHECK (ended_by IN ('customer', 'agent')),
    messages smallint NOT NULL DEFAULT 0 CHECK (messages BETWEEN 0 AND 500), -- the number of the last one
    CONSTRAINT conversation_taken CHECK (state <> 'taken' OR taken_by IS NOT NULL),
    CONSTRAINT conversation_ended CHECK ((state = 'ended') = (ended_by IS NOT NULL)),
    CONSTRAINT conversation_assistant CHECK (state <> 'assistant' OR channel = 'assistant')
);
CREATE INDEX conversation_customer ON conversation (customer_id, made_at DESC);
CREATE INDEX conversation_state ON conversation (state, since, id);
-- A customer talks in one place at a time; forms are as many as they are written.
CREATE UNIQUE INDEX conversation_open ON conversation (customer_id) WHERE channel <> 'form' AND state <> 'ended';

-- Messages in their order. The assistant names what each of its own says it from.
CREATE TABLE conversation_message (
    conversation_id uuid NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    number smallint NOT NULL CHECK (number BETWEEN 1 AND 500),
    author text NOT NULL CHECK (author IN ('customer', 'assistant', 'agent')),
    agent_id uuid REFERENCES agent (id),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    sources jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(sources) = 'array'),
    at timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, number),
    CONSTRAINT conversation_message_agent CHECK ((author = 'agent') = (agent_id IS NOT NULL))
);

SELECT allow_at_first('conversations.read', '{hotline,back_office,supervisor,administrator}');
SELECT allow_at_first('conversations.answer', '{hotline,back_office,supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('conversations.read', 'conversations.answer');
DELETE FROM founding_permission WHERE permission IN ('conversations.read', 'conversations.answer');
DROP TABLE conversation_message;
DROP TABLE conversation;
