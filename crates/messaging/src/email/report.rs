//! What comes back by itself: delivery reports (RFC 3464), read receipts (RFC 8098), complaints (RFC 5965).
//!
//! ```text
//!  multipart/report; report-type=delivery-status
//!    ├─ text for people          (not read)
//!    ├─ message/delivery-status  fields of the message, then one group of fields for each recipient
//!    └─ the message, or its head (not read)
//! ```
//! Total: any bytes give a report, [`Report::NotAReport`], or a fault with its place. Nothing of a person is kept: which
//! message is meant is told by the address it came back to ([`super::ReturnPath`]).

use mail_parser::{MessageParser, MessagePart, MimeHeaders};

/// Longer reports are not read: the largest honest ones carry a message of ours back, which is small.
pub const MOST_BYTES: usize = 1024 * 1024;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// What became of a message, for each recipient. Ours have one.
    Delivery(Vec<Delivery>),
    /// A read receipt. We ask for none; some clients send it.
    ReadReceipt,
    /// The person pressed 迷惑メール: mail of this kind is stopped.
    Complaint,
    /// An automatic answer, a letter, a bounce in words only. For people, or for the bin.
    NotAReport,
}

/// What became of a message to one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What the server did.
    pub action: Action,
    /// Why (RFC 3463).
    pub status: Status,
}

impl Delivery {
    /// What it means for the address; `None` when nothing failed.
    pub const fn bounce(self) -> Option<Bounce> {
        match self.action {
            Action::Failed => Some(self.status.bounce()),
            Action::Delayed | Action::Delivered | Action::Relayed | Action::Expanded => None,
        }
    }
}

/// RFC 3464 §2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still trying.
    Delayed,
    /// In the mailbox.
    Delivered,
    /// Handed to a server that sends no reports.
    Relayed,
    /// Sent on to several.
    Expanded,
}

/// An enhanced status code (RFC 3463): `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// 2 done, 4 may succeed later, 5 permanent.
    pub class: u8,
    /// 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// Detail.
    pub detail: u16,
}

/// What a failure means for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bounce {
    /// No such mailbox or host: the address is not used again.
    Hard,
    /// Full, slow, broken, or unknown: counted ([`super::suppression`]).
    Soft,
    /// They refuse us, not the person: staff look into it, the address is innocent.
    Policy,
}

impl Status {
    /// Reads `5.1.1` and nothing else.
    pub fn parse_word(word: &str) -> Option<Self> {
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |text: &str| {
            let plain = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<u16>().ok()).flatten()
        };
        let class = match class {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        let (subject, detail) = (number(subject)?, number(detail)?);
        parts.next().is_none().then_some(Self { class, subject, detail })
    }

    /// What it means when the server gave up (IANA registry of enhanced codes): 5.1.1 no mailbox, 5.1.2 no host, 5.1.3 bad
    /// address, 5.1.6 moved away, 5.1.10 the domain takes no mail are hard; 5.7 is policy; all others are soft, a full
    /// mailbox (5.2.2) and a disabled one (5.2.1) among them, and everything of class 4.
    pub const fn bounce(self) -> Bounce {
        match (self.class, self.subject, self.detail) {
            (5, 1, 1 | 2 | 3 | 6 | 10) => Bounce::Hard,
            (5, 7, _) => Bounce::Policy,
            _ => Bounce::Soft,
        }
    }
}

/// What is wrong with a report, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the report cannot be read: {reason}, at byte {position}")]
pub struct ReportFault {
    /// Byte offset in the message, from 0. Inside an encoded part, where that part begins.
    pub position: usize,
    /// What.
    pub reason: ReportReason,
}

/// What is wrong with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportReason {
    /// More than a megabyte.
    #[error("longer than a megabyte")]
    TooLong,
    /// No header at all.
    #[error("no header of a message")]
    NoHeader,
    /// It says it has parts, and not what parts them.
    #[error("parts without a boundary")]
    NoBoundary,
    /// It says it is a report, and holds none.
    #[error("no part with the report")]
    NoReportPart,
    /// A line of the report without a colon.
    #[error("a line that is no field")]
    NotAField,
    /// No group of fields for a recipient.
    #[error("no recipient")]
    NoRecipient,
    /// A group without, or with an unknown, `Action`.
    #[error("no known Action")]
    Action,
    /// A group without, or with a malformed, `Status`.
    #[error("no well-formed Status")]
    Status,
    /// More than 1000 recipients.
    #[error("more than 1000 recipients")]
    TooManyRecipients,
}

const MOST_RECIPIENTS: usize = 1000;

