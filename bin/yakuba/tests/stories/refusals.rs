//! Whoever is refused learns the same, whatever the register says about them.

use crate::served::Served;

/// Every sample the machine must not serve because of what the register says.
const REFUSED: [&str; 8] = [
    "under-protection",
    "dead",
    "moved-out",
    "planned-move-out",
    "household-with-planned-move-out",
    "pending",
    "under-fifteen",
    "too-long-name",
];

/// Words that would tell.
const TELLING: [&str; 16] = [
    "支援",
    "保護",
    "死亡",
    "転出",
    "届出",
    "処理中",
    "15歳",
    "歳未満",
    "長い",
    "文字数",
    "protect",
    "suppress",
    "dead",
    "moved",
    "pending",
    "too-long",
];

#[test]
fn every_refusal_of_the_register_is_the_same_to_the_letter() {
    let city = Served::start();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let city = &city;
        let asked: Vec<_> = REFUSED
            .iter()
            .map(|kind| {
                scope.spawn(move || {
                    let out = city.data.join(format!("{kind}.pdf"));
                    let answer = city.issue(&city.sample(kind), &out);
                    assert!(!out.exists(), "{kind}: a refusal makes no file");
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    (kind, answer.status.code(), text(&answer.stdout), text(&answer.stderr))
                })
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (_, code, stdout, stderr) = &answers[0];
    assert_eq!(*code, Some(1));
    assert_eq!(stdout, "");
    assert_eq!(stderr.trim(), "yakuba: この端末では発行できません。窓口でお手続きください。");
    for (kind, other_code, other_stdout, other_stderr) in &answers {
        assert_eq!((other_code, other_stdout, other_stderr), (code, stdout, stderr), "{kind}");
        for word in TELLING {
            assert!(!other_stderr.contains(word), "{kind}: the sentence says {word}");
        }
    }
    // The same question is answered for somebody who may be served.
    let out = city.data.join("served.pdf");
    let served = city.issue(&city.sample("elderly-single"), &out);
    assert!(served.status.success(), "{}", String::from_utf8_lossy(&served.stderr));
    assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF"));
}
