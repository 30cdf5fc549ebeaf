//! The law of taps without PIN (かざし利用) as data: 公的個人認証法 38条の4, 施行規則 64条の12.
//!
//! A pure decision: who stands where, with what, and what was proved. What is not in the text of the law is named as an
//! open question beside the rule that would change with its answer.

/// Who can see what happens where a terminal stands (規則 64条の12第2項). Staff declare it; nobody declared is nobody there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// Nobody watches: a door, a gate, a return box.
    Unattended,
    /// The card is shown to staff, face to face.
    FaceToFace,
    /// The city manages the place, and staff can see what happens there at that moment.
    Watched,
}

impl Attendance {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unattended, Self::FaceToFace, Self::Watched];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unattended => "unattended",
            Self::FaceToFace => "face_to_face",
            Self::Watched => "watched",
        }
    }

    /// The attendance with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Key of the words shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unattended => "credential-attendance-unattended",
            Self::FaceToFace => "credential-attendance-face-to-face",
            Self::Watched => "credential-attendance-watched",
        }
    }
}

/// Which case of the rule a tap stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// 第2項第1号: face to face.
    FaceToFace,
    /// 第2項第2号: a place the verifier manages, seen by staff.
    Watched,
}

impl Clause {
    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FaceToFace => "64-12-2-1",
            Self::Watched => "64-12-2-2",
        }
    }
}

/// One rule, where it stands, and what it leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What is asked.
    pub asks: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// What the text does not say, and what is done until the city's lawyer says otherwise.
    pub open_question: Option<&'static str>,
}

/// The rules, in the order they are judged. `docs/law-of-taps.md` is made from this table.
pub const RULES: [Rule; 5] = [
    Rule {
        asks: "the certificate is on a card, not on a phone",
        source: "施行規則 64条の12第1項 (verified: text of 2025-05-26)",
        open_question: None,
    },
    Rule {
        asks: "staff are face to face with the holder, or see the place, which the city manages, at that moment",
        source: "施行規則 64条の12第2項 (verified: text of 2025-05-26)",
        open_question: Some(
            "whether a camera counts as seeing, and whether a door opened by a card may ever be unattended; \
             until answered neither does: an unattended terminal takes an issued tag, the PIN or the city application",
        ),
    },
    Rule {
        asks: "the holder was confirmed once before, with PIN (38条1項) or by a signature (19条1項)",
        source: "公的個人認証法 38条の4第1項 (verified: text)",
        open_question: None,
    },
    Rule {
        asks: "the certificate is not revoked",
        source: "公的個人認証法 38条の4第1項, 34条1項 (verified: text)",
        open_question: Some(
            "how old the revocation data may be is not said; until answered as for PIN: an answer of ten minutes or a \
             list in its period",
        ),
    },
    Rule {
        asks: "the card proves with its own key (真正証明符号) that it is genuine, and is the card enrolled",
        source: "施行規則 64条の12第1項 (verified: text)",
        open_question: Some(
            "which application and file hold the key of the rule is not said; the applications with what is printed have \
             exactly such a key, and that one is used; a counterpart elsewhere would need the official client",
        ),
    },
];

/// What is known when somebody taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who watches.
    pub attendance: Attendance,
    /// Whether the certificate is on a card (else on a phone).
    pub is_card: bool,
    /// Whether the link was once proved with PIN or signature.
    pub was_proved: bool,
    /// Whether the card's own key was kept then.
    pub key_is_kept: bool,
    /// Whether the card proved that very key now.
    pub proves_kept_key: bool,
}

/// Why a tap without PIN is not taken. None says anything about the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TapNo {
    /// A phone: always with PIN.
    #[error("a phone cannot be tapped without PIN")]
    Phone,
    /// Nobody watches this terminal.
    #[error("this terminal is not declared attended: use the PIN or an issued tag")]
    Unattended,
    /// Never proved with PIN.
    #[error("this card has not been confirmed with its PIN yet")]
    NeverProved,
    /// Proved with PIN, but its own key was not kept.
    #[error("this card was not enrolled for taps without PIN")]
    NotEnrolledForTaps,
    /// The certificate is one card's, the proof another's: a mixed or an emulated card.
    #[error("this is not the card that was enrolled with this certificate")]
    NotTheEnrolledCard,
}

/// Whether a tap without PIN is taken, and on which case it stands. Revocation was judged before.
///
/// # Errors
/// The first rule that is not met.
pub const fn decide(facts: &Facts) -> Result<Clause, TapNo> {
    if !facts.is_card {
        return Err(TapNo::Phone);
    }
    let clause = match facts.attendance {
        Attendance::Unattended => return Err(TapNo::Unattended),
        Attendance::FaceToFace => Clause::FaceToFace,
        Attendance::Watched => Clause::Watched,
    };
    if !facts.was_proved {
        return Err(TapNo::NeverProved);
    }
    if !facts.key_is_kept {
        return Err(TapNo::NotEnrolledForTaps);
    }
    if !facts.proves_kept_key {
        return Err(TapNo::NotTheEnrolledCard);
    }
    Ok(clause)
}

/// The published page, made from [`RULES`].
pub fn page() -> String {
    let mut page = String::from(
        "# Taps without PIN: the law as this house reads it\n\n\
         Made from `tools::credentials::tap_rules`; a test compares. Rules are judged in this order.\n\n\
         | | asked | written in | left open |\n|---|---|---|---|\n",
    );
    for (number, rule) in RULES.iter().enumerate() {
        let open = rule.open_question.unwrap_or("–");
        page.push_str(&format!("| {} | {} | {} | {open} |\n", number + 1, rule.asks, rule.source));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWFUL: Facts = Facts {
        attendance: Attendance::FaceToFace,
        is_card: true,
        was_proved: true,
        key_is_kept: true,
        proves_kept_key: true,
    };

    #[test]
    fn each_rule_alone_refuses() {
        assert_eq!(decide(&LAWFUL), Ok(Clause::FaceToFace));
        assert_eq!(decide(&Facts { attendance: Attendance::Watched, ..LAWFUL }), Ok(Clause::Watched));
        assert_eq!(decide(&Facts { attendance: Attendance::Unattended, ..LAWFUL }), Err(TapNo::Unattended));
        assert_eq!(decide(&Facts { is_card: false, ..LAWFUL }), Err(TapNo::Phone));
        assert_eq!(decide(&Facts { was_proved: false, ..LAWFUL }), Err(TapNo::NeverProved));
        assert_eq!(decide(&Facts { key_is_kept: false, ..LAWFUL }), Err(TapNo::NotEnrolledForTaps));
        assert_eq!(decide(&Facts { proves_kept_key: false, ..LAWFUL }), Err(TapNo::NotTheEnrolledCard));
    }

    #[test]
    fn only_all_facts_together_are_lawful() {
        let mut lawful = 0;
        for attendance in Attendance::ALL {
            for bits in 0..16 {
                let facts = Facts {
                    attendance,
                    is_card: bits & 1 != 0,
                    was_proved: bits & 2 != 0,
                    key_is_kept: bits & 4 != 0,
                    proves_kept_key: bits & 8 != 0,
                };
                lawful += usize::from(decide(&facts).is_ok());
            }
        }
        assert_eq!(lawful, 2, "face to face, or watched, with everything else true");
    }

    #[test]
    fn every_attendance_reads_back() {
        assert!(Attendance::ALL.iter().all(|one| Attendance::from_code(one.code()) == Some(*one)));
    }
}
