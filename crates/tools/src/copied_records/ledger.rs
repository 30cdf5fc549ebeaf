//! Where it is written down how far a copy stands: its feed (one row), and its loads (one row each), as SQL.
//!
//! Family registers came first and have tables of their own; the other kinds share two, with a word for the kind. What is
//! said to either is the same text.

/// The statements about one kind's feed and loads. Made by [`ledger!`] alone.
pub struct Ledger {
    pub(crate) feed: &'static str,
    pub(crate) freshness: &'static str,
    pub(crate) raise_source_position: &'static str,
    pub(crate) heartbeat: &'static str,
    pub(crate) renew: &'static str,
    pub(crate) advance: &'static str,
    pub(crate) show: &'static str,
    pub(crate) change_source: &'static str,
    pub(crate) shown_load: &'static str,
    pub(crate) open_loads: &'static str,
    pub(crate) last_generation: &'static str,
    pub(crate) begin: &'static str,
    pub(crate) abandon: &'static str,
    pub(crate) resume: &'static str,
    pub(crate) settle: &'static str,
    pub(crate) note_switch: &'static str,
    pub(crate) mark_replaced: &'static str,
    pub(crate) stale: &'static str,
    pub(crate) mark_swept: &'static str,
}

/// The [`Ledger`] of a kind: `ledger!(shared "seals")`, or with tables of its own and their word for the count.
macro_rules! ledger {
    (shared $kind:literal) => {
        $crate::copied_records::ledger::ledger!(
            "record_copy_feed",
            "record_copy_runs",
            "records",
            concat!("kind = '", $kind, "'"),
            ", kind",
            concat!(", '", $kind, "'")
        )
    };
    (own $feed:literal, $loads:literal, $count:literal) => {
        $crate::copied_records::ledger::ledger!($feed, $loads, $count, "TRUE", "", "")
    };
    ($feed:literal, $loads:literal, $count:literal, $of:expr, $column:literal, $word:expr) => {
        $crate::copied_records::ledger::Ledger {
            feed: concat!("SELECT generation, source, position FROM ", $feed, " WHERE ", $of),
            freshness: concat!("SELECT position, source_position, heartbeat, received FROM ", $feed, " WHERE ", $of),
            raise_source_position: concat!(
                "UPDATE ",
                $feed,
                " SET source_position = $1 WHERE source_position < $1 AND ",
                $of
            ),
            heartbeat: concat!(
                "UPDATE ",
                $feed,
                " SET source = $1, heartbeat = $2, received = $3 ",
                "WHERE (heartbeat IS NULL OR heartbeat < $2) AND ",
                $of
            ),
            renew: concat!(
                "UPDATE ",
                $feed,
                " SET heartbeat = $1, received = $1 ",
                "WHERE generation > 0 AND (heartbeat IS NULL OR heartbeat < $1) AND ",
                $of
            ),
            advance: concat!("UPDATE ", $feed, " SET position = $1 WHERE ", $of),
            show: concat!("UPDATE ", $feed, " SET generation = $1, position = $2 WHERE ", $of),
            change_source: concat!(
                "UPDATE ",
                $feed,
                " SET source = $1, source_position = $2, heartbeat = NULL WHERE ",
                $of
            ),
            shown_load: concat!(
                "SELECT ",
                $count,
                ", refused FROM ",
                $loads,
                " WHERE state = 'switched' AND generation = $1 AND fingerprint = $2 AND ",
                $of
            ),
            open_loads: concat!(
                "SELECT id, generation, fingerprint FROM ",
                $loads,
                " WHERE state IN ('staging', 'refused') AND ",
                $of
            ),
            last_generation: concat!("SELECT MAX(generation) FROM ", $loads, " WHERE ", $of),
            begin: concat!(
                "INSERT INTO ",
                $loads,
                " (id, fingerprint, generation, state, source, position, started_at, ",
                $count,
                ", refused",
                $column,
                ") VALUES ($1, $2, $3, 'staging', $4, $5, $6, 0, 0",
                $word,
                ")"
            ),
            abandon: concat!("UPDATE ", $loads, " SET state = 'abandoned' WHERE id = $1"),
            resume: concat!("UPDATE ", $loads, " SET state = 'staging' WHERE id = $1"),
            settle: concat!(
                "UPDATE ",
                $loads,
                " SET state = $1, ",
                $count,
                " = $2, refused = $3 WHERE id = $4 AND state = 'staging'"
            ),
            note_switch: concat!("UPDATE ", $loads, " SET switched_at = $1 WHERE id = $2"),
            mark_replaced: concat!(
                "UPDATE ",
                $loads,
                " SET state = 'replaced' WHERE generation = $1 AND state = 'switched' AND ",
                $of
            ),
            stale: concat!("SELECT generation FROM ", $loads, " WHERE state IN ('replaced', 'abandoned') AND ", $of),
            mark_swept: concat!("UPDATE ", $loads, " SET state = 'swept' WHERE generation = $1 AND ", $of),
        }
    };
}
pub(crate) use ledger;
