//! A message as it goes over the wire: text and the least HTML, in UTF-8; stops with one click (RFC 8058).

use base::{Id, Seams, Timestamp};
use data_encoding::HEXLOWER;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::address::EmailAddress;
use crate::teaser::Teaser;

/// Who sends: the city.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The name shown, such as 見本市.
    pub name: String,
    /// The address shown. It may receive replies.
    pub address: EmailAddress,
    /// Origin of the portal, `https://portal.city.example`, to which a teaser's path is added.
    pub portal: String,
}

/// Words around the teaser in the person's language; the same for everyone.
#[derive(Clone, Copy, Debug)]
pub struct MailWords<'a> {
    /// `ja` or `en`, for the HTML.
    pub language: &'a str,
    /// The words of the link, such as 「ポータルで読む」.
    pub open: &'a str,
    /// Who sends this and why, such as 「見本市からのお知らせです。」.
    pub footer: &'a str,
    /// The words of the stopping link.
    pub stop: &'a str,
}

/// How mail is stopped. Statutory mail has none: RFC 8058 is for what a person may refuse.
#[derive(Clone, Copy, Debug)]
pub struct Unsubscribe<'a> {
    /// The https address that takes the POST and shows a page on GET.
    pub url: &'a str,
}

/// A message with its envelope.
#[derive(Clone)]
pub struct Mail {
    /// Envelope sender: where bounces go.
    pub return_path: String,
    /// Envelope recipient.
    pub to: EmailAddress,
    /// The message, lines ending in CR LF.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({} bytes)", self.bytes.len())
    }
}

/// Why a message could not be built: always our configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// An address that the library does not write.
    #[error("an address cannot be written into a message")]
    Address,
    /// A link that is not https, or not printable ASCII.
    #[error("a link of a message is not https in printable ASCII")]
    Link,
    /// Anything else.
    #[error("the message could not be built")]
    Failed,
}

/// Builds a message. `id` becomes its Message-ID; `return_path` is the envelope sender.
///
/// # Errors
/// [`MailFault`].
pub fn build(
    sender: &Sender,
    to: &EmailAddress,
    teaser: &Teaser,
    words: MailWords<'_>,
    unsubscribe: Option<Unsubscribe<'_>>,
    (id, return_path): (Id, String),
    seams: &Seams,
) -> Result<Mail, MailFault> {
    let link = format!("{}{}", sender.portal, teaser.path());
    for url in std::iter::once(link.as_str()).chain(unsubscribe.map(|stop| stop.url)) {
        // Loopback is the demo's.
        let is_link =
            url.starts_with("https://") || url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
        if !is_link || !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte)) {
            return Err(MailFault::Link);
        }
    }
    let mut message = begun(sender, to, teaser.title(), (id, &return_path), seams)?;
    if let Some(stop) = unsubscribe {
        message = message
            .raw_header(raw("List-Unsubscribe", format!("<{}>", stop.url)))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    let boundary = HEXLOWER.encode(&seams.random.bytes::<16>());
    let parts = MultiPart::alternative()
        .boundary(boundary)
        .singlepart(part(ContentType::TEXT_PLAIN, text(teaser, words, &link, unsubscribe)))
        .singlepart(part(ContentType::TEXT_HTML, html(teaser, words, &link, unsubscribe)));
    let message = message.multipart(parts).map_err(|_| MailFault::Failed)?;
    Ok(Mail { return_path, to: to.clone(), bytes: message.formatted() })
}

/// A letter of plain text that is no notice: a code, or that something about an account changed. It is not stopped by a
/// link. `id` becomes its Message-ID; `return_path` is the envelope sender.
///
/// # Errors
/// [`MailFault`].
pub fn build_letter(
    sender: &Sender,
    to: &EmailAddress,
    (subject, text): (&str, &str),
    (id, return_path): (Id, String),
    seams: &Seams,
) -> Result<Mail, MailFault> {
    let message = begun(sender, to, subject, (id, &return_path), seams)?
        .singlepart(part(ContentType::TEXT_PLAIN, text.to_owned()))
        .map_err(|_| MailFault::Failed)?;
    Ok(Mail { return_path, to: to.clone(), bytes: message.formatted() })
}

/// The headers every message has.
fn begun(
    sender: &Sender,
    to: &EmailAddress,
    subject: &str,
    (id, return_path): (Id, &str),
    seams: &Seams,
) -> Result<lettre::message::MessageBuilder, MailFault> {
    let from = sender.address.for_smtp().ok_or(MailFault::Address)?;
    let recipient = to.for_smtp().ok_or(MailFault::Address)?;
    let envelope_from = return_path.parse().map_err(|_| MailFault::Address)?;
    let envelope =
        lettre::address::Envelope::new(Some(envelope_from), vec![recipient.clone()]).map_err(|_| MailFault::Address)?;
    Ok(lettre::Message::builder()
        .envelope(envelope)
        .message_id(Some(format!("<{id}@{}>", sender.address.domain())))
        .raw_header(raw("Date", date(seams.now())))
        .from(Mailbox::new(Some(sender.name.clone()), from))
        .to(Mailbox::new(None, recipient))
        .subject(subject)
        // RFC 3834: no machine answers this, and no machine of ours answers back.
        .raw_header(raw("Auto-Submitted", "auto-generated".to_owned())))
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).body(body)
}

