//! S5: encrypting web push messages, as many as the machine can: body of RFC 8291 and headers with the kept VAPID token,
//! against the crate `web-push-native` (body only) in the same run.
//!
//! ```text
//!   ours: Teaser ─ payload ─ fresh key ─ ECDH ─ HKDF ─ AES-128-GCM ─ headers    (aws-lc-rs)
//!   peer:          payload ─ fresh key ─ ECDH ─ HKDF ─ AES-128-GCM             (p256, aes-gcm)
//! ```

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use base::Seams;
use messaging::push::{AddressRules, Subscription, VapidKey, VapidTokens, compose};
use messaging::{Teaser, TeaserKind, Urgency};
use web_push_native::{Auth, p256};

use crate::Options;
use crate::clients::drive;
use crate::report::{Failure, Line};

/// Messages a second on two cores: a million in five minutes.
const GOAL: f64 = 3400.0;
/// Cores of the goal.
const CORES: u64 = 2;
/// Browsers that take turns.
const BROWSERS: usize = 256;

/// Measures S5's encryption.
///
/// # Errors
/// When a key cannot be made or a message not be encrypted.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let seams = Seams::system();
    let (browsers, points) = browsers()?;
    let tokens = VapidTokens::new(VapidKey::generate("mailto:bench@city.example")?);
    let teaser =
        Teaser::new(TeaserKind::Letter, "お手紙が届いています", "サインインして読んでください。", "/portal/letters")?;
    let mut lines = Vec::new();
    for cores in [1, CORES] {
        let ours = drive(cores, options.seconds, &|| 0.0, |client| {
            let (seams, tokens, teaser, browsers) = (&seams, &tokens, &teaser, &browsers);
            Ok(move |number: u64| {
                let to = &browsers[(client + number) as usize % BROWSERS];
                let message = compose(to, teaser, Urgency::Notice, None, 86_400, tokens, seams)?;
                std::hint::black_box(message.body.len());
                Ok(())
            })
        })?
        .seen();
        let payload = teaser.payload();
        let peer = drive(cores, options.seconds, &|| 0.0, |client| {
            let (payload, points) = (&payload, &points);
            Ok(move |number: u64| {
                let to = &points[(client + number) as usize % BROWSERS];
                let body = web_push_native::encrypt(payload.clone(), to, &Auth::from([3; 16]))?;
                std::hint::black_box(body.len());
                Ok(())
            })
        })?
        .seen();
        let goal = cores == CORES;
        lines.push(Line {
            work: format!("web push messages made on {cores} core{}", if goal { "s" } else { "" }),
            ours: format!("{:.0}/s", ours.per_second),
            peer: format!("{:.0}/s (web-push-native, body only)", peer.per_second),
            ratio: Some(ours.per_second / peer.per_second),
            goal: if goal { format!("≥ {GOAL:.0}/s") } else { "context".to_owned() },
            met: goal.then_some(ours.per_second >= GOAL),
        });
    }
    Ok(lines)
}

fn browsers() -> Result<(Vec<Subscription>, Vec<p256::PublicKey>), Failure> {
    let (mut browsers, mut points) = (Vec::new(), Vec::new());
    for number in 0..BROWSERS {
        let key = PrivateKey::generate(&ECDH_P256)?;
        let point = key.compute_public_key()?;
        let text = data_encoding::BASE64URL_NOPAD.encode(point.as_ref());
        let endpoint = format!("https://push{}.example.com/{number}", number % 3);
        browsers.push(Subscription::parse(&endpoint, &text, "AwMDAwMDAwMDAwMDAwMDAw", &AddressRules::default())?);
        points.push(p256::PublicKey::from_sec1_bytes(point.as_ref())?);
    }
    Ok((browsers, points))
}
