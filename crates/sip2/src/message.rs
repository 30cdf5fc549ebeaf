//! Every message, declared as the specification's tables print it: fixed fields in their order, then fields by letters.
//!
//! | type of a field | means |
//! |---|---|
//! | [`String`] | must be there |
//! | [`Always`] | asked for by the specification and left out by some peers: written always, read as empty |
//! | [`Option`] | may be there |
//! | [`Vec`] | as often as there are |
//!
//! Letters a message does not know are kept in `more` and written again, so that nothing a vendor added is lost.

use crate::codes::*;
use crate::fault::{Fault, What};
use crate::field::*;

macro_rules! messages {
    ($($(#[$about:meta])* $name:ident = $id:literal { [$($fixed:ident: $kind:ty),*] [$($code:ident $field:ident: $held:ty),*] })+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, Default, PartialEq, Eq)]
            #[allow(missing_docs, reason = "the fields carry the specification's own names and letters")]
            pub struct $name {
                $(pub $fixed: $kind,)*
                $(pub $field: $held,)*
                pub more: Vec<(Code, String)>,
            }

            impl From<$name> for Message {
                fn from(message: $name) -> Self {
                    Self::$name(Box::new(message))
                }
            }
        )+

        /// Any message.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is documented at its own type")]
        pub enum Message { $($name(Box<$name>),)+ }

        impl Message {
            /// Its two digits.
            pub const fn id(&self) -> &'static str {
                match self { $(Self::$name(_) => $id,)+ }
            }

            /// Its name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)+ }
            }

            /// From the text between its beginning and its sequence number.
            pub(crate) fn read(text: &str) -> Result<Self, Fault> {
                let id = text.get(..2).ok_or(Fault { at: 0, what: What::TooShort })?;
                match id {
                    $($id => {
                        let mut _at = 2;
                        $(let $fixed = fixed::<$kind>(text, &mut _at, stringify!($fixed))?;)*
                        let fields = &mut fields(text, _at)?;
                        $(let $field = <$held as Variable>::take(fields, letters(stringify!($code)))
                            .ok_or(Fault { at: text.chars().count(), what: What::Missing(letters(stringify!($code))) })?;)*
                        Ok($name { $($fixed,)* $($field,)* more: std::mem::take(&mut fields.0) }.into())
                    })+
                    _ => Err(Fault { at: 0, what: What::UnknownMessage(id.chars().take(2).collect()) }),
                }
            }

            /// The fixed part, and the fields that follow it.
            pub(crate) fn parts(&self) -> (String, Vec<(Code, String)>) {
                let mut head = self.id().to_owned();
                let mut fields = Vec::new();
                match self {
                    $(Self::$name(message) => {
                        $(message.$fixed.write(&mut head);)*
                        $(message.$field.put(letters(stringify!($code)), &mut fields);)*
                        fields.extend(message.more.iter().cloned());
                    })+
                }
                (head, fields)
            }
        }
    };
}

/// Two letters as a code. Declarations alone call it.
fn letters(text: &str) -> Code {
    let bytes = text.as_bytes();
    Code([bytes.first().copied().unwrap_or(b'?'), bytes.get(1).copied().unwrap_or(b'?')])
}

fn fixed<T: Fixed>(text: &str, at: &mut usize, name: &'static str) -> Result<T, Fault> {
    let part = text.get(*at..*at + T::LENGTH).filter(|part| part.is_ascii());
    let part = part.ok_or(Fault { at: *at, what: What::Fixed(name) })?;
    let read = T::read(part).ok_or(Fault { at: *at, what: What::Fixed(name) })?;
    *at += T::LENGTH;
    Ok(read)
}

/// The fields from byte `from` on. Fixed fields are ASCII, so bytes and characters agree up to there.
fn fields(text: &str, from: usize) -> Result<Fields, Fault> {
    let mut read = Vec::new();
    let mut at = from;
    for part in text.get(from..).unwrap_or("").split('|') {
        if !part.is_empty() {
            let code = part.as_bytes().first_chunk::<2>().copied().filter(|code| {
                code[0].is_ascii_uppercase() && (code[1].is_ascii_uppercase() || code[1].is_ascii_digit())
            });
            let code = code.ok_or(Fault { at, what: What::NoLetters })?;
            read.push((Code(code), part[2..].to_owned()));
        }
        at += part.chars().count() + 1;
    }
    Ok(Fields(read))
}

