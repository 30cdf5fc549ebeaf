//! The citizen portal put together: both ends of the post between the zones, and who takes which topic.

use std::sync::Arc;

use pki::sealed::SealingKey;
use store::StoreError;
use tools::audit::Zone;
use tools::disclosure::telling;
use tools::portal::post::Desk;
use tools::portal::{Post, PostError, arrivals, link};
use tools::signing::PublicKey;
use tools::{Inside, Outside, looked, representatives, self_information};

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
    disclosures_outside(city).on(link::STANDING, move |opened| arrivals::standing(&outside, opened))
}

/// Who looked, representatives and what is held, as told to the outside.
fn disclosures_outside(city: &OpenCity) -> Desk {
    let zone = || city.outside().clone();
    let (lines, proofs, answers, guardians, cuts, held) = (zone(), zone(), zone(), zone(), zone(), zone());
    Desk::default()
        .on(telling::LINES, move |opened| looked::take_lines(&lines, opened))
        .on(telling::PROOFS, move |opened| looked::take_proofs(&proofs, opened))
        .on(looked::objections::ANSWER, move |opened| looked::take_answer(&answers, opened))
        .on(representatives::GUARDIANSHIP, move |opened| representatives::take_guardianship(&guardians, opened))
        .on(representatives::CUT, move |opened| representatives::take_cut(&cuts, opened))
        .on(self_information::ANSWER, move |opened| self_information::take_answer(&held, opened))
}

/// Who takes what the outside asks the inside about an account.
pub fn inside_desk(city: &OpenCity, ends: &Ends) -> Desk {
    let (objections, questions) = (city.inside().clone(), city.inside().clone());
    let (mandates, post) = (city.inside().store.clone(), ends.inside.clone());
    Desk::default()
        .on(looked::objections::OBJECTION, move |opened| looked::objections::take(&objections, opened))
        .on(representatives::MANDATE, move |opened| representatives::guardians::take_mandate(&mandates, opened))
        .on(self_information::QUESTION, move |opened| self_information::take_question(&questions, &post, opened))
}

/// What the inside has to say about accounts by itself: who looked, and what became of guardians and objections.
///
/// # Errors
/// What failed first; the next run goes on.
pub fn tell(inside: &Inside, post: &Arc<Post>, key: PublicKey) -> Result<(), PostError> {
    let (store, seams) = (&inside.store, &inside.seams);
    representatives::guardians::watch(store, seams, post)?;
    representatives::guardians::send_untold(store, seams, post)?;
    telling::tell(store, seams, post)?;
    telling::prove(store, seams, post, key)?;
    looked::objections::send_answers(inside, post)?;
    Ok(())
}

/// What people did outside that the inside must know.
///
/// # Errors
/// What failed first; the next run goes on.
pub fn ask(outside: &Outside, post: &Arc<Post>) -> Result<(), PostError> {
    self_information::send_questions(&outside.store, &outside.seams, post)?;
    looked::send_objections(outside, post)?;
    representatives::send_untold(&outside.store, &outside.seams, post)?;
    Ok(())
}

/// Forgets what has had its time, outside.
///
/// # Errors
/// The database.
pub fn forget(outside: &Outside) -> Result<(), StoreError> {
    looked::sweep(&outside.store, &outside.seams)?;
    self_information::sweep(&outside.store, &outside.seams)?;
    let now = outside.seams.now();
    outside.store.write(move |tx| representatives::sweep(tx, now)).map(drop)
}