/// Reads a message that came to a return path.
///
/// # Errors
/// [`ReportFault`].
pub fn read(bytes: &[u8]) -> Result<Report, ReportFault> {
    let fault = |position, reason| ReportFault { position, reason };
    if bytes.len() > MOST_BYTES {
        return Err(fault(MOST_BYTES, ReportReason::TooLong));
    }
    let no_header = fault(0, ReportReason::NoHeader);
    let message = MessageParser::new().parse(bytes).filter(|message| !message.headers().is_empty()).ok_or(no_header)?;
    let Some(kind) = message.content_type() else { return Ok(Report::NotAReport) };
    if !kind.c_type.eq_ignore_ascii_case("multipart") {
        return Ok(Report::NotAReport);
    }
    let body = message.root_part().offset_body as usize;
    if kind.attribute("boundary").is_none_or(str::is_empty) {
        return Err(fault(body, ReportReason::NoBoundary));
    }
    let is_report = kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"));
    // Some servers say multipart/mixed and send a report all the same; none may say report and send nothing.
    let named = |name: &str| message.parts.iter().find(|part| is_kind(part, name));
    if let Some(part) = named("delivery-status").or_else(|| named("global-delivery-status")) {
        return delivery(part).map(Report::Delivery);
    }
    if named("disposition-notification").is_some() {
        return Ok(Report::ReadReceipt);
    }
    if named("feedback-report").is_some() {
        return Ok(Report::Complaint);
    }
    if is_report { Err(fault(body, ReportReason::NoReportPart)) } else { Ok(Report::NotAReport) }
}

fn is_kind(part: &MessagePart<'_>, subtype: &str) -> bool {
    part.content_type().is_some_and(|kind| {
        kind.c_type.eq_ignore_ascii_case("message")
            && kind.subtype().is_some_and(|found| found.eq_ignore_ascii_case(subtype))
    })
}

/// A group of fields: where it begins, and what it says of a recipient.
#[derive(Default)]
struct Group {
    position: usize,
    is_recipient: bool,
    action: Option<Action>,
    status: Option<Status>,
}

fn delivery(part: &MessagePart<'_>) -> Result<Vec<Delivery>, ReportFault> {
    let content = part.contents();
    let begin = part.offset_body as usize;
    let place = |at: usize| if part.encoding == mail_parser::Encoding::None { begin + at } else { begin };
    let groups = groups(content).map_err(|fault| ReportFault { position: place(fault.position), ..fault })?;
    let recipients: Vec<&Group> = groups.iter().filter(|group| group.is_recipient).collect();
    let fault = |position, reason| ReportFault { position: place(position), reason };
    if recipients.is_empty() {
        return Err(fault(0, ReportReason::NoRecipient));
    }
    let read = |group: &Group| {
        let action = group.action.ok_or(fault(group.position, ReportReason::Action))?;
        let status = group.status.ok_or(fault(group.position, ReportReason::Status))?;
        Ok(Delivery { action, status })
    };
    recipients.into_iter().map(read).collect()
}

/// Groups of fields, parted by empty lines. Positions are offsets in `content`.
fn groups(content: &[u8]) -> Result<Vec<Group>, ReportFault> {
    let mut groups = Vec::new();
    let mut group: Option<Group> = None;
    let mut position = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let at = position;
        position += line.len();
        let line = line.trim_ascii_end();
        if line.is_empty() {
            groups.extend(group.take());
            continue;
        }
        // A continuation says more of the field above; none that is read here needs it.
        if matches!(line.first(), Some(b' ' | b'\t')) {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let colon = colon.ok_or(ReportFault { position: at, reason: ReportReason::NotAField })?;
        if groups.len() >= MOST_RECIPIENTS {
            return Err(ReportFault { position: at, reason: ReportReason::TooManyRecipients });
        }
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        field(group.get_or_insert_with(|| Group { position: at, ..Group::default() }), name, value);
    }
    groups.extend(group);
    Ok(groups)
}

