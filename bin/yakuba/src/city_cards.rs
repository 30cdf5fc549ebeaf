//! Cards of the city put together: who takes which topic about them, and the examples of a demo.

use std::sync::Arc;

use base::Kind;
use services::city_cards::{CardsError, examples, kept, portal};
use tools::city_application::emergency::portal as emergency;
use tools::portal::post::Desk;
use tools::portal::{Post, PostError};
use tools::{Inside, Outside};

use crate::fail::Failure;

/// Who takes what the inside tells of a person's cards.
pub fn outside_desk(desk: Desk, outside: &Outside) -> Desk {
    let (told, emergency, cards) = (outside.clone(), outside.clone(), outside.clone());
    desk.on(portal::ANSWER, move |opened| portal::CARDS.take_answer(&told, opened))
        .on(emergency::ANSWER, move |opened| emergency::OWN.take_answer(&emergency, opened))
        .on(emergency::CARDS, move |opened| emergency::take_cards(&cards, opened))
}

/// Who takes what a person asks and wants of their cards.
pub fn inside_desk(desk: Desk, inside: &Inside, post: &Arc<Post>) -> Desk {
    let (asked, asked_post) = (inside.clone(), post.clone());
    let (wished, wished_post) = (inside.clone(), post.clone());
    let (own, own_post) = (inside.clone(), post.clone());
    let (chosen, chosen_post) = (inside.clone(), post.clone());
    desk.on(emergency::QUESTION, move |opened| emergency::take_question(&own, &own_post, opened))
        .on(emergency::WISH, move |opened| emergency::take_wish(&chosen, &chosen_post, opened))
        .on(portal::QUESTION, move |opened| portal::take_question(&asked, &asked_post, opened))
        .on(portal::WISH, move |opened| portal::take_wish(&wished, &wished_post, opened))
}

/// Tells the portal on which cards an emergency card stands, after the desk wrote or erased.
///
/// # Errors
/// What failed, in words; the next run goes on.
pub fn tell(inside: &Inside, post: &Arc<Post>) -> Result<(), String> {
    emergency::send_cards(inside, post).map(drop).map_err(|error| error.to_string())
}

/// What people asked outside that the inside must know.
///
/// # Errors
/// What failed; the next run goes on.
pub fn ask(outside: &Outside, post: &Arc<Post>) -> Result<(), PostError> {
    portal::send_questions(outside, post)?;
    emergency::send_questions(outside, post).map(drop)
}

/// The examples, in force: a demo has no two persons yet.
///
/// # Errors
/// The database.
pub fn seed_demo(inside: &Inside) -> Result<(), Failure> {
    let seams = inside.seams.clone();
    inside
        .store
        .write::<_, CardsError, _>(move |tx| {
            examples::all().iter().try_for_each(|(key, example)| kept::seed_demo(tx, &seams, key, example))
        })
        .map_err(Failure::while_doing(Kind::Unavailable, "the sample cards of the city cannot be written"))
}
