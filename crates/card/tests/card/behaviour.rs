//! The virtual card, byte by byte, as the surveys and running clients demand it.

use card::DeviceKind;
use card::apdu::{Command, Response, StatusWord};
use card::tlv::{self, Tlvs};
use card::virtual_card::files::CardApplication::{self, *};
use card::virtual_card::{Behaviour, FictitiousNumber, UnusableKey, VirtualCard, VirtualCardContents};

use crate::support::*;

/// Sends hexadecimal bytes (spaces allowed) and returns the answer.
fn send(card: &mut VirtualCard, hex: &str) -> Response {
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    Response::parse(&card.transmit(&bytes)).unwrap()
}

fn status(card: &mut VirtualCard, hex: &str) -> u16 {
    send(card, hex).status.0
}

fn powered(contents: VirtualCardContents) -> VirtualCard {
    let mut card = card_of(contents, Behaviour::default());
    card.power_on();
    card
}

fn select(card: &mut VirtualCard, application: CardApplication) {
    let answer = card.transmit(&Command::select_application(application.name()).encode());
    assert_eq!(answer, [0x90, 0x00]);
}

fn verify(card: &mut VirtualCard, file: u16, secret: &str) -> u16 {
    card.transmit(&Command::select_file(file).encode());
    Response::parse(&card.transmit(&Command::verify(secret.as_bytes()).encode())).unwrap().status.0
}

fn read(card: &mut VirtualCard, file: u16) -> Result<Vec<u8>, StatusWord> {
    card.transmit(&Command::select_file(file).encode());
    let mut bytes = Vec::new();
    loop {
        let answer = Response::parse(&card.transmit(&Command::read_binary(bytes.len() as u16, 256).encode())).unwrap();
        match answer.status {
            StatusWord::DONE => bytes.extend(answer.data),
            StatusWord::OFFSET_PAST_END if !bytes.is_empty() => return Ok(bytes),
            status => return Err(status),
        }
    }
}

fn jpki() -> VirtualCard {
    let mut card = powered(contents());
    select(&mut card, PublicPersonalAuthentication);
    card
}

#[test]
fn token_information_is_160_bytes_and_tells_the_device() {
    for (label, device) in DeviceKind::LABELS {
        let mut contents = contents();
        contents.device = device;
        let mut card = powered(contents);
        select(&mut card, PublicPersonalAuthentication);
        let token = read(&mut card, 0x0006).unwrap();
        assert_eq!(token.len(), 160);
        assert_eq!(DeviceKind::from_label(&token[..32]), Some(device), "{label}");
        assert_eq!(token[96..100], [0, 0, 0x04, 0x0D]);
        assert!(token.ends_with(b"03019999999999999999"));
    }
}

#[test]
fn file_8_says_both_certificates_are_there() {
    assert_eq!(read(&mut jpki(), 0x0008).unwrap(), [0x8F, 0x8F, 0x00]);
    let mut child = contents();
    child.signing = None;
    let mut card = powered(child);
    select(&mut card, PublicPersonalAuthentication);
    assert_eq!(read(&mut card, 0x0008).unwrap(), [0x00, 0x8F, 0x00]);
}

#[test]
fn certificate_files_start_30_82_and_are_padded() {
    let mut card = jpki();
    for file in [0x0002, 0x000A, 0x000B] {
        let bytes = read(&mut card, file).unwrap();
        assert_eq!((&bytes[..2], bytes.len(), bytes.last()), (&[0x30, 0x82][..], 2000, Some(&0xFF)));
    }
    assert_eq!(read(&mut card, 0x0001), Err(StatusWord::SECURITY_NOT_SATISFIED));
    assert_eq!(verify(&mut card, 0x001B, PASSWORD), 0x9000);
    assert_eq!(read(&mut card, 0x0001).unwrap()[..2], [0x30, 0x82]);
}

