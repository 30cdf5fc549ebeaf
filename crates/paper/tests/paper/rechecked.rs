//! Invariants I3 and I4: the finished bytes are read back; a swap at any hop is seen.

use lopdf::{Document, Object};
use paper::recheck::extract;
use paper::{Mismatch, recheck};

use super::support::*;

/// Another household's request.
fn neighbours(people: usize) -> paper::Certificate {
    let mut certificate = household(people);
    certificate.sheet.request_id = base::Id::from_bytes(*b"another-request!");
    certificate.sheet.subject_hash = [0x5A; 32];
    certificate.sheet.document_number = "R8-000124".to_owned();
    of_mut(&mut certificate).people[0].name = personal("見本　次郎");
    certificate
}

#[test]
fn a_paper_of_one_to_five_pages_is_what_was_authorised() {
    for people in [1, 2, 4, 5, 9, 17] {
        let certificate = household(people);
        let (bytes, codes) = drawn(&certificate);
        assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()), "{people} people");
    }
}

#[test]
fn i3_two_documents_that_were_swapped_are_refused() {
    let (ours, theirs) = (household(2), neighbours(2));
    let ((our_bytes, our_codes), (their_bytes, their_codes)) = (drawn(&ours), drawn(&theirs));
    assert!(recheck(&their_bytes, &expected(&ours, our_codes)).is_err());
    assert!(recheck(&our_bytes, &expected(&theirs, their_codes)).is_err());
}

#[test]
fn i3_each_fact_of_the_request_is_compared() {
    let certificate = household(5);
    let (bytes, codes) = drawn(&certificate);
    let right = expected(&certificate, codes);
    type Change = fn(&mut paper::Expected);
    let changes: [(&str, Change); 11] = [
        ("kind", |e| e.kind = "tax".to_owned()),
        ("title", |e| e.title = "戸籍".to_owned()),
        ("request", |e| e.request_id = base::Id::from_bytes([1; 16])),
        ("subject", |e| e.subject_hash[31] ^= 1),
        ("options", |e| e.options = "applicant".to_owned()),
        ("number", |e| e.document_number = "R8-000999".to_owned()),
        ("address", |e| e.place = personal("別の住所")),
        ("name", |e| e.people[4].0 = personal("見本　次郎")),
        // The same character without its selector is another registered name.
        ("variation", |e| e.people[0].0 = personal("辻本　太郎")),
        ("birth date", |e| e.people[1].1 = personal("1988年7月8日")),
        ("code", |e| e.codes.as_mut().unwrap().swap(0, 1)),
    ];
    for (what, change) in changes {
        let mut wrong = right.clone();
        change(&mut wrong);
        assert!(recheck(&bytes, &wrong).is_err(), "{what}");
    }
    let fewer = paper::Expected { people: right.people[..4].to_vec(), ..right.clone() };
    assert!(recheck(&bytes, &fewer).is_err(), "a person too many");
    assert_eq!(recheck(&bytes, &paper::Expected { codes: None, ..right }), Ok(()));
}

