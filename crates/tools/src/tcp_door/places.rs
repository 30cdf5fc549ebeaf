//! Places at a door, counted in all and for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    /// All are taken.
    #[error("all places are taken")]
    All,
    /// This address has as many as one may have.
    #[error("its address has all places that one address may have")]
    Address,
}

/// The count.
pub(super) struct Places {
    most: usize,
    most_an_address: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

impl Places {
    pub(super) fn new(most: usize, most_an_address: usize) -> Arc<Self> {
        Arc::new(Self { most, most_an_address, taken: Mutex::default() })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn taken(&self) -> usize {
        self.counts().values().sum()
    }

    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let source = source(address);
        let mut taken = self.counts();
        if taken.values().sum::<usize>() >= self.most {
            return Err(Full::All);
        }
        let here = taken.entry(source).or_default();
        if *here >= self.most_an_address {
            return Err(Full::Address);
        }
        *here += 1;
        Ok(Place { places: self.clone(), source })
    }
}

/// One place; free again when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    source: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.counts();
        if let Some(here) = taken.get_mut(&self.source) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

/// What counts as one address: IPv4 itself, IPv6 the network that one host has to itself.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_leaves_places_for_others_and_gives_its_own_back() {
        let places = Places::new(3, 2);
        let first = places.take(at("192.0.2.1")).unwrap();
        let _second = places.take(at("::ffff:192.0.2.1")).unwrap();
        assert_eq!(places.take(at("192.0.2.1")).err(), Some(Full::Address));
        let _third = places.take(at("2001:db8::1")).unwrap();
        assert_eq!(places.take(at("192.0.2.2")).err(), Some(Full::All));
        drop(first);
        let _fourth = places.take(at("2001:db8::ffff:2")).unwrap();
        assert_eq!(places.taken(), 3);
        let places = Places::new(9, 1);
        let _one = places.take(at("2001:db8::1")).unwrap();
        assert_eq!(places.take(at("2001:db8::2")).err(), Some(Full::Address), "one host has the whole /64");
        assert!(places.take(at("2001:db8:0:1::1")).is_ok());
    }
}