#[test]
fn reading_gives_what_is_left_and_refuses_past_the_end() {
    let mut card = jpki();
    assert_eq!(status(&mut card, "00B0 0000 00"), 0x6986, "no file is selected");
    assert_eq!(status(&mut card, "00A4 020C 02 0008"), 0x9000);
    assert_eq!(send(&mut card, "00B0 0001 00").data, [0x8F, 0x00]);
    assert_eq!(status(&mut card, "00B0 0003 01"), 0x6B00);
    assert_eq!(status(&mut card, "00B0 0000"), 0x6700);
    assert_eq!(status(&mut card, "00A4 020C 02 0018"), 0x9000);
    assert_eq!(status(&mut card, "00B0 0000 00"), 0x6981, "a key is not read");
    assert_eq!(status(&mut card, "00A4 020C 02 1234"), 0x6A82);
}

#[test]
fn short_file_identifiers_select_and_read_at_once() {
    let mut card = jpki();
    assert_eq!(send(&mut card, "00B0 8A00 04").data[..2], [0x30, 0x82]);
    assert_eq!(send(&mut card, "00B0 8801 02").data, [0x8F, 0x00], "the offset has eight bits");
    assert_eq!(status(&mut card, "00B0 9F00 04"), 0x6A82);
    assert_eq!(status(&mut card, "0020 0098"), 0x63C3, "key reference 0018");
    assert_eq!(status(&mut card, "0020 0098 04 31323334"), 0x9000);
    assert_eq!(send(&mut card, "802A 0097 03 010203 00").data.len(), 256, "key 0017");
    assert_eq!(status(&mut card, "802A 009A 03 010203 00"), 0x6982, "key 001A wants the other secret");
}

#[test]
fn a_query_answers_the_counter_even_when_verified() {
    let mut card = jpki();
    assert_eq!(verify(&mut card, 0x0018, "9999"), 0x63C2);
    assert_eq!(status(&mut card, "0020 0080"), 0x63C2);
    assert_eq!(status(&mut card, "0020 0080 04 31323334"), 0x9000);
    assert_eq!(status(&mut card, "0020 0080"), 0x63C3);
}

#[test]
fn the_miss_that_empties_the_counter_says_so_and_later_ones_are_blocked() {
    let mut card = jpki();
    let told: Vec<_> = (0..5).map(|_| verify(&mut card, 0x0018, "0000")).collect();
    assert_eq!(told, [0x63C2, 0x63C1, 0x63C0, 0x6984, 0x6984]);
    assert_eq!(verify(&mut card, 0x0018, PIN), 0x6984, "the right one too");
    assert_eq!(status(&mut card, "0020 0080"), 0x63C0);
    assert_eq!(card.contents().user_authentication_pin.tries_left, 0);
    let mut again = powered(VirtualCardContents::from_bytes(&card.contents().to_bytes()).unwrap());
    select(&mut again, PublicPersonalAuthentication);
    assert_eq!(verify(&mut again, 0x0018, PIN), 0x6984, "stored and restored, it stays locked");
}

fn is_verified(card: &mut VirtualCard) -> bool {
    select(card, PublicPersonalAuthentication);
    status(card, "802A 0097 03 010203 00") == 0x9000
}

#[test]
fn a_verified_pin_survives_what_it_survives_on_real_cards() {
    let mut card = jpki();
    assert_eq!(verify(&mut card, 0x0018, PIN), 0x9000);
    assert!(is_verified(&mut card), "selecting the same application");
    card.warm_reset();
    assert!(is_verified(&mut card), "a warm reset");
    card.warm_reset();
    select(&mut card, IssuerSecurityDomain);
    assert!(!is_verified(&mut card), "not another application after one");
    verify(&mut card, 0x0018, PIN);
    select(&mut card, IssuerSecurityDomain);
    assert!(!is_verified(&mut card), "not another application");
    verify(&mut card, 0x0018, PIN);
    assert_eq!(verify(&mut card, 0x0018, "0000"), 0x63C2);
    assert!(!is_verified(&mut card), "not a miss");
    verify(&mut card, 0x0018, PIN);
    verify(&mut card, 0x001B, "WRONG1");
    assert!(is_verified(&mut card), "a miss of the other secret");
    card.power_off();
    assert_eq!(status(&mut card, "00A4 0400"), 0x6F00, "without power no answer");
    card.power_on();
    assert!(!is_verified(&mut card), "not a power cycle");
}

