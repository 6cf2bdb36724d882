-- kyukyu: checks every chain of the archive, in one statement, without our program. No row: nothing was changed.
--
--   psql -d audit -f archive-check.sql
--
-- The hash of an entry is SHA-256( "kyukyu-log-v1" NUL ‖ store id[16] ‖ seq[8] ‖ hash before[32] ‖ length[8] ‖ body ), see docs/log.md.
-- Entries that were removed at the end leave no trace here: compare max(seq) and its hash with a checkpoint or the station.

SELECT host, seq, fault
FROM (
    SELECT host, seq,
        CASE
            WHEN seq <> coalesce(lag(seq) OVER chain, 0) + 1
                THEN 'entries before it are missing'
            WHEN prev <> coalesce(lag(hash) OVER chain, decode(repeat('00', 32), 'hex'))
                THEN 'does not follow from the entry before'
            WHEN hash <> sha256(
                    decode('6b79756b79752d6c6f672d763100', 'hex')
                    || decode(host, 'hex')
                    || decode(lpad(to_hex(seq), 16, '0'), 'hex')
                    || prev
                    || decode(lpad(to_hex(length(body)), 16, '0'), 'hex')
                    || body)
                THEN 'was changed'
        END AS fault
    FROM kyukyu_log
    WINDOW chain AS (PARTITION BY host ORDER BY seq)
) AS checked
WHERE fault IS NOT NULL
ORDER BY host, seq;
