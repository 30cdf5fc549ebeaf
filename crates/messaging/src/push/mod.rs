//! Web push (ウェブプッシュ): telling a browser that is closed.
//!
//! ```text
//!  browser ── subscription (endpoint, p256dh, auth) ─▶ Subscription::parse  (address rules: endpoint)
//!  Teaser ─▶ encrypt, RFC 8291 aes128gcm ─▶ Message + VAPID token of the service's origin ─▶ PushService ─▶ Answer
//! ```
//! The push service is a stranger's machine (the browser maker's). It sees a length, an urgency and a topic; the payload is
//! sealed to the browser, and still holds a teaser only.

mod answer;
mod encryption;
mod endpoint;
mod message;
mod over_https;
mod vapid;

pub use answer::{Answer, PushAnswer, judge};
pub use encryption::{EncryptionFault, MOST_PLAINTEXT, Subscription, SubscriptionFault, encrypt, encrypt_with};
pub use endpoint::{AddressRules, Endpoint, EndpointFault, is_public};
pub use message::{ComposeFault, Message, PushService, Topic, TopicFault, Unreachable, compose};
pub use over_https::OverHttps;
pub use vapid::{VapidFault, VapidKey, VapidTokens};