#[test]
fn the_switches_change_what_they_say() {
    let mut card = card_of(
        contents(),
        Behaviour {
            warm_reset_forgets_pins: true,
            miss_forgets_pin: false,
            first_command_fails: true,
            ..Behaviour::default()
        },
    );
    card.power_on();
    assert_eq!(status(&mut card, "00A4 040C 07 A0000001510000"), 0x6F00);
    select(&mut card, PublicPersonalAuthentication);
    verify(&mut card, 0x0018, PIN);
    verify(&mut card, 0x0018, "0000");
    assert!(is_verified(&mut card));
    card.warm_reset();
    assert!(!is_verified(&mut card));
}

#[test]
fn every_form_of_signing_is_known_and_no_other() {
    let mut card = jpki();
    verify(&mut card, 0x0018, PIN);
    let hash = "11".repeat(32);
    for (p1, good) in [("00", "0102"), ("01", "0102"), ("02", &*hash), ("03", "0102"), ("04", &*hash), ("05", "0102")] {
        let length = good.len() / 2;
        let answer = send(&mut card, &format!("802A {p1}97 {length:02X} {good} 00"));
        assert_eq!((answer.status.0, answer.data.len()), (0x9000, 256), "P1 {p1}");
    }
    assert_eq!(status(&mut card, "802A 0297 02 0102 00"), 0x6985, "not a hash");
    assert_eq!(status(&mut card, &format!("802A 0097 F6 {} 00", "41".repeat(246))), 0x6985, "one byte too long");
    assert_eq!(status(&mut card, &format!("802A 0097 F5 {} 00", "41".repeat(245))), 0x9000);
    assert_eq!(status(&mut card, "802A 0097 00"), 0x6700);
    assert_eq!(status(&mut card, "802A 0697 02 0102 00"), 0x6A86);
    assert_eq!(status(&mut card, "802A 9E9A 02 0102 00"), 0x6982);
}

#[test]
fn the_forms_of_signing_agree_with_one_another() {
    let mut card = jpki();
    verify(&mut card, 0x0018, PIN);
    let digest: String = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"AB")
        .as_ref()
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    let info = format!("3031300D060960864801650304020105000420{digest}");
    let given = send(&mut card, &format!("802A 0097 33 {info} 00")).data;
    assert_signed(card::Pin::UserAuthentication, b"AB", &given);
    assert_eq!(send(&mut card, &format!("802A 0297 20 {digest} 00")).data, given);
    assert_eq!(send(&mut card, "802A 0397 02 4142 00").data, given);
    let bare = send(&mut card, "802A 0197 02 4142 00").data;
    assert_ne!(bare, given);
    assert_eq!(send(&mut card, &format!("802A 0097 20 {digest} 00")).data, bare);
}

#[test]
fn all_applications_and_key_references_are_there() {
    let expected: [(CardApplication, &[(u16, u16)]); 5] = [
        (PublicPersonalAuthentication, &[(0x0018, 0x63C3), (0x001B, 0x63C5)]),
        (InputSupport, &[(0x0011, 0x63C3), (0x0012, 0x63C0), (0x0014, 0x63CA), (0x0015, 0x63CA)]),
        (Surface, &[(0x0011, 0x63CA), (0x0012, 0x63CA), (0x0013, 0x63CA)]),
        (ResidentRegister, &[(0x001C, 0x63C3)]),
        (Common, &[(0x001C, 0x63C3)]),
    ];
    let mut card = powered(contents());
    for (application, keys) in expected {
        select(&mut card, application);
        for &(key, tries) in keys {
            assert_eq!(status(&mut card, &format!("00A4 020C 02 {key:04X}")), 0x9000, "{application:?} {key:04X}");
            assert_eq!(status(&mut card, "0020 0080"), tries, "{application:?} {key:04X}");
        }
    }
    select(&mut card, InputSupport);
    assert_eq!(verify(&mut card, 0x0012, "1234"), 0x6984, "always blocked");
}

