//! I16: load is shed by refusing new sessions at the first screen, never in mid-flow.

use crate::browser::Browser;
use crate::served::Served;

#[test]
fn i16_load_is_shed_at_the_first_screen_and_never_in_mid_flow() {
    let city = Served::start_with(&[("YAKUBA_KIOSK_MOST_SESSIONS", "2")]);
    let mut machines: Vec<Browser> = (0..3).map(|_| Browser::at_a_demo_machine(&city.address)).collect();
    assert_eq!(machines[0].begin().status, 303);
    assert_eq!(machines[1].begin().status, 303);
    let refused = machines[2].begin();
    assert_eq!(refused.status, 503);
    assert!(refused.page().contains("混み合っています"), "the refusal says why");
    // Whoever has begun goes on.
    for begun in &mut machines[..2] {
        let card = begun.ask("GET", "/kiosk/card", "");
        assert_eq!(card.status, 200);
        assert!(card.page().contains("カードを置いてください"));
    }
    // When somebody has gone, the next may begin.
    machines[0].ask("GET", "/kiosk/ended", "");
    assert_eq!(machines[2].begin().status, 303);
}
