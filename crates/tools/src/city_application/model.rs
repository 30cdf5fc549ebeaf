//! Where a card stands with the city's application, and what may follow; no database, no card.
//!
//! ```text
//!  (nothing) ─load─► loading ─finish─► ready ─update─► updating ─finish─► ready ─delete─► deleting ─► ended
//!                      └── roll back ──► deleting ◄── roll back ──┘
//! ```
//! A card that is taken away half-way stays where it stands. Whoever puts it down again goes on, or takes it back.

/// Where a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Being loaded; half-way until it is finished.
    Loading,
    /// In use.
    Ready,
    /// Keys or files are being renewed.
    Updating,
    /// Being erased.
    Deleting,
    /// Erased for good.
    Ended,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Loading, Self::Ready, Self::Updating, Self::Deleting, Self::Ended];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Updating => "updating",
            Self::Deleting => "deleting",
            Self::Ended => "ended",
        }
    }

    /// The one with this stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether a write was begun and not finished.
    pub const fn is_half(self) -> bool {
        matches!(self, Self::Loading | Self::Updating | Self::Deleting)
    }

    /// Where it stands when `deed` is begun; `None` when that may not follow.
    pub const fn begin(self, deed: Deed) -> Option<Self> {
        match (self, deed) {
            (Self::Loading, Deed::Load) => Some(Self::Loading),
            (Self::Ready | Self::Updating, Deed::Update) => Some(Self::Updating),
            // Whatever is half-way may be taken back.
            (Self::Loading | Self::Ready | Self::Updating | Self::Deleting, Deed::Delete) => Some(Self::Deleting),
            _ => None,
        }
    }

    /// Where it stands when `deed` came to its end; `None` when it was not begun.
    pub const fn finish(self, deed: Deed) -> Option<Self> {
        match (self, deed) {
            (Self::Loading, Deed::Load) | (Self::Updating, Deed::Update) => Some(Self::Ready),
            (Self::Deleting, Deed::Delete) => Some(Self::Ended),
            _ => None,
        }
    }
}

/// What is done with a card at the loading place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Put the application onto it and make it the person's.
    Load,
    /// Renew keys and numbers.
    Update,
    /// Erase the application for good.
    Delete,
}

/// What lies on the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// The application is not on the card.
    Nothing,
    /// It was erased.
    Erased,
    /// A card of this city, and what is kept of it; `None`: it knows our keys, but we know no such number.
    Ours(Option<Standing>),
}

impl Found {
    /// What may be done with such a card.
    pub fn deeds(self) -> Vec<Deed> {
        match self {
            Self::Nothing | Self::Erased => vec![Deed::Load],
            // Whose it is nobody knows: nothing is done with it.
            Self::Ours(None) => Vec::new(),
            Self::Ours(Some(standing)) => [Deed::Load, Deed::Update, Deed::Delete]
                .into_iter()
                .filter(|deed| standing.begin(*deed).is_some())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn deed() -> impl Strategy<Value = Deed> {
        prop_oneof![Just(Deed::Load), Just(Deed::Update), Just(Deed::Delete)]
    }

    proptest! {
        /// Each deed is begun and, unless it is cut, finished; whatever was cut, the card can still be brought to an end.
        #[test]
        fn no_cut_leaves_a_card_nobody_can_mend(deeds in proptest::collection::vec((deed(), any::<bool>()), 0..12)) {
            let mut standing = Standing::Loading;
            for (deed, is_cut) in deeds {
                let Some(begun) = standing.begin(deed) else { continue };
                standing = if is_cut { begun } else { begun.finish(deed).expect("what was begun is finished") };
                prop_assert_eq!(standing.is_half(), is_cut || standing == Standing::Loading);
                prop_assert!(standing == Standing::Ended || standing.begin(Deed::Delete).is_some(), "it can be taken back");
                // What was cut may be begun again.
                if is_cut {
                    prop_assert_eq!(standing.begin(deed), Some(standing));
                }
            }
        }
    }

    #[test]
    fn what_is_erased_or_unknown_is_not_written_to() {
        assert!(Deed::Load == Found::Nothing.deeds()[0] && Found::Ours(None).deeds().is_empty());
        assert!(Found::Ours(Some(Standing::Ended)).deeds().is_empty());
        assert!(Standing::ALL.into_iter().all(|one| Standing::from_word(one.word()) == Some(one)));
        assert!(Standing::ALL.into_iter().all(|one| one.finish(Deed::Update).is_none() || one == Standing::Updating));
    }
}
