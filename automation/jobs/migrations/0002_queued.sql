-- When a row was last put into the queue, so that one is found whose job was lost meanwhile.
ALTER TABLE irccpin_batch_rows ADD COLUMN queued_at BIGINT NOT NULL DEFAULT 0;
