//! Things without a certificate: tags, transit cards, printed codes. Linked, found, stopped, made anew, taken back.

use pki::token::{KeyRing, TokenKey};
use wire::credential_code::CredentialCode;

use super::*;
use crate::credentials::printed::{self, CodeError, CodeRefusal, PrintedCode, Wanted};

#[test]
fn tags_transit_cards_and_codes_are_found_by_what_they_carry_and_by_nothing_else() {
    for_each_engine(|database| {
        let city = City::new(database);
        let tokens = [
            numbers::tag("04A2 3B1C 5D80 66").unwrap(),
            Token::TransitCard([2; 8]),
            Token::SignedCode([1; 16]),
            Token::CityApplication([1; 16]),
        ];
        let until = city.database.seams.now().plus_seconds(86_400);
        for (token, holder) in tokens.iter().zip([HANAKO, HANAKO, TARO, TARO]) {
            let (vault, seams, token) = (city.database.vault(), city.database.seams.clone(), token.clone());
            city.write(move |tx| enrol_token(tx, &vault, &seams, &clerk(), &id(holder), until, &token)).unwrap();
        }
        let find = |token: &Token| {
            let (vault, now, token) = (city.database.vault(), city.database.seams.now(), token.clone());
            city.write(move |tx| find_token(tx, &vault, now, &token))
        };
        // The same bytes in another kind of thing are another thing.
        assert_eq!(find(&tokens[0]).unwrap().resident().as_str(), HANAKO);
        assert_eq!(find(&tokens[2]).unwrap().resident().as_str(), TARO);
        assert_eq!(find(&tokens[1]).unwrap().kind(), CredentialKind::TransitCard);
        assert_eq!(find(&numbers::tag("04A2 3B1C 5D80 67").unwrap()), Err(CredentialRefusal::Unknown));
        let tag = city.listed(HANAKO).into_iter().find(|one| one.kind == CredentialKind::Tag).unwrap();
        assert!(city.stop(resident(HANAKO), HANAKO, tag.id, CredentialStatus::Lost));
        assert_eq!(find(&tokens[0]), Err(CredentialRefusal::Lost));
        city.database.clock.advance_seconds(86_400);
        assert_eq!(find(&tokens[1]), Err(CredentialRefusal::Expired));
    });
}

struct Desk {
    city: City,
    keys: KeyRing,
}

impl Desk {
    fn new(database: TestDatabase) -> Self {
        Self { city: City::new(database), keys: KeyRing::new(TokenKey::generate().unwrap()) }
    }

    fn make(&self, holder: &str, replaces: Option<Id>) -> Result<PrintedCode, CodeRefusal> {
        let (vault, seams) = (self.city.database.vault(), self.city.database.seams.clone());
        let key = KeyRing::new(TokenKey::from_pkcs8(&self.keys.current().to_pkcs8().unwrap()).unwrap());
        let resident = id(holder);
        let made = self.city.database.inside().write::<_, CodeError, _>(move |tx| {
            let purpose = Purpose::new(Duty::Credential);
            let access = access::person(tx, &seams, &clerk(), &purpose, &resident).map_err(CredentialError::from)?;
            let valid_until = seams.today().plus_days(30);
            let wanted = Wanted { resident: &resident, valid_until, replaces, mark: Some("かばんの内側") };
            printed::make(tx, &vault, &seams, (&clerk(), &access), &key, &wanted)
        });
        made.unwrap()
    }

    fn shown(&self, text: &str) -> Result<String, CredentialRefusal> {
        let today = self.city.database.seams.today();
        let token = printed::read(text, &self.keys.public(), today)?;
        let (vault, now) = (self.city.database.vault(), self.city.database.seams.now());
        self.city
            .write(move |tx| find_token(tx, &vault, now, &token))
            .map(|person| person.resident().as_str().to_owned())
    }

    fn link(&self, holder: &str, number: &'static str) -> Result<Enrolled, LinkRefusal> {
        let (vault, seams, holder) = (self.city.database.vault(), self.city.database.seams.clone(), id(holder));
        let until = seams.now().plus_seconds(86_400);
        let token = numbers::tag(number).unwrap();
        self.city.write(move |tx| enrol_token(tx, &vault, &seams, &clerk(), &holder, until, &token))
    }

    fn release(&self, holder: &str, credential: Id, why: Release) -> bool {
        let (vault, seams, holder) = (self.city.database.vault(), self.city.database.seams.clone(), id(holder));
        self.city.write(move |tx| release(tx, &vault, &seams, &clerk(), &holder, credential, why))
    }
}

#[test]
fn a_printed_code_opens_for_its_holder_until_its_last_day() {
    for_each_engine(|database| {
        let desk = Desk::new(database);
        let code = desk.make(HANAKO, None).unwrap();
        assert_eq!(desk.shown(&code.text).as_deref(), Ok(HANAKO));
        assert_eq!(desk.city.listed(HANAKO)[0].mark.as_deref(), Some("かばんの内側"));
        desk.city.database.clock.advance_seconds(30 * 86_400);
        assert_eq!(desk.shown(&code.text).as_deref(), Ok(HANAKO), "the last day counts whole");
        desk.city.database.clock.advance_seconds(86_400);
        assert_eq!(desk.shown(&code.text), Err(CredentialRefusal::Expired));
    });
}

