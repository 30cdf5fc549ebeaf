//! The citizen portal put together: both ends of the post between the zones, and who takes which topic.

use std::sync::Arc;

use pki::sealed::SealingKey;
use tools::audit::Zone;
use tools::portal::post::Desk;
use tools::portal::{Post, arrivals, link};

use crate::city::OpenCity;
use crate::fail::Failure;
use crate::keys::CityKeys;

/// Both ends of the post.
#[derive(Clone)]
pub struct Ends {
    /// Sends to the outside; opens what comes from there.
    pub inside: Arc<Post>,
    /// Sends to the inside; opens what comes from there.
    pub outside: Arc<Post>,
}

impl Ends {
    /// With the city's keys.
    ///
    /// # Errors
    /// A key cannot be copied.
    pub fn new(keys: &CityKeys) -> Result<Self, Failure> {
        let copy = |key: &SealingKey| {
            SealingKey::from_bytes(&key.to_bytes())
                .map_err(Failure::while_doing(base::Kind::Internal, "a key for messages cannot be used"))
        };
        let inside = Post::new(Zone::Outside, vec![copy(&keys.inside_post)?], keys.outside_post.public().clone());
        let outside = Post::new(Zone::Inside, vec![copy(&keys.outside_post)?], keys.inside_post.public().clone());
        Ok(Self { inside: Arc::new(inside), outside: Arc::new(outside) })
    }
}

/// Who takes what the inside tells the outside about an account.
pub fn outside_desk(city: &OpenCity) -> Desk {
    let outside = city.outside().clone();
    Desk::default().on(link::STANDING, move |opened| arrivals::standing(&outside, opened))
}

/// Who takes what the outside asks the inside about an account.
pub fn inside_desk(_city: &OpenCity, _ends: &Ends) -> Desk {
    Desk::default()
}

/// Seconds between roots over the evidence of letters: a minute, as the records promise.
pub const EVIDENCE_SECONDS: u64 = 60;
/// Seconds between looks for statutory letters nobody opened, for what need not be kept, and for letters in the folder.
pub const LETTERS_SECONDS: u64 = 60;

/// Sends what dispatches may send now, as long as there is something.
///
/// # Errors
/// The databases, in words.
pub fn send_letters(inside: &tools::Inside, post: &Post) -> Result<(), String> {
    while tools::dispatch::work::step(inside, post).map_err(|error| error.to_string())? > 0 {}
    Ok(())
}

/// What comes to the mailbox of the outside: personal parts; statutory letters whose day has passed; what need not be kept.
///
/// # Errors
/// The databases, in words.
pub fn look_after_letters(outside: &tools::Outside) -> Result<(), String> {
    let (seams, today) = (outside.seams.clone(), outside.seams.today());
    let tell = move |tx: &mut store::Tx<'_>| tools::mailbox::arrivals::tell_unopened(tx, &seams, today);
    outside.store.write::<_, tools::relay::RelayError, _>(tell).map_err(|error| error.to_string())?;
    let now = outside.seams.now();
    let sweep = move |tx: &mut store::Tx<'_>| tools::mailbox::retention::sweep(tx, now);
    outside.store.write::<_, store::StoreError, _>(sweep).map(drop).map_err(|error| error.to_string())
}
