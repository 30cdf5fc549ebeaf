//! The request that carries a push message (RFC 8030 §5).

use base::{Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;

use super::encryption::{EncryptionFault, Subscription, encrypt};
use super::vapid::{VapidFault, VapidTokens};
use crate::teaser::{Teaser, Urgency};

/// Of several waiting messages with one topic a service keeps the last. Sent in clear, so it never has a meaning: make it
/// from a random or keyed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic(String);

/// Not 1 to 32 characters of Base64url (RFC 8030 §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a topic has 1 to 32 characters of the Base64url alphabet; wrong at byte {position}")]
pub struct TopicFault {
    /// Offset from 0.
    pub position: usize,
}

impl Topic {
    /// Checks a topic.
    ///
    /// # Errors
    /// [`TopicFault`].
    pub fn parse(text: &str) -> Result<Self, TopicFault> {
        let wrong = |byte: u8| !(byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        match text.bytes().position(wrong) {
            Some(position) => Err(TopicFault { position }),
            None if text.is_empty() => Err(TopicFault { position: 0 }),
            None if text.len() > 32 => Err(TopicFault { position: 32 }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// From sixteen random or keyed bytes.
    pub fn of(bytes: &[u8; 16]) -> Self {
        Self(BASE64URL_NOPAD.encode(bytes))
    }
}

/// A request as it goes over the wire: POST.
#[derive(Clone)]
pub struct Message {
    /// Where: a secret of one browser.
    pub url: String,
    /// Whether the address rules let it stand on loopback.
    pub simulated: bool,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The sealed payload.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} bytes)", self.body.len())
    }
}

/// No answer, or too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the push service could not be reached")]
pub struct Unreachable;

/// Something that carries a message to its push service.
pub trait PushService: Send + Sync {
    /// Sends one message and returns status and `Retry-After`.
    ///
    /// # Errors
    /// [`Unreachable`].
    fn send(&self, message: &Message) -> Result<super::PushAnswer, Unreachable>;
}

/// Why a message could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeFault {
    /// The payload.
    #[error(transparent)]
    Encryption(#[from] EncryptionFault),
    /// The token.
    #[error(transparent)]
    Vapid(#[from] VapidFault),
}

/// Makes the request that tells one browser of `teaser`.
///
/// `seconds_to_live` is how long the service keeps it for a browser that is off.
///
/// # Errors
/// [`ComposeFault`].
pub fn compose(
    to: &Subscription,
    teaser: &Teaser,
    urgency: Urgency,
    topic: Option<&Topic>,
    seconds_to_live: u32,
    tokens: &VapidTokens,
    seams: &Seams,
) -> Result<Message, ComposeFault> {
    let now: Timestamp = seams.now();
    let body = encrypt(to, &teaser.payload(), seams)?;
    let endpoint = to.endpoint();
    let mut headers = vec![
        ("authorization", tokens.authorization(endpoint.origin(), now)?),
        ("content-encoding", "aes128gcm".to_owned()),
        ("content-type", "application/octet-stream".to_owned()),
        ("ttl", seconds_to_live.to_string()),
        ("urgency", urgency_header(urgency).to_owned()),
    ];
    headers.extend(topic.map(|topic| ("topic", topic.0.clone())));
    Ok(Message { url: endpoint.url().to_owned(), simulated: endpoint.is_simulated(), headers, body })
}

/// RFC 8030 §5.3: a browser on battery may ask for the pressing ones only.
const fn urgency_header(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Notice => "low",
        Urgency::Due | Urgency::Legal => "normal",
        Urgency::Emergency => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::{AddressRules, VapidKey};
    use crate::teaser::TeaserKind;

    #[test]
    fn a_topic_is_base64url_of_at_most_32() {
        assert_eq!(Topic::of(&[7; 16]).0.len(), 22);
        assert!(Topic::parse(&"a".repeat(32)).is_ok());
        for (text, position) in [(String::new(), 0), ("a".repeat(33), 32), ("ab+".into(), 2), ("あ".into(), 0)] {
            assert_eq!(Topic::parse(&text), Err(TopicFault { position }), "{text}");
        }
    }

    #[test]
    fn the_wire_shows_length_urgency_and_topic_and_nothing_else() {
        let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_000_000), 3);
        let tokens = VapidTokens::new(VapidKey::generate("mailto:push@city.example").unwrap());
        let to = Subscription::parse(
            "https://push.example.com/secret",
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
            &AddressRules::default(),
        )
        .unwrap();
        let teaser = Teaser::new(TeaserKind::Letter, "お手紙が届いています", "", "/portal/letters/1").unwrap();
        let message =
            compose(&to, &teaser, Urgency::Emergency, Some(&Topic::of(&[1; 16])), 3600, &tokens, &seams).unwrap();
        let names: Vec<_> = message.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["authorization", "content-encoding", "content-type", "ttl", "urgency", "topic"]);
        assert_eq!(message.headers[3].1, "3600");
        assert_eq!(message.headers[4].1, "high");
        assert_eq!(message.body.len(), teaser.payload().len() + 103);
        assert_eq!(format!("{message:?}"), format!("Message({} bytes)", message.body.len()));
    }
}
