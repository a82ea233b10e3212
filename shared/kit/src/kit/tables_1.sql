-- The kit's tables, version 1. Frozen: a change is a new file and a migration in every service that runs it.

CREATE TABLE applied (
  subject UUID NOT NULL,
  topic TEXT NOT NULL,
  last BIGINT NOT NULL,
  correlation_id UUID NOT NULL,
  PRIMARY KEY (subject, topic)
)
 WITH (fillfactor = 70);

COMMENT ON TABLE applied IS 'per foreign aggregate: the number of the last event that was applied or skipped';

CREATE TABLE consumer_offset (
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  next BIGINT NOT NULL,
  PRIMARY KEY (topic, partition)
)
 WITH (fillfactor = 50);

CREATE TABLE discarded_message (
  event_id UUID NOT NULL,
  recorded JSONB NOT NULL,
  reason TEXT NOT NULL,
  discarded_by TEXT NOT NULL,
  discarded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (event_id)
);

CREATE TABLE idempotency (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  digest BYTEA NOT NULL,
  status INTEGER,
  body BYTEA,
  headers JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (actor, key)
);

CREATE INDEX idempotency_created_at ON idempotency (created_at);

COMMENT ON TABLE idempotency IS 'answers of committed commands, so that a repeat gets the same one; kept 31 days';

CREATE TABLE inbox (
  event_id UUID NOT NULL,
  PRIMARY KEY (event_id)
);

COMMENT ON TABLE inbox IS 'events whose effect is committed; the id is a UUIDv7, so old ones are a range';

CREATE TABLE outbox (
  id BIGINT GENERATED ALWAYS AS IDENTITY (CACHE 1),
  event_id UUID NOT NULL,
  type TEXT NOT NULL,
  subject UUID NOT NULL,
  sequence BIGINT NOT NULL,
  correlation_id UUID NOT NULL,
  causation_id UUID NOT NULL,
  actor TEXT NOT NULL,
  traceparent TEXT,
  recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  value BYTEA NOT NULL CONSTRAINT outbox_value_fits CHECK (octet_length(value) < 900000),
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX outbox_correlation ON outbox (correlation_id);

CREATE UNIQUE INDEX outbox_subject_sequence ON outbox (subject, sequence);

CREATE INDEX outbox_xid ON outbox (xid);

COMMENT ON TABLE outbox IS 'append-only: what the relay sends, and the history to replay from';

CREATE TABLE parked_key (
  topic TEXT NOT NULL,
  subject UUID NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  parked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (topic, subject)
);

COMMENT ON TABLE parked_key IS 'keys whose next event could not be applied; without next_attempt_at somebody has to look';

CREATE TABLE parked_message (
  topic TEXT NOT NULL,
  subject UUID NOT NULL,
  sequence BIGINT NOT NULL,
  recorded JSONB NOT NULL,
  PRIMARY KEY (topic, subject, sequence)
);

CREATE TABLE relay_cursor (
  one BOOLEAN DEFAULT true NOT NULL CONSTRAINT relay_cursor_is_one CHECK (one),
  epoch BIGINT DEFAULT 0 NOT NULL,
  snapshot TEXT NOT NULL,
  moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (one)
)
 WITH (fillfactor = 50);

COMMENT ON TABLE relay_cursor IS 'everything visible in this snapshot has been acknowledged by Kafka';

CREATE TABLE replay (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  subject UUID,
  from_time TIMESTAMP WITH TIME ZONE,
  to_time TIMESTAMP WITH TIME ZONE,
  last_id BIGINT DEFAULT 0 NOT NULL,
  sent BIGINT DEFAULT 0 NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id)
);

COMMENT ON TABLE replay IS 'requests to send history again, with the same event ids';

CREATE TABLE stream (
  subject UUID NOT NULL,
  last BIGINT NOT NULL,
  correlation_id UUID NOT NULL,
  PRIMARY KEY (subject)
)
 WITH (fillfactor = 70);

COMMENT ON TABLE stream IS 'per aggregate: the number of its last event, and the loop it belongs to';

CREATE TABLE timer (
  kind TEXT NOT NULL,
  subject UUID NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  reason TEXT,
  PRIMARY KEY (kind, subject)
);

CREATE INDEX timer_due_at ON timer (due_at);