/// `ours` with page `page` (from 0) taken from `theirs`.
fn with_page_of(ours: &[u8], theirs: &[u8], page: usize) -> Vec<u8> {
    let mut document = Document::load_mem(ours).unwrap();
    let mut other = Document::load_mem(theirs).unwrap();
    other.renumber_objects_with(document.max_id + 1);
    let foreign = other.page_iter().nth(page).unwrap();
    let pages = document.catalog().unwrap().get(b"Pages").unwrap().as_reference().unwrap();
    document.max_id = other.max_id;
    document.objects.extend(other.objects);
    let kids = document.get_dictionary_mut(pages).unwrap().get_mut(b"Kids").unwrap().as_array_mut().unwrap();
    kids[page] = Object::Reference(foreign);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn i4_page_2_of_3_from_another_paper_is_refused() {
    let (ours, theirs) = (household(9), neighbours(9));
    let ((our_bytes, our_codes), (their_bytes, _)) = (drawn(&ours), drawn(&theirs));
    let same = with_page_of(&our_bytes, &our_bytes, 1);
    assert_eq!(recheck(&same, &expected(&ours, our_codes.clone())), Ok(()), "the surgery itself changes nothing");
    let mixed = with_page_of(&our_bytes, &their_bytes, 1);
    let refusal = recheck(&mixed, &expected(&ours, our_codes)).unwrap_err();
    assert!(matches!(refusal, Mismatch::Page { page: 2, .. }), "{refusal}");
    assert_eq!(refusal.code(), "recheck-page");
}

#[test]
fn i4_a_page_with_the_same_people_but_another_code_is_refused() {
    let certificate = household(9);
    let (bytes, codes) = drawn(&certificate);
    let plan = paper::Plan::new(&TYPEFACE, &certificate).unwrap();
    let mut other = codes.clone();
    other.swap(1, 2);
    let swapped = plan.draw(&other, &SEAL).unwrap();
    let mixed = with_page_of(&bytes, &swapped, 1);
    assert_eq!(recheck(&mixed, &expected(&certificate, codes)), Err(Mismatch::Page { page: 2, what: "the code" }));
}

#[test]
fn the_code_is_read_from_the_modules_that_are_drawn() {
    let certificate = household(5);
    let (bytes, codes) = drawn(&certificate);
    let found = extract(&bytes).unwrap();
    let drawn: Vec<_> = found.pages.iter().map(|page| page.code.clone().unwrap()).collect();
    assert_eq!(drawn, codes);
    assert_eq!(found.keyword("register"), Some("42"));
}

#[test]
fn the_code_says_what_its_page_shows() {
    let certificate = household(5);
    let plan = paper::Plan::new(&TYPEFACE, &certificate).unwrap();
    let claims = plan.claims(2, [3; 16]);
    assert_eq!((claims.page, claims.of, claims.people.len()), (2, 2, 1));
    assert_eq!(claims.people[0].name, of(&certificate).people[4].name);
    assert_eq!(claims.confirms(wire::certificate_code::Item::Relationship, 1, "世帯主"), Some(true));
    let first = plan.claims(1, [3; 16]);
    assert_eq!(first.confirms(wire::certificate_code::Item::Domicile, 3, "見本県見本市中央一丁目2番地3"), None, "省略");
}

#[test]
fn broken_files_are_refused_in_words() {
    let (bytes, codes) = drawn(&household(1));
    let expected = expected(&household(1), codes);
    for length in [0, 10, 1000, bytes.len() / 2, bytes.len() - 200] {
        assert!(recheck(&bytes[..length], &expected).is_err(), "{length} bytes");
    }
}

mod any_bytes {
    use proptest::prelude::*;

    use super::super::support::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 20, ..ProptestConfig::default() })]

        #[test]
        fn a_paper_with_changed_bytes_is_answered(at in any::<proptest::sample::Index>(), to in any::<[u8; 4]>()) {
            static PAPER: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| drawn(&household(1)).0);
            let mut bytes = PAPER.clone();
            let at = at.index(bytes.len() - 4);
            bytes[at..at + 4].copy_from_slice(&to);
            let _ = paper::recheck::extract(&bytes);
        }
    }
}

#[test]
fn a_label_says_what_the_whole_file_says_of_itself_and_no_broken_table_is_mended() {
    for people in [1, 8] {
        let (bytes, _) = drawn(&household(people));
        let (label, whole) = (paper::recheck::label(&bytes).unwrap(), extract(&bytes).unwrap());
        assert_eq!((label.title, label.keywords, label.page_count), (whole.title, whole.keywords, whole.pages.len()));
        // A reader that guesses could find another file's information; ours takes no file whose table is not as written.
        let at = bytes.windows(9).rposition(|part| part == b"startxref").unwrap();
        let mut moved = bytes.clone();
        moved[at + 10] = b'9';
        assert!(paper::recheck::label(&moved).is_err());
        assert!(paper::recheck::label(&bytes[..bytes.len() / 2]).is_err());
    }
    assert!(paper::recheck::label(b"").is_err());
}
