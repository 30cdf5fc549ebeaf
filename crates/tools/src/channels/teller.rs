//! Sends what is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base::{Id, Seams};
use messaging::carrier::{Carrier, CarrierFault, body};
use messaging::email::{
    Bounce, EmailAddress, MailRelay, MailWords, ReturnPath, SendFault, Sender, TokenKey, Unsubscribe, UnsubscribeToken,
    build,
};
use messaging::push::{AddressRules, Answer, PushService, Topic, VapidTokens, compose, judge};
use messaging::{Teaser, TeaserKind, Urgency};
use store::StoreError;
use ui::{Language, words};

use super::outbox::{self, Claimed, Done, Outcome};
use super::{Address, Channel, ChannelError, Recheck, Witness, Worked};
use crate::zone::Outside;

/// Messages claimed at once.
const BATCH: i64 = 200;
/// Threads that talk to services at once: each waits for a stranger's machine.
const AT_ONCE: usize = 16;
/// Batches of one round, so that a job ends and can be stopped.
const BATCHES: usize = 50;
/// Seconds a push service keeps a message for a browser that is off: four days, a long weekend.
const PUSH_LIVES_SECONDS: u32 = 4 * 86_400;

/// How mail leaves and comes back.
#[derive(Clone)]
pub struct MailMeans {
    /// The mail server.
    pub relay: Arc<dyn MailRelay>,
    /// From whom.
    pub settings: Arc<MailSettings>,
}

/// From whom mail is, and where bounces go.
#[derive(Debug)]
pub struct MailSettings {
    /// The city.
    pub sender: Sender,
    /// Where bounces come back.
    pub return_path: ReturnPath,
}

/// Tells what is due.
pub struct Teller {
    outside: Outside,
    push: Arc<dyn PushService>,
    rules: AddressRules,
    tokens: VapidTokens,
    key: TokenKey,
    mail: Option<MailMeans>,
    carriers: BTreeMap<Channel, Arc<dyn Carrier>>,
    rechecks: Vec<Arc<dyn Recheck>>,
    witnesses: Vec<Arc<dyn Witness>>,
    round: AtomicI64,
}

impl Teller {
    /// With web push alone.
    pub fn new(
        outside: Outside,
        push: Arc<dyn PushService>,
        rules: AddressRules,
        tokens: VapidTokens,
        key: TokenKey,
    ) -> Self {
        let (carriers, rechecks, witnesses) = (BTreeMap::new(), Vec::new(), Vec::new());
        let round = AtomicI64::new(0);
        Self { outside, push, rules, tokens, key, mail: None, carriers, rechecks, witnesses, round }
    }

    /// With e-mail.
    #[must_use]
    pub fn with_mail(mut self, mail: MailMeans) -> Self {
        self.mail = Some(mail);
        self
    }

    /// With a company that carries short messages.
    #[must_use]
    pub fn with_carrier(mut self, channel: Channel, carrier: Arc<dyn Carrier>) -> Self {
        self.carriers.insert(channel, carrier);
        self
    }

    /// With a last question before each message.
    #[must_use]
    pub fn with_recheck(mut self, recheck: Arc<dyn Recheck>) -> Self {
        self.rechecks.push(recheck);
        self
    }

    /// With somebody who writes down what channels did.
    #[must_use]
    pub fn with_witness(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witnesses.push(witness);
        self
    }

    /// Who writes down what channels did.
    pub fn witnesses(&self) -> &[Arc<dyn Witness>] {
        &self.witnesses
    }

    /// What browsers subscribe with (`applicationServerKey`).
    pub fn push_key(&self) -> String {
        self.tokens.key().public_key()
    }

    /// Which push services are taken.
    pub const fn rules(&self) -> &AddressRules {
        &self.rules
    }

    /// Signs and reads return paths and stopping links.
    pub const fn token_key(&self) -> &TokenKey {
        &self.key
    }

    /// Whether e-mail can be sent.
    pub const fn has_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// Where bounces come back, when e-mail can be sent.
    pub fn return_path(&self) -> Option<&ReturnPath> {
        self.mail.as_ref().map(|mail| &mail.settings.return_path)
    }

    /// Expands what was handed over and sends what is due, until nothing is or the round is long enough.
    ///
    /// # Errors
    /// [`ChannelError`]; what was claimed is due again when its lease ends.
    pub fn work(&self) -> Result<Worked, ChannelError> {
        let mut all = Worked::default();
        for _ in 0..BATCHES {
            let expanded = outbox::expand(&self.outside)?;
            let sent = self.batch()?;
            all.expanded += expanded;
            match sent {
                Some(worked) => {
                    all.told += worked.told;
                    all.put_off += worked.put_off;
                    all.ended += worked.ended;
                }
                None if expanded == 0 => break,
                None => {}
            }
        }
        Ok(all)
    }

