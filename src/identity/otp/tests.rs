//! Codes against published values, and tokens as stories.

use super::*;
use crate::domain::UserId;
use crate::identity::session::Now;
use crate::identity::{BootId, BootMillis, UnixSeconds};
use proptest::prelude::*;

/// A moment that is the beginning of a step.
const BEGIN: u64 = 1_763_856_000;
const STANDARD: Parameters = Parameters::STANDARD;

fn rfc_seed() -> Seed {
    Seed::from_random(*b"12345678901234567890")
}

fn boot() -> BootId {
    BootId("boot-1".into())
}

/// Seconds after [`BEGIN`]; the boot-time clock shows the same seconds and an hour.
fn at(seconds: i64, id: &BootId) -> Now<'_> {
    let wall = BEGIN.checked_add_signed(seconds).unwrap();
    Now {
        wall: UnixSeconds(wall),
        boot: BootMillis(u64::try_from(seconds + 3600).unwrap() * 1000),
        boot_id: id,
    }
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn offer(purpose: Purpose) -> Offer {
    let people = (user("dr.sato"), user("kanri"));
    Offer::new("k7m2p4qx".into(), people, purpose, 0, rfc_seed(), BootMillis(0))
}

/// The code that a token with its clock right shows so many seconds after [`BEGIN`].
fn code_at(seconds: i64) -> Code {
    use totp_rs::Builder;
    let secret = totp_rs::Secret::new_stack(*b"12345678901234567890");
    let shown = Builder::new().with_secret(secret).build().unwrap();
    Code::parse(&shown.generate(BEGIN.checked_add_signed(seconds).unwrap()).to_string()).unwrap()
}

/// Enrolled five minutes before [`BEGIN`], with the code of that moment.
fn token() -> Token {
    offer(Purpose::Usual).confirm(&code_at(-300), &at(-300, &boot())).unwrap()
}

/// RFC 6238, appendix B, for SHA-1. The RFC's values for the other hashes are of longer seeds; theirs here are what
/// Python's `hmac` makes of this one.
#[test]
fn published_values() {
    let eight = |hash| Parameters { hash, digits: 8, period_s: 30 };
    let (sha1, sha256, sha512) = (eight(Hash::Sha1), eight(Hash::Sha256), eight(Hash::Sha512));
    let table = [
        (sha1, 59, "94287082"),
        (sha1, 1_111_111_109, "07081804"),
        (sha1, 1_111_111_111, "14050471"),
        (sha1, 1_234_567_890, "89005924"),
        (sha1, 2_000_000_000, "69279037"),
        (sha1, 20_000_000_000, "65353130"),
        (STANDARD, 59, "287082"),
        (STANDARD, 1_111_111_109, "081804"),
        (STANDARD, 20_000_000_000, "353130"),
        (sha256, 59, "32247374"),
        (sha256, 20_000_000_000, "24142410"),
        (sha512, 59, "69342147"),
        (sha512, 20_000_000_000, "69481994"),
    ];
    for (parameters, seconds, code) in table {
        let step = seconds / 30;
        let code = Code::parse(code).unwrap();
        let matching = rfc_seed().matching(&parameters, &code, step - 1..=step + 2);
        assert_eq!(matching, [step], "{parameters:?} {seconds}");
    }
}

#[test]
fn parameters_that_make_no_codes_match_nothing() {
    let code = Code::parse("287082").unwrap();
    for wrong in [
        Parameters { digits: 5, ..STANDARD },
        Parameters { digits: 10, ..STANDARD },
        Parameters { period_s: 0, ..STANDARD },
    ] {
        assert!(rfc_seed().matching(&wrong, &code, 0..=3).is_empty(), "{wrong:?}");
        assert!(wrong.step(59) <= 1);
    }
}

#[test]
fn what_is_typed() {
    let table = [
        ("287082", Some("287082")),
        ("287 082", Some("287082")),
        ("287-082", Some("287082")),
        ("２８７　０８２\n", Some("287082")),
        ("07081804", Some("07081804")),
        ("", None),
        ("28708", None),
        ("287082287", None),
        ("28708a", None),
        ("+87082", None),
        ("٢٨٧٠٨٢", None),
    ];
    for (typed, expected) in table {
        assert_eq!(Code::parse(typed).ok().as_ref().map(Code::digits), expected, "{typed}");
    }
}

