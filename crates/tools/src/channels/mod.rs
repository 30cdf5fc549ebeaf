//! How a person is told that something came (お知らせの伝え方): web push, e-mail, and adapters for SMS and LINE. Outside only.
//!
//! ```text
//!  mailbox, notices ─ hand_over (in the transaction of the cause) ─▶ intents
//!                        expand: wishes, addresses, quiet hours, digest ─▶ outbox, unique (campaign, person, channel)
//!                          claim (lease) ─▶ Teller: Teaser ─▶ push · e-mail · carrier ─▶ finish: counters, next try
//!  bounces ─▶ suppression          counters ─▶ kill switch pauses the campaign
//! ```
//! What is told is a teaser: a kind and a link (`messaging`). The letter itself stays where it was, and is there whether or not
//! anybody could be told. Told at least once: a process that dies between sending and writing so lets the lease run out, and
//! a push of the same topic replaces the first.

mod addresses;
mod bounces;
mod campaigns;
mod digests;
mod outbox;
mod teller;
mod wishes;

#[cfg(test)]
mod tests;

pub use addresses::{
    Address, AddressStatus, CODE_SECONDS, Confirmed, NotAdded, add_email, add_push, confirm_email, list, remove,
    set_notices, stop_by_token,
};
pub use bounces::{Bounced, take as take_bounce};
pub use campaigns::{
    CampaignCounters, CampaignState, Occasion, counters, hand_over, hand_over_all, pause, resume, said_irrelevant,
    withdraw,
};
pub use digests::{ToldTogether, told_together};
pub use outbox::{Happened, Recheck, Witness, Worked, claim_and_finish, expand, purge};
pub use teller::{MailMeans, MailSettings, Teller};
pub use wishes::{Chosen, read as read_wishes, write as write_wishes};

/// When a campaign stops itself.
pub use messaging::kill_switch;

use base::Kind;
use store::StoreError;
use store::sealing::SealError;

/// A way to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Web push to a browser.
    Push,
    /// E-mail.
    Email,
    /// Short message.
    Sms,
    /// LINE.
    Line,
}

impl Channel {
    /// All.
    pub const ALL: [Self; 4] = [Self::Push, Self::Email, Self::Sms, Self::Line];

    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Line => "line",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The person's key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A message could not be handed over.
    #[error(transparent)]
    Mail(#[from] messaging::email::SendFault),
    /// A defect: words or settings that make no message.
    #[error("a message could not be made: {0}")]
    Message(&'static str),
}

impl ChannelError {
    /// What it means to a caller.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Seal(_) | Self::Message(_) => Kind::Internal,
            Self::Mail(_) => Kind::Unavailable,
        }
    }
}
