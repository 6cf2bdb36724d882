//! The thinnest slice: separate station and stand-in, login with password and software card, one key, one hit.

mod support;

use kyukyu::protocol::{Reply, Request};
use support::card::log_in_with_card;
use support::site::Site;

#[test]
fn a_doctor_with_two_factors_may_enquire() {
    let site = Site::running();
    let (mut client, session) = log_in_with_card(&site, "sato", "doctor-1");
    assert!(session.two_factors && session.may_enquire, "{session:?}");
    let Reply::Home(home) = client.ask(Request::Home).unwrap() else { panic!("not the home screen") };
    assert_eq!(home.face_results, Some(3), "the stand-in drops three card results");
}
