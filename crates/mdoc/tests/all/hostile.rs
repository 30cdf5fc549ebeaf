//! Bytes of strangers: cut, flipped, written in other forms, random.

use std::path::Path;
use std::sync::LazyLock;

use base::{Random, SeededRandom};
use mdoc::{Curve, Presentation, Refusal, SessionTranscript};
use proptest::prelude::*;

use crate::support::{Scene, Session, request};

/// A right answer, and what is needed to judge it.
static RIGHT: LazyLock<(Scene, Presentation)> = LazyLock::new(|| {
    let scene = Scene::new();
    let presentation = scene.presented(&request());
    (scene, presentation)
});

fn judge(response: Vec<u8>) -> Result<(), Refusal> {
    let (scene, right) = &*RIGHT;
    let presentation = Presentation {
        response: response.into(),
        transcript: right.transcript.clone(),
        reader_key: right.reader_key.clone(),
    };
    scene.reader().judge(&presentation, &request()).map(|_| ())
}

#[test]
fn an_answer_cut_at_any_byte_is_refused() {
    let whole = &RIGHT.1.response;
    assert_eq!(judge(whole.to_vec()), Ok(()));
    for length in 0..whole.len() {
        let refusal = judge(whole[..length].to_vec()).unwrap_err();
        assert!(matches!(refusal, Refusal::Malformed(_)), "{length}: {refusal:?}");
    }
}

#[test]
fn an_answer_with_any_one_bit_flipped_is_refused() {
    let whole = &RIGHT.1.response;
    for (index, bit) in (0..whole.len()).flat_map(|index| [(index, 0), (index, 3), (index, 5), (index, 7)]) {
        let mut altered = whole.to_vec();
        altered[index] ^= 1 << bit;
        assert!(judge(altered).is_err(), "byte {index}, bit {bit}");
    }
}

#[test]
fn other_encodings_of_the_same_answer_are_refused() {
    let whole = RIGHT.1.response.to_vec();
    // The outer map of three entries: indefinite, then with a length that is longer than needed, then with a tail.
    let indefinite = [&[0xBF], &whole[1..], &[0xFF]].concat();
    let long = [&[0xB8, 0x03], &whole[1..]].concat();
    let tail = [&whole[..], &[0x00]].concat();
    for (bytes, what) in
        [(indefinite, "a definite length"), (long, "the shortest form of a number"), (tail, "nothing more")]
    {
        let Err(Refusal::Malformed(malformed)) = judge(bytes) else { panic!("{what}") };
        assert_eq!(malformed.what, what);
    }
    assert_eq!(judge(vec![0; 1024 * 1024 + 1]), Err(Refusal::TooLong));
}

#[test]
fn bombs_of_depth_and_length_are_refused_at_once() {
    let deep = [b"\xA1\x6EdocumentErrors".as_slice(), &[0x81; 100_000]].concat();
    assert!(matches!(judge(deep), Err(Refusal::Malformed(_))));
    let many = [b"\xA1\x6EdocumentErrors".as_slice(), &[0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]].concat();
    assert!(matches!(judge(many), Err(Refusal::Malformed(_))));
}

/// What fuzzing kept, and 10⁵ inputs more, the same damages at every run: half noise, half a right answer with up to
/// four bytes changed and perhaps cut.
#[test]
fn a_hundred_thousand_inputs_are_refused_without_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/mobile_document");
    for file in std::fs::read_dir(corpus).unwrap() {
        assert!(judge(std::fs::read(file.unwrap().path()).unwrap()).is_err());
    }
    let whole = RIGHT.1.response.to_vec();
    let random = SeededRandom::from_seed(18_013);
    let random: &dyn Random = &random;
    let mut pool = vec![0; 1 << 16];
    random.fill(&mut pool);
    let below = |limit: usize| random.below(limit as u64) as usize;
    for number in 0..100_000 {
        let mut input = whole.clone();
        if number % 2 == 0 {
            let at = below(pool.len() - 300);
            input = pool[at..at + below(300)].to_vec();
        } else {
            for _ in 0..=below(4) {
                input[below(whole.len())] = pool[below(pool.len())];
            }
            if below(4) == 0 {
                input.truncate(below(whole.len()));
            }
        }
        let unchanged = input == whole;
        assert_eq!(judge(input).is_ok(), unchanged, "{number}");
    }
}

#[test]
fn a_transcript_or_an_engagement_must_be_cbor() {
    assert!(SessionTranscript::from_cbor(&[0x83, 0xF6, 0xF6, 0x80]).is_ok());
    for wrong in [&[][..], &[0x82, 0xF6, 0xF6], &[0x83, 0xF6, 0xF6], &[0x9F, 0xF6, 0xF6, 0xF6, 0xFF]] {
        assert!(SessionTranscript::from_cbor(wrong).is_err());
    }
    let session = Session::new(Curve::P256);
    for wrong in [&[][..], &[0xA1], &[0x00, 0x00]] {
        assert!(SessionTranscript::in_person(wrong, &session.key, mdoc::Handover::QrCode).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn random_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(judge(bytes).is_err());
    }

    #[test]
    fn a_right_answer_with_a_part_written_over_is_refused(at in any::<prop::sample::Index>(), part in proptest::collection::vec(any::<u8>(), 1..12)) {
        let whole = RIGHT.1.response.to_vec();
        let mut altered = whole.clone();
        let at = at.index(altered.len());
        let end = (at + part.len()).min(altered.len());
        altered[at..end].copy_from_slice(&part[..end - at]);
        prop_assume!(altered != whole);
        prop_assert!(judge(altered).is_err());
    }

    #[test]
    fn a_right_answer_with_any_byte_changed_is_refused(at in any::<prop::sample::Index>(), mask in 1u8..) {
        let mut altered = RIGHT.1.response.to_vec();
        let at = at.index(altered.len());
        altered[at] ^= mask;
        prop_assert!(judge(altered).is_err());
    }
}