    /// Claims and sends one batch of the first lane that has one; `None` when none has.
    fn batch(&self) -> Result<Option<Worked>, ChannelError> {
        let round = self.round.fetch_add(1, Ordering::Relaxed);
        for lane in outbox::lanes(round) {
            let lease = self.outside.seams.random_id();
            let (seams, rechecks) = (self.outside.seams.clone(), self.rechecks.clone());
            let (claimed, mut worked) = self
                .outside
                .store
                .write::<_, StoreError, _>(move |tx| outbox::claim(tx, &seams, lane, BATCH, lease, &rechecks))?;
            if claimed.is_empty() && worked == Worked::default() {
                continue;
            }
            let done = Arc::new(self.send_all(claimed));
            let (seams, witnesses) = (self.outside.seams.clone(), self.witnesses.clone());
            let finished = self
                .outside
                .store
                .write::<_, StoreError, _>(move |tx| outbox::finish(tx, &seams, lease, &done, &witnesses))?;
            worked.told += finished.told;
            worked.put_off += finished.put_off;
            worked.ended += finished.ended;
            return Ok(Some(worked));
        }
        Ok(None)
    }

    fn send_all(&self, claimed: Vec<Claimed>) -> Vec<Done> {
        let share = claimed.len().div_ceil(AT_ONCE).max(1);
        let mut rest = claimed;
        std::thread::scope(|scope| {
            let mut threads = Vec::new();
            while !rest.is_empty() {
                let mine = rest.split_off(rest.len().saturating_sub(share));
                threads.push(scope.spawn(move || mine.into_iter().map(|one| self.send(one)).collect::<Vec<_>>()));
            }
            // A thread that panicked sent who knows what: its leases run out.
            threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
        })
    }

    fn send(&self, claimed: Claimed) -> Done {
        let mut gone = Vec::new();
        let sent = match claimed.channel {
            Channel::Push => self.send_push(&claimed, &mut gone),
            Channel::Email => self.send_mail(&claimed),
            Channel::Sms | Channel::Line => self.send_by_carrier(&claimed, &mut gone),
        };
        let outcome = sent.unwrap_or_else(|error| {
            // Our own fault: it is tried again, and staff read this line.
            tracing::error!(channel = claimed.channel.word(), %error, "a message could not be sent");
            Outcome::Later { after: None }
        });
        Done { claimed, outcome, gone }
    }

    fn teaser(&self, claimed: &Claimed) -> Result<Teaser, ChannelError> {
        let language = claimed.language;
        let title = words().get(language, &format!("channels-told-{}", claimed.kind.word()));
        let (line, path) = if claimed.kind == TeaserKind::Digest {
            let many = i64::try_from(claimed.items.len()).unwrap_or(i64::MAX);
            (words().format(language, "channels-told-many", &[("many", many.into())]), "/portal/told")
        } else {
            (words().get(language, "channels-told-line"), claimed.path.as_str())
        };
        Teaser::new(claimed.kind, &title, &line, path).map_err(|_| ChannelError::Message("a teaser"))
    }

    fn send_push(&self, claimed: &Claimed, gone: &mut Vec<Id>) -> Result<Outcome, ChannelError> {
        let teaser = self.teaser(claimed)?;
        let Some((name, _)) = claimed.items.first() else { return Ok(Outcome::Nowhere) };
        let topic = Topic::of(name.bytes());
        let (mut told, mut later) = (None, None);
        for address in &claimed.addresses {
            let to = address.subscription(&self.outside.vault, &self.rules)?;
            let message = compose(
                &to,
                &teaser,
                claimed.urgency,
                Some(&topic),
                PUSH_LIVES_SECONDS,
                &self.tokens,
                &self.outside.seams,
            )
            .map_err(|_| ChannelError::Message("a push message"))?;
            let answer = match self.push.send(&message) {
                Ok(answer) => judge(&answer, self.outside.seams.now()),
                Err(_) => Answer::Later { after: None },
            };
            match answer {
                Answer::Taken => told = Some(address.id),
                Answer::Gone => gone.push(address.id),
                Answer::Later { after } => later = Some(after.max(later.flatten())),
                Answer::TooLarge => return Err(ChannelError::Message("a push message too large")),
                Answer::OurFault { status } => {
                    tracing::error!(status, "a push service refuses us");
                    later = Some(later.flatten());
                }
            }
        }
        Ok(match (told, later) {
            (Some(by), _) => Outcome::Told { by: Some(by) },
            (None, Some(after)) => Outcome::Later { after },
            (None, None) => Outcome::Nowhere,
        })
    }

