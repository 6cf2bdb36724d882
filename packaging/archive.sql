-- kyukyu: the archive of the log on PostgreSQL 11 or later, and on engines that speak its wire protocol.
--
--   psql -v ON_ERROR_STOP=1 -d audit -f archive.sql
--
-- Run once by an administrator of the database, whom the stations do not know. Every station is a row owner by its
-- store id ("host"); several hospitals may share one table. The canonical bytes stand in "body"; for people:
--   SELECT seq, convert_from(body, 'UTF8')::json -> 'act' ->> 'kind' FROM kyukyu_log WHERE host = '…' ORDER BY seq;

CREATE TABLE kyukyu_log (
    host varchar(32) NOT NULL CHECK (length(host) = 32), -- id of the store, hexadecimal
    seq  bigint      NOT NULL CHECK (seq > 0),           -- number of the entry, from 1, without gaps
    prev bytea       NOT NULL CHECK (length(prev) = 32), -- hash of the entry before; zeros before the first
    hash bytea       NOT NULL CHECK (length(hash) = 32), -- its own
    body bytea       NOT NULL CHECK (length(body) <= 7168),
    PRIMARY KEY (host, seq),
    UNIQUE (host, prev)                                  -- a history does not branch
);

-- Signed checkpoints (C2SP signed notes): what proves later that nothing before them was changed.
CREATE TABLE kyukyu_checkpoint (
    host varchar(32) NOT NULL CHECK (length(host) = 32),
    size bigint      NOT NULL CHECK (size > 0),
    note text        NOT NULL,
    PRIMARY KEY (host, size)
);

-- What a station may do: add, and read back what it needs to compare. It cannot read bodies, so a station that was taken
-- over learns nothing of other hospitals, and it cannot UPDATE, DELETE or TRUNCATE. (CockroachDB knows no privileges
-- of columns: there, GRANT SELECT ON both tables.)
CREATE ROLE kyukyu_ship NOLOGIN;
GRANT INSERT ON kyukyu_log, kyukyu_checkpoint TO kyukyu_ship;
GRANT SELECT (host, seq, prev, hash) ON kyukyu_log TO kyukyu_ship;
GRANT SELECT (host, size, note) ON kyukyu_checkpoint TO kyukyu_ship;

-- One login for each station, for example:
--   CREATE ROLE kyukyu_er1 LOGIN IN ROLE kyukyu_ship PASSWORD '…';   -- or without one, with a client certificate
