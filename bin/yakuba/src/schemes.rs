//! The residents' half of あなたにお知らせサービス put together: what they register, schemes judged for them, why a notice came.

use std::sync::Arc;

use services::notices_for_you::schemes::reading::FromRegister;
use services::notices_for_you::schemes::work::{self, Facts};
use services::notices_for_you::schemes::{self, kept as judged};
use services::notices_for_you::wishes::{self, agreements, kept, told};
use services::notices_for_you::{campaigns, why};
use tools::consents::ConsentError;
use tools::portal::post::Desk;
use tools::portal::{Post, PostError};
use tools::{Inside, Outside};

/// Seconds between looks for people whose schemes must be judged.
pub const JUDGE_SECONDS: u64 = 2;

/// Who takes what the inside tells.
pub fn outside_desk(desk: Desk, outside: &Outside) -> Desk {
    let (telling, answering) = (outside.clone(), outside.clone());
    desk.on(schemes::SCHEMES, move |opened| judged::take(&telling, opened))
        .on(campaigns::why::ANSWER, move |opened| why::take_answer(&answering, opened))
}

/// Who takes what people registered.
pub fn inside_desk(desk: Desk, inside: &Inside) -> Desk {
    let registering = inside.clone();
    desk.on(wishes::WISHES, move |opened| told::take(&registering, opened))
}

/// What residents may agree to, as it is worded now.
///
/// # Errors
/// The database.
pub fn publish(outside: &Outside) -> Result<(), ConsentError> {
    let (seams, profile) = (outside.seams.clone(), outside.profile.clone());
    outside.store.write(move |tx| agreements::publish(tx, &seams, &profile))
}

/// What people did outside that the inside must know.
///
/// # Errors
/// What failed first; the next run goes on.
pub fn ask(outside: &Outside, post: &Arc<Post>) -> Result<(), PostError> {
    kept::send_untold(outside, post)?;
    why::send_questions(outside, post).map(drop)
}

/// Judges those who must be judged.
///
/// # Errors
/// What failed; the next run goes on.
pub fn judge(inside: &Inside, post: &Arc<Post>) -> Result<(), PostError> {
    let facts: Arc<dyn Facts> = Arc::new(FromRegister);
    work::step(inside, post, &facts).map(drop)
}