#[test]
fn the_four_attributes_have_the_layout_of_the_survey() {
    let mut card = powered(contents());
    select(&mut card, InputSupport);
    assert_eq!(read(&mut card, 0x0002), Err(StatusWord::SECURITY_NOT_SATISFIED));
    assert_eq!(verify(&mut card, 0x0011, PIN), 0x9000);
    let bytes = read(&mut card, 0x0002).unwrap();
    let objects: Vec<_> = Tlvs::new(tlv::first(&bytes, 0xFF20).unwrap().value).map(Result::unwrap).collect();
    let texts: Vec<_> = objects[1..].iter().map(|o| (o.tag, String::from_utf8_lossy(o.value).into_owned())).collect();
    assert_eq!(
        texts,
        [
            (0xDF22, attributes().name),
            (0xDF23, attributes().address),
            (0xDF24, "19710901".to_owned()),
            (0xDF25, "2".to_owned())
        ]
    );
    let offsets: Vec<_> = objects[0].value.chunks(2).map(|o| usize::from(u16::from_be_bytes([o[0], o[1]]))).collect();
    for (offset, (tag, _)) in offsets.iter().zip(&texts) {
        assert_eq!(bytes[*offset..][..2], tag.to_be_bytes(), "the offset leads to the object");
    }
    assert_eq!(offsets[0], 0x0E);
    let digests = read(&mut card, 0x0003).unwrap();
    let digests: Vec<_> = Tlvs::new(tlv::first(&digests, 0xFF30).unwrap().value).map(Result::unwrap).collect();
    let sha256 = |bytes: &[u8]| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec();
    assert_eq!(digests[0].value, sha256(&read(&mut card, 0x0001).unwrap()));
    assert_eq!(digests[1].value, sha256(&bytes[offsets[0]..]));
    assert_eq!(read(&mut card, 0x0005).unwrap().len(), 164);
}

#[test]
fn the_number_on_the_card_can_be_nobodys() {
    let mut card = powered(contents());
    select(&mut card, InputSupport);
    verify(&mut card, 0x0011, PIN);
    let file = read(&mut card, 0x0001).unwrap();
    assert_eq!((file.len(), &file[..3], &file[15..]), (17, &[0xFF, 0x10, 0x0C][..], &[0xFF, 0xFF][..]));
    let number = std::str::from_utf8(&file[3..15]).unwrap();
    assert_eq!(number, "123456789019", "the right check digit would be 8");
    assert_eq!(base::my_number_guard::refuse_individual_number(number), Ok(()));
    for seed in 0..1000u64 {
        let digits: [u8; 11] =
            std::array::from_fn(|i| (seed.wrapping_mul(0x9E37_79B9).rotate_left(i as u32 * 5) % 10) as u8);
        let number = FictitiousNumber::from_eleven(digits).ascii();
        assert_eq!(base::my_number_guard::refuse_individual_number(std::str::from_utf8(&number).unwrap()), Ok(()));
    }
}

#[test]
fn verification_codes_open_what_they_open() {
    let code_b = "4609012031" /* 昭和46年9月1日, expires 2031 */
        .to_owned()
        + "0000";
    let mut card = powered(contents());
    select(&mut card, InputSupport);
    assert_eq!(verify(&mut card, 0x0015, &code_b), 0x9000);
    assert!(read(&mut card, 0x0002).is_ok());
    assert_eq!(read(&mut card, 0x0001), Err(StatusWord::SECURITY_NOT_SATISFIED));
    select(&mut card, Surface);
    assert_eq!(verify(&mut card, 0x0012, &code_b), 0x9000);
    assert!(read(&mut card, 0x0002).is_ok());
    assert_eq!(read(&mut card, 0x0005), Err(StatusWord::SECURITY_NOT_SATISFIED));
    assert_eq!(read(&mut card, 0x0001), Err(StatusWord::SECURITY_NOT_SATISFIED));
    assert_eq!(verify(&mut card, 0x0011, "460901"), 0x9000);
    assert!(read(&mut card, 0x0001).is_ok());
    assert_eq!(verify(&mut card, 0x0013, "123456789019"), 0x9000);
    assert!(read(&mut card, 0x0005).is_ok());
}