#[test]
fn a_tag_whose_time_is_over_is_handed_out_anew_and_one_in_use_is_not_changed() {
    for_each_engine(|database| {
        let desk = Desk::new(database);
        let hand_out = |mark: &'static str| {
            let (vault, seams) = (desk.city.database.vault(), desk.city.database.seams.clone());
            let (until, token) = (seams.now().plus_seconds(86_400), numbers::tag("04A23B1C5D8066").unwrap());
            let by = clerk();
            let linked = desk.city.write(move |tx| {
                enrol_marked(tx, &vault, &seams, &by, &id(HANAKO), until, &token, Mark::of(Some(mark)))
            });
            linked.unwrap().is_new
        };
        assert!(hand_out("かばん"));
        assert!(!hand_out("くつ"), "told to be linked already");
        assert_eq!(desk.city.listed(HANAKO)[0].mark.as_deref(), Some("かばん"), "and left as it was");
        desk.city.database.clock.advance_seconds(86_400);
        let found = || {
            let (vault, now) = (desk.city.database.vault(), desk.city.database.seams.now());
            let token = numbers::tag("04A23B1C5D8066").unwrap();
            desk.city.write(move |tx| find_token(tx, &vault, now, &token)).map(|person| person.resident().clone())
        };
        assert_eq!(found(), Err(CredentialRefusal::Expired));
        assert!(hand_out("くつ"));
        assert_eq!(found(), Ok(id(HANAKO)));
        let listed = desk.city.listed(HANAKO);
        assert_eq!((listed.len(), listed[0].mark.as_deref()), (1, Some("くつ")));
    });
}

#[test]
fn a_code_made_anew_supersedes_the_old_one_and_a_form_sent_twice_makes_one() {
    for_each_engine(|database| {
        let desk = Desk::new(database);
        let first = desk.make(HANAKO, None).unwrap();
        assert_eq!(desk.make(HANAKO, None).err(), Some(CodeRefusal::Changed), "sent twice");
        assert_eq!(desk.shown(&first.text).as_deref(), Ok(HANAKO));
        let second = desk.make(HANAKO, Some(first.credential)).unwrap();
        assert_eq!(desk.shown(&first.text), Err(CredentialRefusal::Superseded));
        assert_eq!(desk.shown(&second.text).as_deref(), Ok(HANAKO));
        // Another person's current code is nobody else's to replace.
        assert_eq!(desk.make(TARO, Some(second.credential)).err(), Some(CodeRefusal::Changed));
        assert_eq!(desk.shown(&second.text).as_deref(), Ok(HANAKO));
    });
}

#[test]
fn a_code_that_the_city_did_not_sign_as_a_credential_opens_nothing() {
    for_each_engine(|database| {
        let desk = Desk::new(database);
        let code = desk.make(HANAKO, None).unwrap();
        let stranger = KeyRing::new(TokenKey::generate().unwrap());
        let valid_until = desk.city.database.seams.today();
        let claims = CredentialCode { number: [1; 16], valid_until }.encode();
        let forged = pki::token::to_text(&stranger.sign(&claims).unwrap());
        let unissued = pki::token::to_text(&desk.keys.sign(&claims).unwrap());
        let of_another_kind = pki::token::to_text(&desk.keys.sign(b"\xa1\x01\x6breceipt1234").unwrap());
        let cut = &code.text[..code.text.len() - 3];
        for text in ["", "YK1:", "https://example.com", cut, &forged, &unissued, &of_another_kind] {
            assert_eq!(desk.shown(text), Err(CredentialRefusal::Unknown), "{text}");
        }
    });
}

#[test]
fn a_tag_that_came_back_serves_another_and_its_old_link_stays_on_the_list() {
    for_each_engine(|database| {
        let desk = Desk::new(database);
        let number = "04A2 3B1C 5D80 66";
        let tag = desk.link(HANAKO, number).unwrap().credential;
        assert_eq!(desk.link(TARO, number), Err(LinkRefusal::AnotherPerson));
        assert!(!desk.release(TARO, tag, Release::Returned), "it is not his to bring back");
        assert!(desk.release(HANAKO, tag, Release::Mistake));
        assert!(!desk.release(HANAKO, tag, Release::Mistake), "once");
        assert_eq!(desk.city.listed(HANAKO)[0].status, CredentialStatus::Ended);
        assert!(desk.link(TARO, number).unwrap().is_new);
        // A code is not handed on: it is made anew.
        let code = desk.make(HANAKO, None).unwrap();
        assert!(!desk.release(HANAKO, code.credential, Release::Returned));
    });
}
