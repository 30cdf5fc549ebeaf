//! Telling residents that something came: keys and settings put together for `tools::channels`, and mail that came back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::config::{ChannelsSection, SmtpSecurity};
use base::{Kind, Seams};
use messaging::carrier::{Carrier, FileDrop};
use messaging::email::{
    EmailAddress, Mail, MailRelay, ReturnPath, Security, SendFault, Sender, SmtpRelay, SmtpSettings, TokenKey,
    build_letter,
};
use messaging::push::{AddressRules, OverHttps, VapidKey, VapidTokens};
use services::notices_for_you::campaigns::telling::StillWanted;
use tools::channels::{Bounced, MailMeans, MailSettings, Teller, take_bounce};

use tools::portal::mail::{IntoDirectory, Letter, Mailer, NotSent};

use crate::city::OpenCity;
use crate::fail::Failure;
use crate::keys::{ChannelKeys, channel_keys, private_directory};

/// What tells residents of this city.
///
/// # Errors
/// A key or a setting that cannot be used.
pub fn teller(city: &OpenCity) -> Result<Arc<Teller>, Failure> {
    let (outside, settings) = (city.outside().clone(), &city.config().channels);
    let keys = channel_keys(city.directory(), &outside.seams)?;
    let key = VapidKey::from_secret(&keys.push, &settings.contact)
        .map_err(Failure::while_doing(Kind::Invalid, "signing/push.key or channels.contact cannot be used"))?;
    let simulated = settings.simulated_push.trim_end_matches('/').to_owned();
    let rules = AddressRules {
        known_hosts: settings.push_hosts.clone(),
        simulated: Some(simulated).filter(|origin| !origin.is_empty()).into_iter().collect(),
    };
    let portal = outside.profile.public_address.clone();
    let service = Arc::new(OverHttps::default());
    let teller = Teller::new(outside, service, rules, VapidTokens::new(key), TokenKey::new(&keys.tokens))
        .with_witness(Arc::new(tools::mailbox::tellings::Tellings))
        .with_recheck(Arc::new(StillWanted));
    let teller = match relay(city, &keys)? {
        Some(relay) => {
            teller.with_mail(MailMeans { relay, settings: Arc::new(mail_settings(city, settings, portal)?) })
        }
        None => teller,
    };
    Ok(Arc::new(teller))
}

/// What carries codes and warnings about accounts of the portal: the city's mail server. [`None`] without one: then nobody
/// is offered a password, because a code by e-mail is half of it.
///
/// # Errors
/// A key or a setting that cannot be used.
pub fn mailer(city: &OpenCity) -> Result<Option<Arc<dyn Mailer>>, Failure> {
    let (settings, seams) = (&city.config().channels, city.outside().seams.clone());
    if settings.smtp_host.is_empty() && city.inside().demo {
        let directory = city.directory().join("outside").join("mail");
        return Ok(Some(Arc::new(IntoDirectory { directory, seams })));
    }
    let keys = channel_keys(city.directory(), &seams)?;
    let Some(relay) = relay(city, &keys)? else {
        tracing::warn!("[channels] names no mail server: residents are offered no passwords");
        return Ok(None);
    };
    let settings = mail_settings(city, settings, city.outside().profile.public_address.clone())?;
    Ok(Some(Arc::new(OverRelay { relay, settings, key: TokenKey::new(&keys.tokens), seams })))
}

/// Letters about accounts over the mail server that carries notices.
struct OverRelay {
    relay: Arc<dyn MailRelay>,
    settings: MailSettings,
    key: TokenKey,
    seams: Seams,
}

impl Mailer for OverRelay {
    fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let to = EmailAddress::parse(letter.to.reveal()).map_err(|_| NotSent)?;
        let id = self.seams.random_id();
        let return_path = self.settings.return_path.address(&self.key, id);
        let said = (letter.subject.as_str(), letter.text.reveal().as_str());
        let mail = build_letter(&self.settings.sender, &to, said, (id, return_path), &self.seams).map_err(|error| {
            tracing::error!(%error, "a letter about an account cannot be written");
            NotSent
        })?;
        self.relay.send(&mail).map_err(|error| {
            tracing::error!(%error, "a letter about an account was not taken");
            NotSent
        })
    }
}

/// Who carries short messages. In a demo they fall into `D/outside/sms/`; no company is connected elsewhere, so that no
/// telephone numbers are asked for there.
///
/// # Errors
/// The folder cannot be made.
pub fn carrier(city: &OpenCity) -> Result<Option<Arc<dyn Carrier>>, Failure> {
    if !city.inside().demo {
        return Ok(None);
    }
    let folder = private_directory(&city.directory().join("outside").join("sms"))?;
    Ok(Some(Arc::new(FileDrop::new(folder))))
}

fn mail_settings(city: &OpenCity, settings: &ChannelsSection, portal: String) -> Result<MailSettings, Failure> {
    let wrong =
        |what: &str| Failure::new(Kind::Invalid, format!("channels.{what} is not an e-mail address that can be used"));
    let address = EmailAddress::parse(&settings.from).map_err(|_| wrong("from"))?;
    let (local, domain) = settings.bounces.split_once('@').ok_or_else(|| wrong("bounces"))?;
    let return_path = ReturnPath::new(local, domain).ok_or_else(|| wrong("bounces"))?;
    let name = city.outside().profile.name.clone();
    Ok(MailSettings { sender: Sender { name, address, portal }, return_path })
}

