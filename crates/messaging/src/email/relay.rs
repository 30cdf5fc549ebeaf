//! Handing a message to the city's mail server (SMTP, RFC 5321).

use std::time::Duration;

use base::Personal;
use lettre::Transport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{PoolConfig, SmtpTransport};

use super::build::Mail;
use super::report::{Bounce, Status};

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (port 465).
    Tls,
    /// STARTTLS, refused when the server has none (port 587).
    StartTls,
    /// None: a server on this machine, and tests.
    None,
}

/// Where the mail server stands.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// User and password; without, the server knows us by our address.
    pub credentials: Option<(String, Personal<String>)>,
    /// How we greet.
    pub hello: String,
}

/// Why a message was not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// Refused for good: judged as a bounce.
    #[error("the mail server refused the message ({code}, {bounce:?})")]
    Refused {
        /// The reply code.
        code: u16,
        /// What the refusal means for the address.
        bounce: Bounce,
    },
    /// Not now.
    #[error("the mail server asks to come later ({code})")]
    Later {
        /// The reply code.
        code: u16,
    },
    /// No connection, or it broke.
    #[error("the mail server could not be reached")]
    Unreachable,
    /// Our configuration: TLS, sign-in, a broken message.
    #[error("the mail server's settings are wrong")]
    Settings,
}

/// Something that takes messages.
pub trait MailRelay: Send + Sync {
    /// Hands over one message. `Ok` means the server has taken responsibility for it.
    ///
    /// # Errors
    /// [`SendFault`].
    fn send(&self, mail: &Mail) -> Result<(), SendFault>;
}

/// A mail server over SMTP; up to four connections are kept.
#[derive(Debug)]
pub struct SmtpRelay(SmtpTransport);

impl SmtpRelay {
    /// Prepares; connects with the first message.
    ///
    /// # Errors
    /// [`SendFault::Settings`].
    pub fn new(settings: &SmtpSettings) -> Result<Self, SendFault> {
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|_| SendFault::Settings);
        let tls = match settings.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(settings.host.clone())
            .port(settings.port)
            .tls(tls)
            .timeout(Some(Duration::from_secs(30)))
            .hello_name(ClientId::Domain(settings.hello.clone()))
            .pool_config(PoolConfig::new().max_size(4));
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().clone()));
        }
        Ok(Self(builder.build()))
    }
}

impl MailRelay for SmtpRelay {
    fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        let from = mail.return_path.parse().map_err(|_| SendFault::Settings)?;
        let to = mail.to.for_smtp().ok_or(SendFault::Settings)?;
        let envelope = lettre::address::Envelope::new(Some(from), vec![to]).map_err(|_| SendFault::Settings)?;
        match self.0.send_raw(&envelope, &mail.bytes) {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error)),
        }
    }
}

fn judge(error: &lettre::transport::smtp::Error) -> SendFault {
    let Some(code) = error.status().map(u16::from) else {
        return if error.is_client() || error.is_tls() { SendFault::Settings } else { SendFault::Unreachable };
    };
    // The error's source is the server's own line, such as `5.1.1 no such user`; it is read and not kept.
    let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    reply(code, &said)
}

/// What a reply means: by its enhanced code (RFC 3463) where it has one, else by RFC 5321 §4.2.
fn reply(code: u16, said: &str) -> SendFault {
    if code < 500 {
        return SendFault::Later { code };
    }
    let status = said.split(|c: char| c.is_whitespace() || c == '-').find_map(Status::parse_word);
    match (code, status) {
        // Sign-in refused, or wanted: nothing is wrong with the recipient.
        (530 | 534 | 535 | 538, _) => SendFault::Settings,
        (_, Some(status)) => SendFault::Refused { code, bounce: status.bounce() },
        (550 | 551 | 553, None) => SendFault::Refused { code, bounce: Bounce::Hard },
        (552, None) => SendFault::Refused { code, bounce: Bounce::Soft },
        (_, None) => SendFault::Refused { code, bounce: Bounce::Policy },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_mean_what_their_enhanced_code_says() {
        let refused = |code, bounce| SendFault::Refused { code, bounce };
        for (code, said, fault) in [
            (450, "4.2.1 try later", SendFault::Later { code: 450 }),
            (550, "5.1.1 no such user", refused(550, Bounce::Hard)),
            (550, "5.7.1 refused by policy", refused(550, Bounce::Policy)),
            (552, "5.2.2 mailbox full", refused(552, Bounce::Soft)),
            (550, "No such user here", refused(550, Bounce::Hard)),
            (554, "Transaction failed", refused(554, Bounce::Policy)),
            (535, "5.7.8 bad credentials", SendFault::Settings),
        ] {
            assert_eq!(reply(code, said), fault, "{code} {said}");
        }
    }
}
