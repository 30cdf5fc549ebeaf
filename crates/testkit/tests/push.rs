//! Our push messages over a socket to the simulated service, which opens them as a browser would.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use base::{Seams, Timestamp};
use messaging::push::{
    AddressRules, Answer, Message, OverHttps, PushService as _, Subscription, Topic, VapidKey, VapidTokens, compose,
    judge,
};
use messaging::{Teaser, TeaserKind, Urgency};
use yakuba_testkit::world::push_service::{Keys, PushService};

struct Scene {
    service: PushService,
    rules: AddressRules,
    tokens: VapidTokens,
    seams: Seams,
    teaser: Teaser,
}

impl Scene {
    fn new() -> Self {
        let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_795_392_006), 3);
        let service = PushService::start(seams.clone()).unwrap();
        Self {
            rules: AddressRules { simulated: vec![service.origin().to_owned()], ..AddressRules::default() },
            tokens: VapidTokens::new(VapidKey::generate("mailto:push@city.example").unwrap()),
            teaser: Teaser::new(TeaserKind::Letter, "お手紙が届いています", "", "/portal/letters/1").unwrap(),
            service,
            seams,
        }
    }

    fn message(&self, keys: &Keys) -> Message {
        let to = Subscription::parse(&keys.endpoint, &keys.p256dh, &keys.auth, &self.rules).unwrap();
        let topic = Topic::of(&[1; 16]);
        compose(&to, &self.teaser, Urgency::Due, Some(&topic), 600, &self.tokens, &self.seams).unwrap()
    }

    fn send(&self, message: &Message) -> Answer {
        judge(&OverHttps::default().send(message).unwrap(), self.seams.now())
    }
}

#[test]
fn a_browser_opens_what_was_sent_to_it_alone() {
    let scene = Scene::new();
    let [first, second] = [0, 1].map(|_| scene.service.subscribe().unwrap());
    assert_eq!(scene.send(&scene.message(&second)), Answer::Taken);
    let arrived = scene.service.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!((arrived[0].browser, arrived[0].payload.as_slice()), (1, &scene.teaser.payload()[..]));
    assert_eq!((arrived[0].urgency.as_str(), arrived[0].ttl), ("normal", 600));
    // Sealed to one browser and sent to another: the service's browser cannot open it.
    let astray = Message { url: first.endpoint.clone(), ..scene.message(&second) };
    assert_eq!(scene.send(&astray), Answer::OurFault { status: 400 });
}

#[test]
fn each_answer_of_a_service_has_its_consequence() {
    let scene = Scene::new();
    let keys = scene.service.subscribe().unwrap();
    for (status, retry_after, answer) in [
        (410, None, Answer::Gone),
        (404, None, Answer::Gone),
        (429, Some("7"), Answer::Later { after: Some(7) }),
        (500, None, Answer::Later { after: None }),
        (413, None, Answer::TooLarge),
    ] {
        scene.service.answer(0, status, retry_after);
        assert_eq!(scene.send(&scene.message(&keys)), answer, "{status}");
    }
}

#[test]
fn a_message_without_what_the_standards_ask_for_is_refused_by_the_service() {
    let scene = Scene::new();
    let keys = scene.service.subscribe().unwrap();
    for (name, value, status) in [
        ("ttl", None, 400),
        ("urgency", Some("loud"), 400),
        ("topic", Some("a b"), 400),
        ("content-encoding", None, 400),
        ("authorization", None, 401),
        ("authorization", Some("vapid t=a.b.c, k=d"), 403),
    ] {
        let mut message = scene.message(&keys);
        message.headers.retain(|(known, _)| *known != name);
        message.headers.extend(value.map(|value| (name, value.to_owned())));
        assert_eq!(scene.send(&message), Answer::OurFault { status }, "{name}");
    }
    // A token for another service.
    let mut message = scene.message(&keys);
    let other = scene.tokens.authorization("https://push.example.com", scene.seams.now()).unwrap();
    message.headers[0].1 = other;
    assert_eq!(scene.send(&message), Answer::OurFault { status: 403 });
    assert!(scene.service.arrived().is_empty());
}

#[test]
fn a_name_that_leads_inside_is_not_followed() {
    let scene = Scene::new();
    let keys = scene.service.subscribe().unwrap();
    // Let in as a public name, and resolved to this machine.
    let port = scene.service.origin().rsplit_once(':').unwrap().1.to_owned();
    let message = Message { url: format!("https://localhost:{port}/push/0"), simulated: false, ..scene.message(&keys) };
    assert!(OverHttps::default().send(&message).is_err());
    assert_eq!(scene.service.connections(), 0, "not even a handshake");
}