#[test]
fn a_pin_is_changed_only_after_it_was_verified() {
    let mut card = jpki();
    assert_eq!(status(&mut card, "00A4 020C 02 0018"), 0x9000);
    assert_eq!(status(&mut card, "0024 0180 04 35363738"), 0x6982);
    verify(&mut card, 0x0018, PIN);
    assert_eq!(status(&mut card, "0024 0180 04 35363738"), 0x9000);
    assert_eq!(verify(&mut card, 0x0018, PIN), 0x63C2);
    assert_eq!(verify(&mut card, 0x0018, "5678"), 0x9000);
    select(&mut card, Common);
    verify(&mut card, 0x001C, PIN);
    assert_eq!(
        status(&mut card, "0024 0180 04 35363738"),
        0x6D00,
        "the older applications have a command of their own"
    );
    assert_eq!(status(&mut card, "8032 0080 04 35363738"), 0x9000);
    select(&mut card, ResidentRegister);
    assert_eq!(verify(&mut card, 0x001C, PIN), 0x9000, "a separate reference, changed separately");
}

#[test]
fn the_printed_data_are_a_record() {
    let mut card = powered(contents());
    select(&mut card, Common);
    assert_eq!(status(&mut card, "00A4 020C 02 0001"), 0x9000);
    let record = send(&mut card, "00B2 0104 00").data;
    assert_eq!(record[..2], [0x01, 0x1C]);
    assert_eq!(&record[2..], b"0000000000000000000020310901");
    assert_eq!(send(&mut card, "00B2 010C 00").data, record, "by short identifier");
    assert_eq!(status(&mut card, "00B2 0204 00"), 0x6A83);
    assert_eq!(status(&mut card, "00B0 0000 00"), 0x6981);
}

#[test]
fn what_other_drivers_probe_for_is_refused_in_the_expected_words() {
    let mut card = powered(contents());
    for (hex, expected) in [
        ("00A4 0000 02 3F00 00", 0x6A82),
        ("00A4 0400 06 A00000000101 00", 0x6A82),
        ("00A4 040C 07 A0000001510000", 0x9000),
        ("00CA 0045 00", 0x6A88),
        ("00CA 5F51 00", 0x9000),
        ("00C0 0000 00", 0x6D00),
        ("01A4 0400", 0x6881),
        ("90A4 0400", 0x6E00),
        ("80FC 0000", 0x6700),
        ("00A4 04", 0x6700),
        ("00A4 040C 05 D392F00026", 0x9000),
        ("00A4 040C 04 D392F000", 0x6A82),
        ("0020 0180 04 31323334", 0x6A86),
    ] {
        assert_eq!(status(&mut card, hex), expected, "{hex}");
    }
    assert_eq!(send(&mut card, "0084 0000 08").data.len(), 8);
    assert_eq!(send(&mut card, "0084 0000 00").data.len(), 256);
}

#[test]
fn a_card_survives_being_stored() {
    let contents = contents();
    let bytes = contents.to_bytes();
    assert_eq!(VirtualCardContents::from_bytes(&bytes), Ok(contents.clone()));
    for cut in (0..bytes.len()).step_by(97) {
        assert!(VirtualCardContents::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut real_number = bytes.clone();
    let fictitious = contents.number.ascii();
    let at = bytes.windows(12).position(|window| window == fictitious).unwrap();
    real_number[at + 11] = b'8';
    let refused = VirtualCardContents::from_bytes(&real_number).unwrap_err();
    assert_eq!(refused.reason, "the number is not a fictitious one");
    assert!(!format!("{contents:?}").contains("試験"));
}

#[test]
fn cards_stored_in_the_older_forms_are_still_read() {
    let mut contents = contents();
    contents.genuineness = None;
    let today = contents.to_bytes();
    // The last fields of today's form: one byte that says there is no proof, and an empty field for no application of the
    // city's; each with four bytes of length.
    for (version, end) in [(b'2', today.len() - 4), (b'1', today.len() - 9)] {
        let mut older = today.clone();
        older[3] = version;
        assert_eq!(VirtualCardContents::from_bytes(&older[..end]), Ok(contents.clone()));
        assert!(VirtualCardContents::from_bytes(&older).is_err(), "more bytes follow");
    }
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let mut contents = contents();
    contents.user_authentication.private_key_pkcs8 = zeroize::Zeroizing::new(vec![0x30, 0x03, 1, 2, 3]);
    let random = std::sync::Arc::new(base::SeededRandom::from_seed(1));
    assert_eq!(VirtualCard::new(contents, Behaviour::default(), random).err(), Some(UnusableKey));
}