#[test]
fn the_window_is_one_step_either_way_and_a_late_code_is_told_from_a_wrong_one() {
    let id = boot();
    let table = [
        (-21 * 30, Err(CodeFault::Used)),
        (-300, Err(CodeFault::Used)),
        (-270, Err(CodeFault::Late)),
        (-60, Err(CodeFault::Late)),
        (-31, Err(CodeFault::Late)),
        (-30, Ok(())),
        (0, Ok(())),
        (29, Ok(())),
        (59, Ok(())),
        // Of the future, a code is no better than any other.
        (60, Err(CodeFault::Wrong)),
        (300, Err(CodeFault::Wrong)),
    ];
    for (seconds, expected) in table {
        assert_eq!(token().try_code(&code_at(seconds), &at(0, &id)), expected, "{seconds}");
    }
    assert_eq!(token().try_code(&Code::parse("00000000").unwrap(), &at(0, &id)), Err(CodeFault::Wrong));
}

#[test]
fn a_code_counts_once_and_no_older_one_after_it() {
    let id = boot();
    let mut token = token();
    assert_eq!(token.try_code(&code_at(30), &at(0, &id)), Ok(()));
    assert_eq!(token.try_code(&code_at(30), &at(1, &id)), Err(CodeFault::Used));
    assert_eq!(token.try_code(&code_at(0), &at(1, &id)), Err(CodeFault::Used));
    assert_eq!(token.try_code(&code_at(60), &at(60, &id)), Ok(()));
    // A station whose clock is set back takes nothing of what it took.
    assert_eq!(token.try_code(&code_at(0), &at(0, &id)), Err(CodeFault::Used));
    assert_eq!(token.try_code(&code_at(60), &at(30, &id)), Err(CodeFault::Used));
}

#[test]
fn a_clock_that_runs_away_is_followed_step_by_step_and_not_beyond_its_bound() {
    let id = boot();
    let mut token = token();
    let mut drift = 0;
    // Every hour the token is half a minute later.
    for hour in 1..=12 {
        let now = hour * 3600;
        drift -= 30;
        let expected = if drift >= -300 { Ok(()) } else { Err(CodeFault::Late) };
        assert_eq!(token.try_code(&code_at(now + drift), &at(now, &id)), expected, "{drift}");
        assert_eq!(token.drift(), (drift / 30).max(-10));
    }
    // Set right, it is beyond the window around what is remembered, and has to be enrolled anew.
    assert_eq!(token.try_code(&code_at(50_000), &at(50_000, &id)), Err(CodeFault::Wrong));
}

#[test]
fn the_first_code_sets_the_drift_within_its_bound() {
    let id = boot();
    for (seconds, drift) in [(-301, None), (-300, Some(-10)), (0, Some(0)), (329, Some(10)), (330, None)] {
        let made = offer(Purpose::Usual).confirm(&code_at(seconds), &at(0, &id));
        assert_eq!(made.as_ref().ok().map(Token::drift), drift, "{seconds}");
        let Ok(mut token) = made else { continue };
        assert_eq!(token.try_code(&code_at(seconds), &at(1, &id)), Err(CodeFault::Used), "it was typed once");
    }
}

#[test]
fn an_emergency_token_ends_on_whichever_clock_comes_first() {
    let (id, later_boot) = (boot(), BootId("boot-2".into()));
    let purpose = || Purpose::Emergency { reason: "カードリーダー故障".into(), hours: 2 };
    let made = || offer(purpose()).confirm(&code_at(0), &at(0, &id)).unwrap();
    let hours = 2 * 3600;
    let moved = |wall: i64, boot: i64, id| Now { boot: at(boot, id).boot, ..at(wall, id) };
    let table = [
        (at(0, &id), None),
        (at(hours - 1, &id), None),
        (at(hours, &id), Some(Ended::Expired)),
        // The wall clock is set back: the boot-time clock goes on; set before the issue, it cannot tell at all.
        (moved(10, hours, &id), Some(Ended::Expired)),
        (moved(10, hours - 1, &id), None),
        (moved(-1, 10, &id), Some(Ended::Expired)),
        // After a restart of the host only the wall clock is left.
        (moved(hours - 1, 0, &later_boot), None),
        (moved(hours, 0, &later_boot), Some(Ended::Expired)),
        (moved(-1, 0, &later_boot), Some(Ended::Expired)),
    ];
    for (now, ended) in table {
        assert_eq!(made().ended(&now), ended, "{now:?}");
    }
    let mut token = made();
    let late = at(hours + 30, &id);
    assert_eq!(token.try_code(&code_at(hours + 30), &late), Err(CodeFault::EmergencyExpired));
    assert_eq!(self::token().ended(&at(400 * 86_400, &id)), None, "a usual one stays");
}