fn relay(city: &OpenCity, keys: &ChannelKeys) -> Result<Option<Arc<dyn MailRelay>>, Failure> {
    let settings = &city.config().channels;
    if settings.smtp_host.is_empty() {
        if !city.inside().demo {
            return Ok(None);
        }
        let folder = private_directory(&city.directory().join("outside").join("mail"))?;
        return Ok(Some(Arc::new(MailFolder(folder))));
    }
    let credentials = match (&keys.smtp_password, settings.smtp_user.as_str()) {
        (_, "") => None,
        (Some(password), user) => Some((user.to_owned(), password.clone())),
        (None, _) => {
            return Err(Failure::new(Kind::Invalid, "channels.smtp_user is set; put signing/smtp.password there"));
        }
    };
    let hello = settings.from.split_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    let relay = SmtpRelay::new(&SmtpSettings {
        host: settings.smtp_host.clone(),
        port: settings.smtp_port,
        security: match settings.smtp_security {
            SmtpSecurity::Tls => Security::Tls,
            SmtpSecurity::StartTls => Security::StartTls,
            SmtpSecurity::None => Security::None,
        },
        credentials,
        hello,
    });
    let relay = relay.map_err(Failure::while_doing(Kind::Invalid, "the mail server's settings cannot be used"))?;
    Ok(Some(Arc::new(relay)))
}

/// The demo's mail server: a folder that a person can look into.
#[derive(Debug)]
struct MailFolder(PathBuf);

impl MailRelay for MailFolder {
    fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        // The return path holds the message's own name.
        let name: String = mail.return_path.chars().filter(char::is_ascii_alphanumeric).collect();
        fs::write(self.0.join(format!("{name}.eml")), &mail.bytes).map_err(|_| SendFault::Later { code: 451 })
    }
}

/// The folder into which the mail server puts what came back.
pub struct Bounces {
    folder: PathBuf,
    outside: tools::Outside,
    teller: Arc<Teller>,
}

impl Bounces {
    /// The folder is made where it is absent; so is `unreadable/` in it, for what staff should look at.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(city: &OpenCity, teller: Arc<Teller>) -> Result<Self, Failure> {
        let set = &city.config().channels.bounce_folder;
        let folder =
            if set.as_os_str().is_empty() { city.directory().join("outside").join("bounces") } else { set.clone() };
        private_directory(&folder.join("unreadable"))?;
        Ok(Self { folder, outside: city.outside().clone(), teller })
    }

    /// Takes every file there. Hidden ones are still being written.
    ///
    /// # Errors
    /// The folder or the database; what was not taken stays.
    pub fn take_all(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Some(path) = self.teller.return_path() else { return Ok(()) };
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            let is_hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if is_hidden || !file.is_file() {
                continue;
            }
            match take_bounce(&self.outside, self.teller.token_key(), path, &fs::read(&file)?, self.teller.witnesses())?
            {
                Bounced::Counted | Bounced::Nothing => fs::remove_file(&file)?,
                Bounced::NotOurs => self.put_aside(&file)?,
                Bounced::Unreadable(fault) => {
                    tracing::warn!(%fault, "a message that came back cannot be read");
                    self.put_aside(&file)?;
                }
            }
        }
        Ok(())
    }

    fn put_aside(&self, file: &Path) -> std::io::Result<()> {
        let name = file.file_name().unwrap_or_default();
        fs::rename(file, self.folder.join("unreadable").join(name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Server(Mutex<Vec<Mail>>);

    impl MailRelay for Server {
        fn send(&self, mail: &Mail) -> Result<(), SendFault> {
            if mail.to.reveal().starts_with("full@") {
                return Err(SendFault::Later { code: 452 });
            }
            self.0.lock().unwrap().push(mail.clone());
            Ok(())
        }
    }

    #[test]
    fn a_letter_about_an_account_goes_over_the_city_s_mail_server_and_comes_back_to_its_own_name() {
        let server = Arc::new(Server::default());
        let sender = Sender {
            name: "見本市".to_owned(),
            address: EmailAddress::parse("notice@city.example").unwrap(),
            portal: "https://portal.city.example".to_owned(),
        };
        let return_path = ReturnPath::new("bounces", "city.example").unwrap();
        let mailer = OverRelay {
            relay: server.clone(),
            settings: MailSettings { sender, return_path },
            key: TokenKey::new(&[7; 32]),
            seams: Seams::system(),
        };
        let letter = |to: &str| Letter {
            to: to.to_owned().into(),
            subject: "番号".to_owned(),
            text: "番号は 123456 です。".to_owned().into(),
        };
        assert_eq!(mailer.send(&letter("hanako@mail.example")), Ok(()));
        assert_eq!(mailer.send(&letter("full@mail.example")), Err(NotSent));
        assert_eq!(mailer.send(&letter("no address")), Err(NotSent));
        let taken = server.0.lock().unwrap();
        assert_eq!(taken.len(), 1);
        assert!(taken[0].return_path.starts_with("bounces+") && taken[0].to.reveal() == "hanako@mail.example");
    }
}
