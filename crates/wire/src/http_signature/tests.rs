//! The RFC's own examples, and everything that is not a signed request.

use base::{Random, SeededRandom};

use super::*;

/// RFC 9421 appendix B.2.6, the input and base of the Ed25519 example.
const B26: &str = r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
const B26_BASE: &str = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
    \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
    \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
    ;created=1618884473;keyid=\"test-key-ed25519\"";

fn of_the_rfc(name: &str) -> Option<String> {
    let value = match name {
        "date" => "Tue, 20 Apr 2021 02:07:55 GMT",
        "@method" => "POST",
        "@path" => "/foo",
        "@authority" => "example.com",
        "content-type" => "application/json",
        "content-length" => "18",
        _ => return None,
    };
    Some(value.to_owned())
}

#[test]
fn the_rfcs_example_gives_the_rfcs_base() {
    let (input, signature) =
        read(B26, "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:")
            .unwrap();
    assert_eq!(input.base(of_the_rfc).unwrap(), B26_BASE);
    assert_eq!((signature.len(), input.keyid.as_deref()), (64, Some("test-key-ed25519")));
}

#[test]
fn what_is_written_reads_back_and_a_part_that_is_missing_is_named() {
    let mut input = SignatureInput::over(&["@method", "@path", "content-digest"]);
    (input.created, input.expires) = (Some(10), Some(20));
    (input.nonce, input.keyid, input.tag) = (Some("a\"b\\c".into()), Some("k".into()), Some("t".into()));
    let [(_, written), (_, signature)] = input.fields(&[1, 2, 3]);
    let (read, bytes) = super::read(&written, &signature).unwrap();
    assert_eq!((read.params(), bytes), (input.params(), vec![1, 2, 3]));
    let fault = read.base(|name| name.starts_with('@').then(|| "x".to_owned())).unwrap_err();
    assert_eq!(fault.position, 2);
    let broken = read.base(|_| Some("a\nb: c".to_owned()));
    assert!(broken.is_err(), "a value that breaks a line would forge another part");
}

#[test]
fn whatever_is_not_one_plain_signature_is_refused_with_its_place() {
    let good = r#"sig=("@method");created=1;keyid="k""#;
    assert!(read(good, "sig=:AA==:").is_ok());
    for (input, signature) in [
        ("", "sig=:AA==:"),
        ("sig", "sig=:AA==:"),
        (r#"sig=("@method""#, "sig=:AA==:"),
        (r#"sig=("@method" "@method")"#, "sig=:AA==:"),
        (r#"sig=("@Method")"#, "sig=:AA==:"),
        (r#"sig=("@method";req)"#, "sig=:AA==:"),
        (r#"sig=("@signature-params")"#, "sig=:AA==:"),
        (r#"sig=("@method");created="1""#, "sig=:AA==:"),
        (r#"sig=("@method");created=1;created=2"#, "sig=:AA==:"),
        (r#"sig=("@method");created=1234567890123456"#, "sig=:AA==:"),
        (r#"sig=("@method");other=1"#, "sig=:AA==:"),
        (r#"sig=("@method"), two=("@path")"#, "sig=:AA==:"),
        (good, "other=:AA==:"),
        (good, "sig=:AA:"),
        (good, "sig=AA=="),
        (good, "sig=:AA==:, two=:AA==:"),
    ] {
        let refused = read(input, signature).unwrap_err();
        assert!(!refused.to_string().is_empty(), "{input} {signature}");
    }
    let long = format!(r#"sig=("@method");nonce="{}""#, "x".repeat(LONGEST_FIELD));
    assert_eq!(read(&long, "sig=:AA==:").unwrap_err().position, 0);
}

#[test]
fn a_digest_is_the_bodys_or_is_refused() {
    // RFC 9530 appendix D has the digest of this body.
    let body = br#"{"hello": "world"}"#;
    assert_eq!(content_digest(body), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    let with_another = format!("sha-512=:AAAA:, {}", content_digest(body));
    assert_eq!(read_content_digest(&with_another).unwrap()[..2], [0x5f, 0x8f]);
    for refused in
        ["", "sha-256", "sha-512=:AAAA:", "sha-256=:AAAA:", "sha-256=AAAA", &format!("{0}, {0}", content_digest(b""))]
    {
        assert!(read_content_digest(refused).is_err(), "{refused}");
    }
}

/// What the fuzz target does, on stable Rust.
#[test]
fn a_hundred_thousand_broken_fields_stop_nothing() {
    let random = SeededRandom::from_seed(9421);
    let random: &dyn Random = &random;
    let alphabet = br#"sig=("@methodpa-)";:, 0123456789\creatednonkyixA"#;
    for _ in 0..100_000 {
        let mut text = B26.as_bytes().to_vec();
        for _ in 0..=random.below(6) {
            let at = usize::try_from(random.below(text.len() as u64)).unwrap();
            let letter = alphabet[usize::try_from(random.below(alphabet.len() as u64)).unwrap()];
            match random.below(3) {
                0 => text[at] = letter,
                1 => text.insert(at, letter),
                _ => _ = text.remove(at),
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        if let Ok((input, _)) = read(&text, "sig-b26=:AA==:") {
            // What is read is what is signed.
            let again = read(&format!("sig-b26={}", input.params()), "sig-b26=:AA==:").unwrap().0;
            assert_eq!(again, input, "{text}");
        }
        let _ = read_content_digest(&text);
    }
}