messages! {
    /// A machine says who it is.
    Login = "93" { [user_algorithm: Algorithm, password_algorithm: Algorithm]
        [CN user: String, CO password: Always, CP location: Option<String>] }
    /// Whether it may speak.
    LoginAnswer = "94" { [ok: OneZero] [] }
    /// How the machine is.
    MachineStatus = "99" { [state: MachineState, print_width: Width, version: Version] [] }
    /// What the library's system does and does not.
    SystemStatus = "98" { [online: YesNo, checkin_ok: YesNo, checkout_ok: YesNo, renewal_ok: YesNo, status_update_ok: YesNo,
        offline_ok: YesNo, timeout_tenths: Digits<3>, retries: Digits<3>, at: Moment, version: Version]
        [AO institution: Always, AM library_name: Option<String>, BX supported: Always, AN terminal_location: Option<String>,
         AF screen: Vec<String>, AG print: Vec<String>] }
    /// Asks about a patron, briefly.
    PatronStatusRequest = "23" { [language: Language, at: Moment]
        [AO institution: Always, AA patron: String, AC terminal_password: Always, AD patron_password: Always] }
    /// What may be done for a patron.
    PatronStatusAnswer = "24" { [status: PatronStatus, language: Language, at: Moment]
        [AO institution: Always, AA patron: String, AE name: Always, BL is_valid: Option<String>, CQ password_is_valid: Option<String>,
         BH currency: Option<String>, BV fee: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// Asks about a patron and one of the lists.
    PatronInformation = "63" { [language: Language, at: Moment, summary: Summary]
        [AO institution: Always, AA patron: String, AC terminal_password: Option<String>, AD patron_password: Option<String>,
         BP start_item: Option<String>, BQ end_item: Option<String>] }
    /// What is known of a patron.
    PatronInformationAnswer = "64" { [status: PatronStatus, language: Language, at: Moment, holds: Count, overdue: Count,
        charged: Count, fines: Count, recalls: Count, unavailable_holds: Count]
        [AO institution: Always, AA patron: String, AE name: Always, BZ hold_limit: Option<String>, CA overdue_limit: Option<String>,
         CB charged_limit: Option<String>, BL is_valid: Option<String>, CQ password_is_valid: Option<String>,
         BH currency: Option<String>, BV fee: Option<String>, CC fee_limit: Option<String>,
         AS hold_items: Vec<String>, AT overdue_items: Vec<String>, AU charged_items: Vec<String>, AV fine_items: Vec<String>,
         BU recall_items: Vec<String>, CD unavailable_hold_items: Vec<String>,
         BD home_address: Option<String>, BE email: Option<String>, BF phone: Option<String>, AF screen: Vec<String>,
         AG print: Vec<String>] }
    /// Asks about an item.
    ItemInformation = "17" { [at: Moment] [AO institution: Always, AB item: String, AC terminal_password: Option<String>] }
    /// What is known of an item.
    ItemInformationAnswer = "18" { [circulation: CirculationStatus, security: SecurityMarker, fee_type: FeeType, at: Moment]
        [AB item: String, AJ title: Always, CF hold_queue: Option<String>, AH due: Option<String>, CJ recall_date: Option<String>,
         CM hold_pickup_date: Option<String>, BG owner: Option<String>, BH currency: Option<String>, BV fee: Option<String>,
         CK media_type: Option<String>, AQ permanent_location: Option<String>, AP current_location: Option<String>,
         CH properties: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// Lends.
    Checkout = "11" { [renewal_allowed: YesNo, no_block: YesNo, at: Moment, no_block_due: Moment]
        [AO institution: Always, AA patron: String, AB item: String, AC terminal_password: Always, CH properties: Option<String>,
         AD patron_password: Option<String>, BO fee_acknowledged: Option<String>, BI cancel: Option<String>] }
    /// Whether it was lent, and until when.
    CheckoutAnswer = "12" { [ok: OneZero, renewed: YesNo, magnetic: Perhaps, desensitize: Perhaps, at: Moment]
        [AO institution: Always, AA patron: Always, AB item: Always, AJ title: Always, AH due: Always, BT fee_type: Option<String>,
         CI security_inhibit: Option<String>, BH currency: Option<String>, BV fee: Option<String>, CK media_type: Option<String>,
         CH properties: Option<String>, BK transaction: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// Takes back.
    Checkin = "09" { [no_block: YesNo, at: Moment, returned: Moment]
        [AP location: Always, AO institution: Always, AB item: String, AC terminal_password: Always, CH properties: Option<String>,
         BI cancel: Option<String>] }
    /// Whether it was taken back, and where it belongs.
    CheckinAnswer = "10" { [ok: OneZero, resensitize: YesNo, magnetic: Perhaps, alert: YesNo, at: Moment]
        [AO institution: Always, AB item: Always, AQ permanent_location: Always, AJ title: Option<String>, CL sort_bin: Option<String>,
         AA patron: Option<String>, CK media_type: Option<String>, CH properties: Option<String>, CV alert_type: Option<String>,
         CT destination: Option<String>, CS call_number: Option<String>, CY hold_patron: Option<String>, DA hold_name: Option<String>,
         AF screen: Vec<String>, AG print: Vec<String>] }
    /// Lends on.
    Renew = "29" { [third_party: YesNo, no_block: YesNo, at: Moment, no_block_due: Moment]
        [AO institution: Always, AA patron: String, AD patron_password: Option<String>, AB item: Option<String>, AJ title: Option<String>,
         AC terminal_password: Option<String>, CH properties: Option<String>, BO fee_acknowledged: Option<String>] }
    /// Whether it was lent on.
    RenewAnswer = "30" { [ok: OneZero, renewed: YesNo, magnetic: Perhaps, desensitize: Perhaps, at: Moment]
        [AO institution: Always, AA patron: Always, AB item: Always, AJ title: Always, AH due: Always, BT fee_type: Option<String>,
         CI security_inhibit: Option<String>, BH currency: Option<String>, BV fee: Option<String>, CK media_type: Option<String>,
         CH properties: Option<String>, BK transaction: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// Lends everything on.
    RenewAll = "65" { [at: Moment] [AO institution: Always, AA patron: String, AD patron_password: Option<String>,
        AC terminal_password: Option<String>, BO fee_acknowledged: Option<String>] }
    /// What was lent on and what was not.
    RenewAllAnswer = "66" { [ok: OneZero, renewed: Count, unrenewed: Count, at: Moment]
        [AO institution: Always, BM renewed_items: Vec<String>, BN unrenewed_items: Vec<String>, AF screen: Vec<String>,
         AG print: Vec<String>] }
    /// Reserves, or cancels that.
    Hold = "15" { [mode: HoldMode, at: Moment]
        [BW expires: Option<String>, BS pickup: Option<String>, BY hold_type: Option<String>, AO institution: Always, AA patron: String,
         AD patron_password: Option<String>, AB item: Option<String>, AJ title: Option<String>, AC terminal_password: Option<String>,
         BO fee_acknowledged: Option<String>] }
    /// Whether it was reserved, and the place in the queue.
    HoldAnswer = "16" { [ok: OneZero, available: YesNo, at: Moment]
        [BW expires: Option<String>, BR queue: Option<String>, BS pickup: Option<String>, AO institution: Always, AA patron: Always,
         AB item: Option<String>, AJ title: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// A fee was paid.
    FeePaid = "37" { [at: Moment, fee_type: FeeType, payment: PaymentType, currency: Currency]
        [BV amount: String, AO institution: Always, AA patron: String, AC terminal_password: Option<String>,
         AD patron_password: Option<String>, CG fee: Option<String>, BK transaction: Option<String>] }
    /// Whether that was taken.
    FeePaidAnswer = "38" { [accepted: YesNo, at: Moment]
        [AO institution: Always, AA patron: Always, BK transaction: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// The patron goes.
    EndPatronSession = "35" { [at: Moment] [AO institution: Always, AA patron: String, AC terminal_password: Option<String>,
        AD patron_password: Option<String>] }
    /// Good-bye.
    EndSessionAnswer = "36" { [ended: YesNo, at: Moment] [AO institution: Always, AA patron: Always, AF screen: Vec<String>,
        AG print: Vec<String>] }
    /// A machine has kept somebody's card. Answered by [`PatronStatusAnswer`].
    BlockPatron = "01" { [card_retained: YesNo, at: Moment] [AO institution: Always, AL message: Always, AA patron: String,
        AC terminal_password: Always] }
    /// Lets a patron borrow again.
    PatronEnable = "25" { [at: Moment] [AO institution: Always, AA patron: String, AC terminal_password: Option<String>,
        AD patron_password: Option<String>] }
    /// How the patron stands now.
    PatronEnableAnswer = "26" { [status: PatronStatus, language: Language, at: Moment]
        [AO institution: Always, AA patron: Always, AE name: Always, BL is_valid: Option<String>, CQ password_is_valid: Option<String>,
         AF screen: Vec<String>, AG print: Vec<String>] }
    /// Writes something about an item.
    ItemStatusUpdate = "19" { [at: Moment] [AO institution: Always, AB item: String, AC terminal_password: Option<String>,
        CH properties: Always] }
    /// Whether that was written.
    ItemStatusUpdateAnswer = "20" { [ok: OneZero, at: Moment] [AB item: Always, AJ title: Option<String>,
        CH properties: Option<String>, AF screen: Vec<String>, AG print: Vec<String>] }
    /// The library's system did not understand: say it again.
    ResendAsked = "96" { [] [] }
    /// The machine did not understand: say it again.
    ResendWanted = "97" { [] [] }
}

impl Message {
    /// The message that answers this one; [`None`] for answers and for what is answered by saying the last thing again.
    pub const fn answered_by(&self) -> Option<&'static str> {
        Some(match self {
            Self::Login(_) => "94",
            Self::MachineStatus(_) => "98",
            Self::PatronStatusRequest(_) | Self::BlockPatron(_) => "24",
            Self::PatronInformation(_) => "64",
            Self::ItemInformation(_) => "18",
            Self::Checkout(_) => "12",
            Self::Checkin(_) => "10",
            Self::Renew(_) => "30",
            Self::RenewAll(_) => "66",
            Self::Hold(_) => "16",
            Self::FeePaid(_) => "38",
            Self::EndPatronSession(_) => "36",
            Self::PatronEnable(_) => "26",
            Self::ItemStatusUpdate(_) => "20",
            _ => return None,
        })
    }
}