fn field(group: &mut Group, name: &[u8], value: &[u8]) {
    let value = std::str::from_utf8(value).unwrap_or_default();
    // Comments may follow: `5.1.1 (bad destination)`.
    let word = value.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    if name.eq_ignore_ascii_case(b"final-recipient") || name.eq_ignore_ascii_case(b"original-recipient") {
        group.is_recipient = true;
    } else if name.eq_ignore_ascii_case(b"action") {
        group.is_recipient = true;
        group.action = match word.to_ascii_lowercase().as_str() {
            "failed" => Some(Action::Failed),
            "delayed" => Some(Action::Delayed),
            "delivered" => Some(Action::Delivered),
            "relayed" => Some(Action::Relayed),
            "expanded" => Some(Action::Expanded),
            _ => None,
        };
    } else if name.eq_ignore_ascii_case(b"status") {
        group.status = Status::parse_word(word);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Postfix writes it.
    fn bounce(status_part: &str) -> String {
        format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.example (Mail Delivery System)\r\nSubject: Undelivered Mail\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"A/B.1\"\r\n\r\n\
             This is a MIME-encapsulated message.\r\n\r\n--A/B.1\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
             I'm sorry.\r\n\r\n--A/B.1\r\nContent-Description: Delivery report\r\n\
             Content-Type: message/delivery-status\r\n\r\n{status_part}\r\n--A/B.1\r\nContent-Type: message/rfc822\r\n\r\n\
             From: notice@city.example\r\nSubject: x\r\n\r\nbody\r\n--A/B.1--\r\n"
        )
    }

    const MESSAGE: &str =
        "Reporting-MTA: dns; mail.example\r\nArrival-Date: Mon, 23 Nov 2026 04:05:06 +0900 (JST)\r\n\r\n";

    fn of(text: &str) -> Result<Report, ReportFault> {
        read(text.as_bytes())
    }

    #[test]
    fn a_report_tells_what_became_of_each_recipient() {
        let groups = "Final-Recipient: rfc822; a@x.example\r\nOriginal-Recipient: rfc822;a@x.example\r\nAction: failed\r\n\
                      Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <a@x.example>: Recipient\r\n    address rejected\r\n\r\n\
                      Final-Recipient: rfc822; b@x.example\r\naction: Delayed\r\nstatus: 4.4.1 (no answer)\r\n";
        let report = of(&bounce(&format!("{MESSAGE}{groups}"))).unwrap();
        let Report::Delivery(found) = report else { panic!("{report:?}") };
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].bounce(), Some(Bounce::Hard));
        assert_eq!((found[1].action, found[1].bounce()), (Action::Delayed, None));
    }

    #[test]
    fn failures_are_hard_soft_or_about_us() {
        for (status, bounce) in [
            ("5.1.1", Bounce::Hard),
            ("5.1.2", Bounce::Hard),
            ("5.1.10", Bounce::Hard),
            ("5.2.2", Bounce::Soft),
            ("5.2.1", Bounce::Soft),
            ("5.0.0", Bounce::Soft),
            ("4.4.7", Bounce::Soft),
            ("5.7.1", Bounce::Policy),
            ("5.7.26", Bounce::Policy),
        ] {
            assert_eq!(Status::parse_word(status).unwrap().bounce(), bounce, "{status}");
        }
        for word in ["", "5", "5.1", "3.1.1", "5.1.1.1", "5.1000.1", "5..1", "５.1.1", "5.-1.1"] {
            assert_eq!(Status::parse_word(word), None, "{word}");
        }
    }

    #[test]
    fn receipts_complaints_and_letters_are_told_apart() {
        let kind = |report: &str, part: &str| {
            format!(
                "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={report}; boundary=b\r\n\r\n--b\r\n\r\nx\r\n\
                 --b\r\nContent-Type: message/{part}\r\n\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
            )
        };
        assert_eq!(of(&kind("disposition-notification", "disposition-notification")), Ok(Report::ReadReceipt));
        assert_eq!(of(&kind("feedback-report", "feedback-report")), Ok(Report::Complaint));
        assert_eq!(
            of("From: a@x.example\r\nSubject: Re: hello\r\n\r\nI am away until Monday."),
            Ok(Report::NotAReport)
        );
        let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
        assert_eq!(of(mixed), Ok(Report::NotAReport));
    }

    #[test]
    fn what_is_broken_is_named_with_its_place() {
        use ReportReason as R;
        let group = |text: &str| bounce(&format!("{MESSAGE}{text}"));
        let at = |text: &str, word: &str| text.find(word).unwrap();
        let check = |text: String, position: usize, reason: R| {
            assert_eq!(of(&text), Err(ReportFault { position, reason }), "{text}");
        };
        check(String::new(), 0, R::NoHeader);
        check("x".repeat(MOST_BYTES + 1), MOST_BYTES, R::TooLong);
        let bare = "Content-Type: multipart/report; report-type=delivery-status\r\n\r\n--b\r\n".to_owned();
        check(bare.clone(), at(&bare, "--b"), R::NoBoundary);
        let empty = "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n".to_owned();
        check(empty.clone(), at(&empty, "--b\r"), R::NoReportPart);
        let none = bounce(MESSAGE);
        check(none.clone(), at(&none, "Reporting"), R::NoRecipient);
        let line = group("Final-Recipient: rfc822; a@x.example\r\nno field here\r\n");
        check(line.clone(), at(&line, "no field"), R::NotAField);
        let action = group("Final-Recipient: rfc822; a@x.example\r\nAction: exploded\r\nStatus: 5.1.1\r\n");
        check(action.clone(), at(&action, "Final-R"), R::Action);
        let status = group("Final-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: five\r\n");
        check(status.clone(), at(&status, "Final-R"), R::Status);
        let many = "Action: failed\r\nStatus: 5.1.1\r\n\r\n".repeat(1001);
        let many = group(&many);
        assert_eq!(of(&many).unwrap_err().reason, R::TooManyRecipients);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_report_with_a_byte_changed_is_answered(at in 0_usize..700, byte: u8) {
            let mut text = bounce(&format!("{MESSAGE}Final-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n")).into_bytes();
            if let Some(place) = text.get_mut(at) { *place = byte; }
            if let Err(fault) = read(&text) { prop_assert!(fault.position <= text.len()); }
        }
    }
}
