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
