-- The kit's tables, version 2: an offset remembers which cluster gave it out. Frozen, as version 1 is.

ALTER TABLE consumer_offset ADD COLUMN cluster TEXT;

COMMENT ON COLUMN consumer_offset.cluster IS 'the Kafka cluster that gave the offset out; empty: the present one';