#[test]
fn an_end_wipes_the_seed_and_stays_the_first() {
    let id = boot();
    let mut token = token();
    let seed = rfc_seed().text();
    assert!(serde_json::to_string(&token).unwrap().contains(seed.as_str()));
    token.end(Ended::Recovered, UnixSeconds(BEGIN));
    token.end(Ended::Revoked, UnixSeconds(BEGIN + 1));
    assert_eq!(token.ended(&at(0, &id)), Some(Ended::Recovered));
    assert_eq!(token.try_code(&code_at(0), &at(0, &id)), Err(CodeFault::Recovered));
    let kept = serde_json::to_string(&token).unwrap();
    assert!(!kept.contains(seed.as_str()), "{kept}");
    let read: Token = serde_json::from_str(&kept).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), kept);
}

#[test]
fn no_secret_is_printed() {
    let seed = rfc_seed();
    assert_eq!(*seed.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let all = format!("{seed:?} {:?} {:?} {:?}", token(), offer(Purpose::Usual), code_at(0));
    assert!(!all.contains("GEZD") && !all.contains(code_at(0).digits()), "{all}");
    for wrong in ["\"GEZDGNBV\"", "\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1\"", "\"\"", "7"] {
        assert!(serde_json::from_str::<Seed>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_uri_names_the_facility_and_only_what_is_unusual() {
    let uri = |parameters| rfc_seed().uri(&parameters, "架空 病院", &user("dr.sato")).to_string();
    let usual = "otpauth://totp/dr.sato?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                 &issuer=%E6%9E%B6%E7%A9%BA%20%E7%97%85%E9%99%A2";
    assert_eq!(uri(STANDARD), usual);
    let other = Parameters { hash: Hash::Sha256, digits: 8, period_s: 60 };
    assert_eq!(uri(other), format!("{usual}&algorithm=SHA256&digits=8&period=60"));
}

#[test]
fn an_offer_is_for_its_line_for_ten_minutes_and_five_tries() {
    let mut offers = Offers::default();
    let minutes = |minutes: u64| BootMillis(minutes * 60_000);
    offers.keep(1, offer(Purpose::Usual));
    assert_eq!(offers.for_a_try(2, minutes(0)).err(), Some(OfferError::None), "another line");
    for _ in 0..5 {
        assert!(offers.for_a_try(1, minutes(9)).is_ok());
    }
    assert_eq!(offers.for_a_try(1, minutes(9)).err(), Some(OfferError::None), "no sixth try");
    offers.keep(1, offer(Purpose::Usual));
    assert!(offers.for_a_try(1, minutes(9)).is_ok());
    assert_eq!(offers.for_a_try(1, minutes(10)).err(), Some(OfferError::None), "too late");
    offers.keep(1, offer(Purpose::Usual));
    offers.forget(1);
    assert_eq!(offers.for_a_try(1, minutes(0)).err(), Some(OfferError::None));
}

proptest! {
    /// Whatever is typed when, in whatever order the clock moves: the steps whose codes were accepted only go up, so no
    /// code is accepted twice; and none further from the station's time than the drift may be.
    #[test]
    fn no_code_is_accepted_twice(typed in prop::collection::vec((-40i64..400, -15i64..15), 1..40)) {
        let id = boot();
        let mut token = token();
        let mut steps: Vec<i64> = vec![-10];
        for (step, off) in typed {
            let (now, shown) = (step * 30, (step + off) * 30);
            if token.try_code(&code_at(shown), &at(now, &id)).is_ok() {
                prop_assert_eq!(token.drift(), off);
                prop_assert!(off.unsigned_abs() <= MAX_DRIFT);
                prop_assert!(steps.iter().all(|before| *before < step + off), "{:?} and {}", steps, step + off);
                steps.push(step + off);
                let again = token.try_code(&code_at(shown), &at(now, &id));
                prop_assert_eq!(again, Err(CodeFault::Used));
            }
        }
    }
}