/// A header whose value is ours and ASCII: written as it stands, never folded inside a link.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// RFC 5322 §3.3, in UTC.
fn date(now: Timestamp) -> String {
    let stamp = jiff::Timestamp::from_second(now.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn text(teaser: &Teaser, words: MailWords<'_>, link: &str, unsubscribe: Option<Unsubscribe<'_>>) -> String {
    let mut lines = vec![teaser.title().to_owned(), String::new()];
    if !teaser.line().is_empty() {
        lines.extend([teaser.line().to_owned(), String::new()]);
    }
    lines.extend([
        format!("{}:", words.open),
        link.to_owned(),
        String::new(),
        "-- ".to_owned(),
        words.footer.to_owned(),
    ]);
    if let Some(stop) = unsubscribe {
        lines.extend([format!("{}:", words.stop), stop.url.to_owned()]);
    }
    lines.push(String::new());
    lines.join("\r\n")
}

fn html(teaser: &Teaser, words: MailWords<'_>, link: &str, unsubscribe: Option<Unsubscribe<'_>>) -> String {
    let e = escaped;
    let line = if teaser.line().is_empty() { String::new() } else { format!("<p>{}</p>\r\n", e(teaser.line())) };
    let stop = unsubscribe
        .map_or(String::new(), |stop| format!("<p><a href=\"{}\">{}</a></p>\r\n", e(stop.url), e(words.stop)));
    format!(
        "<!DOCTYPE html>\r\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\r\n<body>\r\n\
         <h1>{title}</h1>\r\n{line}<p><a href=\"{}\">{}</a></p>\r\n<hr>\r\n<p>{}</p>\r\n{stop}</body></html>\r\n",
        e(words.language),
        e(link),
        e(words.open),
        e(words.footer),
        title = e(teaser.title()),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;
    use crate::teaser::TeaserKind;

    fn mail(stop: Option<&str>, title: &str) -> Mail {
        let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_795_392_006), 3);
        let sender = Sender {
            name: "見本市役所 デジタル推進課からのお知らせ係".into(),
            address: EmailAddress::parse("notice@city.example").unwrap(),
            portal: "https://portal.city.example".into(),
        };
        let teaser =
            Teaser::new(TeaserKind::Letter, title, "サインインして読んでください。", "/portal/letters/1").unwrap();
        let words = MailWords {
            language: "ja",
            open: "ポータルで読む",
            footer: "見本市が送りました。",
            stop: "メールをとめる",
        };
        let to = EmailAddress::parse("hanako@mail.example").unwrap();
        let id = (Id::from_bytes([5; 16]), "bounces+abc@city.example".to_owned());
        build(&sender, &to, &teaser, words, stop.map(|url| Unsubscribe { url }), id, &seams).unwrap()
    }

    #[test]
    fn a_letter_is_plain_text_with_an_envelope_of_its_own_and_no_link_that_stops_it() {
        let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_795_392_006), 3);
        let sender = Sender {
            name: "見本市".into(),
            address: EmailAddress::parse("notice@city.example").unwrap(),
            portal: String::new(),
        };
        let to = EmailAddress::parse("hanako@mail.example").unwrap();
        let id = (Id::from_bytes([5; 16]), "bounces+abc@city.example".to_owned());
        let mail = build_letter(&sender, &to, ("市民ポータルの番号", "番号は 123456 です。"), id, &seams).unwrap();
        assert_eq!(mail.return_path, "bounces+abc@city.example");
        let read = MessageParser::default().parse(&mail.bytes).unwrap();
        assert_eq!(read.subject(), Some("市民ポータルの番号"));
        assert_eq!(read.body_text(0).unwrap().trim_end(), "番号は 123456 です。");
        assert!(read.header("List-Unsubscribe").is_none() && read.header("Auto-Submitted").is_some());
    }

    #[test]
    fn it_says_the_teaser_in_text_and_html_and_a_reader_finds_both() {
        let mail = mail(
            Some("https://portal.city.example/stop/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"),
            "お手紙が届いています",
        );
        assert!(mail.bytes.is_ascii(), "seven bits on the wire");
        assert!(mail.bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        let read = MessageParser::new().parse(&mail.bytes[..]).unwrap();
        assert_eq!(read.subject(), Some("お手紙が届いています"));
        let from = read.from().unwrap().first().unwrap();
        assert_eq!(from.name(), Some("見本市役所 デジタル推進課からのお知らせ係"));
        assert_eq!(from.address(), Some("notice@city.example"));
        assert_eq!(read.message_id(), Some(format!("{}@city.example", Id::from_bytes([5; 16])).as_str()));
        assert_eq!(read.date().unwrap().to_timestamp(), 1_795_392_006);
        let text = read.body_text(0).unwrap();
        assert!(
            text.contains("https://portal.city.example/portal/letters/1") && text.contains("ポータルで読む"),
            "{text}"
        );
        assert!(read.body_html(0).unwrap().contains("href=\"https://portal.city.example/portal/letters/1\""));
        assert!(!read.body_html(0).unwrap().contains("<img"));
    }

    #[test]
    fn stopping_is_one_header_line_and_absent_from_statutory_mail() {
        let url = format!("https://portal.city.example/stop/{}", "a".repeat(80));
        let text = String::from_utf8(mail(Some(&url), "お知らせ").bytes).unwrap();
        assert!(text.contains(&format!("\r\nList-Unsubscribe: <{url}>\r\n")), "{text}");
        assert!(text.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        let statutory = String::from_utf8(mail(None, "大切な通知").bytes).unwrap();
        assert!(!statutory.contains("Unsubscribe"));
    }

    #[test]
    fn a_title_cannot_become_a_header() {
        let text = String::from_utf8(mail(None, "a\r\nBcc: x@evil.example").bytes).unwrap();
        assert!(!text.contains("\nBcc:"), "{text}");
        let read = MessageParser::new().parse(text.as_bytes()).unwrap();
        assert!(read.bcc().is_none());
    }
}
