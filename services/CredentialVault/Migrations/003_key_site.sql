-- The site that an API key belongs to: part of what its ciphertext is sealed for, so that no edit of this column, nor
-- of another room's tables, sends it elsewhere. Null for refresh tokens, whose text names their site, and in rows that
-- are older than this column.
ALTER TABLE secrets ADD COLUMN site text;