    fn send_mail(&self, claimed: &Claimed) -> Result<Outcome, ChannelError> {
        let (Some(mail), Some((item, _))) = (&self.mail, claimed.items.first()) else { return Ok(Outcome::Nowhere) };
        let Some(address) = claimed.addresses.first() else { return Ok(Outcome::Nowhere) };
        let teaser = self.teaser(claimed)?;
        let to = address.email(&self.outside.vault)?;
        let stop = match claimed.urgency {
            Urgency::Notice => Some(self.stop_address(address)),
            // What the law wants told cannot be refused by one click (RFC 8058 is for what may).
            Urgency::Due | Urgency::Legal | Urgency::Emergency => None,
        };
        let message = self.message(mail, &to, &teaser, claimed.language, stop.as_deref(), *item)?;
        Ok(match mail.relay.send(&message) {
            Ok(()) => Outcome::Told { by: Some(address.id) },
            Err(SendFault::Refused { bounce: Bounce::Policy, code }) => {
                tracing::error!(code, "the mail server refuses us");
                Outcome::Bounced { by: address.id, bounce: Bounce::Policy }
            }
            Err(SendFault::Refused { bounce, .. }) => Outcome::Bounced { by: address.id, bounce },
            Err(SendFault::Later { .. } | SendFault::Unreachable) => Outcome::Later { after: None },
            Err(error @ SendFault::Settings) => return Err(error.into()),
        })
    }

    /// The address that stops mail to `address`.
    fn stop_address(&self, address: &Address) -> String {
        let token = UnsubscribeToken::write(&self.key, address.id);
        format!("{}/stop/{token}", self.outside.profile.public_address)
    }

    fn message(
        &self,
        mail: &MailMeans,
        to: &EmailAddress,
        teaser: &Teaser,
        language: Language,
        stop: Option<&str>,
        item: Id,
    ) -> Result<messaging::email::Mail, ChannelError> {
        let profile = &self.outside.profile;
        let city = if language == Language::English { &profile.name_english } else { &profile.name };
        let say = |key: &str| words().get(language, key);
        let footer = words().format(language, "channels-mail-footer", &[("city", city.as_str().into())]);
        let (open, stop_words) = (say("channels-mail-open"), say("channels-mail-stop"));
        let around = MailWords { language: language.html(), open: &open, footer: &footer, stop: &stop_words };
        let return_path = mail.settings.return_path.address(&self.key, item);
        let unsubscribe = stop.map(|url| Unsubscribe { url });
        build(&mail.settings.sender, to, teaser, around, unsubscribe, (item, return_path), &self.outside.seams)
            .map_err(|_| ChannelError::Message("an e-mail"))
    }

    fn send_by_carrier(&self, claimed: &Claimed, gone: &mut Vec<Id>) -> Result<Outcome, ChannelError> {
        let (Some(carrier), Some((item, _))) = (self.carriers.get(&claimed.channel), claimed.items.first()) else {
            return Ok(Outcome::Nowhere);
        };
        let Some(address) = claimed.addresses.first() else { return Ok(Outcome::Nowhere) };
        let text = body(&self.teaser(claimed)?, &self.outside.profile.public_address);
        let to = address.words(&self.outside.vault)?;
        Ok(match carrier.submit(*item, &to, &text) {
            Ok(_) => Outcome::Told { by: Some(address.id) },
            Err(CarrierFault::Later { after }) => Outcome::Later { after },
            Err(CarrierFault::Gone) => {
                gone.push(address.id);
                Outcome::Nowhere
            }
            Err(CarrierFault::Settings) => return Err(ChannelError::Message("the carrier's settings")),
        })
    }

    /// Sends the code that confirms an address, at once: somebody waits before a page.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn send_code(&self, language: Language, to: &EmailAddress, code: &str) -> Result<(), ChannelError> {
        let line = words().format(language, "channels-mail-code", &[("code", code.into())]);
        self.send_now(language, to, "channels-mail-code-title", &line)
    }

    /// Tells the address that was in use that another has taken its place.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn tell_of_change(&self, language: Language, to: &EmailAddress) -> Result<(), ChannelError> {
        let line = words().get(language, "channels-mail-changed");
        self.send_now(language, to, "channels-told-security", &line)
    }

    fn send_now(&self, language: Language, to: &EmailAddress, title: &str, line: &str) -> Result<(), ChannelError> {
        let mail = self.mail.as_ref().ok_or(ChannelError::Message("there is no mail server"))?;
        let teaser =
            Teaser::new(TeaserKind::Security, &words().get(language, title), line, "/portal/settings/channels")
                .map_err(|_| ChannelError::Message("a teaser"))?;
        let item = Seams::random_id(&self.outside.seams);
        let message = self.message(mail, to, &teaser, language, None, item)?;
        mail.relay.send(&message)?;
        Ok(())
    }
}
