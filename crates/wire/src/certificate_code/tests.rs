use super::*;
use proptest::prelude::*;

fn household() -> Claims {
    let mut builder = ClaimsBuilder::new(Claims {
        kind: "residence_certificate".to_owned(),
        issuer: "99999".to_owned(),
        issued_on: Date::from_days_since_epoch(20780),
        request_id: Id::from_bytes([7; 16]),
        page: 1,
        of: 2,
        number: "R8-000123".to_owned(),
        address: "見本県見本市中央一丁目２番３号".to_owned().into(),
        salt: [9; 16],
        ..Claims::default()
    });
    builder.household(Item::Head, Some("辻\u{E0102}本　太郎"));
    builder.person("辻\u{E0102}本　太郎".to_owned().into(), "昭和60年1月2日".to_owned().into());
    builder.item(Item::Relationship, Some("世帯主"));
    builder.item(Item::Domicile, Some("見本県見本市中央一丁目２番地３"));
    builder.person("辻\u{E0102}本　花子".to_owned().into(), "昭和62年5月6日".to_owned().into());
    builder.item(Item::Relationship, Some("妻"));
    builder.item(Item::Domicile, None);
    builder.finish()
}

#[test]
fn what_was_written_is_read() {
    let claims = household();
    assert_eq!(Claims::decode(&claims.encode()), Ok(claims.clone()), "papers of before there was a hash of everything");
    let claims = Claims { fields: Some([3; 32]), ..claims };
    assert_eq!(Claims::decode(&claims.encode()), Ok(claims));
}

#[test]
fn a_checker_types_a_value_and_has_it_confirmed() {
    let claims = household();
    assert_eq!(claims.confirms(Item::Relationship, 2, "妻"), Some(true));
    assert_eq!(claims.confirms(Item::Relationship, 2, "夫"), Some(false));
    assert_eq!(claims.confirms(Item::Relationship, 1, "妻"), Some(false), "another person's value");
    assert_eq!(claims.confirms(Item::Head, 0, "辻本 太郎"), Some(true), "plain character, half-width space");
    assert_eq!(claims.confirms(Item::Domicile, 1, "見本県見本市中央一丁目2番地3"), Some(true), "half-width digits");
}

#[test]
fn an_item_that_was_left_out_is_in_the_code_in_no_form() {
    let claims = household();
    assert_eq!(claims.confirms(Item::Domicile, 2, "見本県見本市中央一丁目２番地３"), None);
    assert!(!claims.people[1].digests.contains_key(&(Item::Domicile as u8)));
    assert!(!claims.encode().windows(6).any(|part| part == "世帯".as_bytes()), "never a value itself");
}

#[test]
fn the_same_value_looks_different_on_every_page() {
    let (a, b) = (digest(&[1; 16], Item::Sex, 1, "女"), digest(&[2; 16], Item::Sex, 1, "女"));
    assert_ne!(a, b);
    assert_ne!(a, digest(&[1; 16], Item::Sex, 2, "女"));
}

#[test]
fn the_text_survives_pasting() {
    let token = household().encode();
    let text = to_text("https://verify.example.lg.jp/verify", &token);
    assert!(text.starts_with("https://verify.example.lg.jp/verify#"));
    assert_eq!(from_text(&text), Ok(token.clone()));
    let (_, code) = text.split_once('#').unwrap();
    assert_eq!(from_text(&format!(" {}\n {} ", &code[..20], code[20..].to_lowercase())), Ok(token));
    assert!(from_text("https://verify.example.lg.jp/verify#").is_err());
    assert!(from_text("https://verify.example.lg.jp/verify#AB!").is_err());
}

#[test]
fn a_map_has_one_form() {
    let bytes = household().encode();
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Claims::decode(&longer), Err(MalformedClaims::NotCbor));
    let Value::Map(mut pairs) = ciborium::from_reader(bytes.as_slice()).unwrap() else { panic!() };
    let written = |pairs: &Vec<(Value, Value)>| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(pairs.clone()), &mut bytes).unwrap();
        Claims::decode(&bytes)
    };
    pairs.swap(0, 1);
    assert_eq!(written(&pairs), Err(MalformedClaims::Key(1)));
    pairs.swap(0, 1);
    pairs.push((Value::Integer(12.into()), Value::Null));
    assert_eq!(written(&pairs), Err(MalformedClaims::Key(12)));
    pairs.truncate(9);
    assert_eq!(written(&pairs), Err(MalformedClaims::Key(10)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = Claims::decode(&bytes);
    }

    #[test]
    fn any_change_of_one_byte_is_answered(at in 0usize..300, to in any::<u8>()) {
        static HONEST: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| household().encode());
        let mut bytes = HONEST.clone();
        let at = at % bytes.len();
        bytes[at] = to;
        let _ = Claims::decode(&bytes);
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}") {
        let _ = from_text(&text);
    }
}
