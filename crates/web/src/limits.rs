//! How often one may knock: token buckets by class of route and by who knocks.
//!
//! Buckets are kept by address **and** by account, so that nobody can use up somebody else's: a stranger who tries an
//! account a thousand times empties the bucket of their own address only. There is no lock-out of accounts at all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use base::Timestamp;

/// What is being limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Reading public pages.
    PublicRead,
    /// Sending something without being known: uploads, sign-in attempts.
    PublicWrite,
    /// Machines.
    Kiosk,
    /// Whatever comes from one address by the kiosk protocol: a centre speaks for many machines, each of which has its own
    /// bucket besides.
    Centre,
    /// Residents in the portal.
    Resident,
    /// Whatever comes from one address of other systems: a server of private apps there speaks for many residents, and each app
    /// has its own bucket besides; another office's system has a long key.
    AppServer,
    /// One private app.
    DataApp,
    /// Trying a password or a code: by account and address together, and by account for browsers nobody knows.
    Password,
    /// Signed-in staff.
    Staff,
    /// Messages of the other zone.
    Relay,
}

/// Who is being limited.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Knocker {
    /// A network address (IPv6: its /64).
    Address([u8; 8]),
    /// An account or terminal already known.
    Known(String),
}

impl Knocker {
    /// The bucket of an address. A household or office has one IPv6 /64, so that is one knocker.
    pub fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let mut key = [0; 8];
                key[4..].copy_from_slice(&v4.octets());
                Self::Address(key)
            }
            IpAddr::V6(v6) => {
                let mut key = [0; 8];
                key.copy_from_slice(&v6.octets()[..8]);
                Self::Address(key)
            }
        }
    }

    /// What stands for the address; `None` of somebody known otherwise.
    pub const fn bytes(&self) -> Option<&[u8; 8]> {
        match self {
            Self::Address(key) => Some(key),
            Self::Known(_) => None,
        }
    }
}

/// One bucket's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests at once.
    pub burst: u32,
    /// Requests a minute after that.
    pub per_minute: u32,
}

struct Bucket {
    /// Thousandths of a request left.
    milli: i64,
    at: Timestamp,
}

/// Buckets of one process. Bounded: when full, the fullest (that is, idle) ones are forgotten.
pub struct Limits {
    rate: fn(Class) -> Option<Rate>,
    buckets: Mutex<HashMap<(Class, Knocker), Bucket>>,
}

/// Buckets kept at most: about 10 MB.
const MOST_BUCKETS: usize = 100_000;

impl Limits {
    /// The usual rates. An office's many people share one address, so public reading is wide.
    pub fn usual() -> Self {
        Self::with(|class| {
            Some(match class {
                Class::PublicRead => Rate { burst: 600, per_minute: 1200 },
                Class::PublicWrite => Rate { burst: 30, per_minute: 30 },
                Class::Kiosk => Rate { burst: 240, per_minute: 600 },
                Class::Centre => Rate { burst: 2000, per_minute: 60_000 },
                Class::Resident => Rate { burst: 120, per_minute: 240 },
                Class::AppServer => Rate { burst: 600, per_minute: 6000 },
                Class::DataApp => Rate { burst: 300, per_minute: 1200 },
                Class::Password => Rate { burst: 10, per_minute: 2 },
                Class::Staff => Rate { burst: 120, per_minute: 300 },
                Class::Relay => Rate { burst: 2000, per_minute: 60_000 },
            })
        })
    }

    /// Wide ones for a demo, where everybody comes from one machine, tests included.
    pub fn demo() -> Self {
        Self::with(|_| Some(Rate { burst: 3000, per_minute: 30_000 }))
    }

    /// No limits, for benches.
    pub fn none() -> Self {
        Self::with(|_| None)
    }

    /// Own rates.
    pub fn with(rate: fn(Class) -> Option<Rate>) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one; otherwise the seconds until the next may be taken.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn take(&self, class: Class, knocker: Knocker, now: Timestamp) -> Result<(), u64> {
        let Some(rate) = (self.rate)(class) else { return Ok(()) };
        let full = i64::from(rate.burst) * 1000;
        // The map's state is sound between any two lines, so a poisoned lock may be used on.
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| now.seconds_since(bucket.at) < 60);
        }
        let bucket = buckets.entry((class, knocker)).or_insert(Bucket { milli: full, at: now });
        // A clock that ran backwards gives nothing back and takes nothing away.
        let passed = (now.micros() - bucket.at.micros()).clamp(0, 3_600_000_000);
        bucket.milli = (bucket.milli + passed.saturating_mul(i64::from(rate.per_minute)) / 60_000).min(full);
        bucket.at = now;
        if bucket.milli >= 1000 {
            bucket.milli -= 1000;
            return Ok(());
        }
        let missing = 1000 - bucket.milli;
        Err((missing * 60 / (i64::from(rate.per_minute.max(1)) * 1000)).max(1).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_a_minute() -> Limits {
        Limits::with(|_| Some(Rate { burst: 3, per_minute: 3 }))
    }

    fn from(last: u8) -> Knocker {
        Knocker::address(IpAddr::from([203, 0, 113, last]))
    }

    #[test]
    fn a_fourth_knock_waits_and_time_gives_it_back() {
        let limits = three_a_minute();
        let start = Timestamp::from_seconds(1_000_000);
        for _ in 0..3 {
            assert_eq!(limits.take(Class::PublicWrite, from(1), start), Ok(()));
        }
        assert!(limits.take(Class::PublicWrite, from(1), start).is_err());
        assert_eq!(limits.take(Class::PublicWrite, from(1), start.plus_seconds(20)), Ok(()));
    }

    #[test]
    fn nobody_uses_up_another_ones_bucket() {
        let limits = three_a_minute();
        let now = Timestamp::from_seconds(1_000_000);
        for _ in 0..100 {
            let _ = limits.take(Class::PublicWrite, from(1), now);
        }
        assert_eq!(limits.take(Class::PublicWrite, from(2), now), Ok(()));
        assert_eq!(limits.take(Class::Staff, Knocker::Known("an account".to_owned()), now), Ok(()));
    }

    #[test]
    fn a_clock_that_runs_backwards_gives_nothing() {
        let limits = three_a_minute();
        let now = Timestamp::from_seconds(1_000_000);
        for _ in 0..3 {
            let _ = limits.take(Class::Staff, from(1), now);
        }
        assert!(limits.take(Class::Staff, from(1), now.plus_seconds(-3600)).is_err());
    }
}
