use proptest::prelude::*;

use super::*;

#[test]
fn texts_of_marked_sequences_are_read_in_the_order_drawn() {
    let page = read_content(
        b"/Artifact<</Type/Layout>>BDC 0 0 m 9 0 l S EMC /Span<</MCID 0>>BDC BT/f0 9 Tf[<0000>12<0001>]TJ ET EMC \
          /Span<</MCID 1>>BDC BT/f0 9 Tf <0002>Tj/Span<</ActualText (xyz)>>BDC <0003>Tj EMC ET EMC \
          /P<</MCID 2>>BDC q/x0 Do Q EMC",
    )
    .unwrap();
    assert_eq!(page.texts, ["ab", "cxyz"]);
    assert!(page.has_seal && page.code.is_none());
}

#[test]
fn what_a_reader_would_not_see_as_ours_is_refused() {
    let refused = [
        ("text outside a marked sequence", &b"BT/f0 9 Tf<0000>Tj ET"[..]),
        ("an unknown font", b"/Span<</MCID 0>>BDC BT/f1 9 Tf ET EMC"),
        ("a letter the font does not have", b"/Span<</MCID 0>>BDC BT/f0 9 Tf<00FF>Tj ET EMC"),
        ("invisible text", b"/Span<</MCID 0>>BDC BT 3 Tr ET EMC"),
        ("a form drawn over the page", b"/Span<</MCID 0>>BDC/x1 Do EMC"),
        ("a second picture", b"/P<</MCID 0>>BDC/x0 Do/x0 Do EMC"),
        ("a picture in the background", b"/Artifact BMC/x0 Do EMC"),
        ("clipping", b"0 0 m 9 9 l W n"),
        ("an inline picture", b"BI /W 1 ID x EI"),
        ("an open sequence", b"/Span<</MCID 0>>BDC"),
        ("a closed sequence that was not open", b"EMC"),
        ("strokes that are no code", b"/P<</MCID 0>>BDC 0 0 m 5 0 l S EMC"),
    ];
    for (what, content) in refused {
        assert!(matches!(read_content(content), Err(Mismatch::Unreadable(_))), "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_content_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = read_content(&bytes);
    }

    #[test]
    fn any_order_of_operators_is_answered(words in proptest::collection::vec(word(), 0..20)) {
        let _ = read_content(words.join(" ").as_bytes());
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "/Span<</MCID 0>>BDC",
        "/Span<</ActualText <FEFF0041>>>BDC",
        "/Artifact BMC",
        "EMC",
        "BT",
        "ET",
        "/f0 9 Tf",
        "<0000>Tj",
        "[<0001> -3 (\\101\\000)]TJ",
        "/x0 Do",
        "0 0 m",
        "7 0 l",
        "1e9 3 l",
        "S",
        "f",
        "q",
        "Q",
        "(",
        "<<",
        "[",
        "1 0 0 1 0 0 cm",
        "-",
        "nan",
    ])
}
