//! What happens to the tries.

use super::*;
use crate::card::CardKind;

fn unlock(profile: &str) -> CardError {
    let unlock = crate::domain::SafeText::new(&Profiles::builtin().get(profile).unwrap().unlock);
    CardError::Locked { unlock }
}

/// Profile, tries before, PIN, last try allowed → error, tries after.
type Row = (&'static str, u8, &'static str, bool, Option<CardError>, u8);

#[test]
fn right_wrong_last_and_locked() {
    let format = || CardError::PinFormat { expected: "半角数字4桁".into() };
    let table: [Row; 12] = [
        ("jpki", 3, "1234", false, None, 3),
        ("jpki", 2, "1234", false, None, 3),
        ("jpki", 3, "9999", false, Some(CardError::WrongPin { tries_left: 2 }), 2),
        ("jpki", 2, "9999", false, Some(CardError::WrongPin { tries_left: 1 }), 1),
        ("jpki", 1, "1234", false, Some(CardError::LastTry), 1),
        ("jpki", 1, "1234", true, None, 3),
        ("jpki", 1, "9999", true, Some(unlock("jpki")), 0),
        ("jpki", 0, "1234", true, Some(unlock("jpki")), 0),
        ("jpki", 3, "12345", true, Some(format()), 3),
        ("jpki", 3, "", true, Some(format()), 3),
        ("hpki", 15, "999999", false, Some(CardError::WrongPin { tries_left: 14 }), 14),
        ("hpki", 0, "1234", false, Some(unlock("hpki")), 0),
    ];
    for (profile, before, pin, allow, error, after) in table {
        let (card, left) = card(profile, before);
        let mut tap = Tap::new(card);
        let result = sign(&mut tap, pin, allow);
        assert_eq!(result.as_ref().err(), error.as_ref(), "{profile} {before} {pin} {allow}");
        assert_eq!(left.get(), after, "{profile} {before} {pin} {allow}");
        assert_eq!(tap.resets, 1, "the card is reset whatever happened");
        if let Some(error) = error {
            assert_eq!(error.tries_left().unwrap_or(after), after);
        }
    }
}

#[test]
fn a_strangers_card_loses_no_try() {
    for (profile, kind) in [("jpki", CardKind::MyNumber), ("hpki", CardKind::Hpki)] {
        let (card, left) = card(profile, 3);
        let mut tap = Tap::new(card);
        let error = sign_as(&mut tap, &[spki(P384)], "1234", true).unwrap_err();
        assert_eq!(error, CardError::NotEnrolled { kind });
        assert!(error.to_string().contains(kind.label()), "{error}");
        assert_eq!(left.get(), 3);
        let verify_with_pin = |apdu: &&String| apdu.starts_with("0020") && apdu.len() > 8;
        assert_eq!(tap.sent().iter().find(verify_with_pin), None);
    }
    let (mut card, _) = card("hpki", 15);
    assert_eq!(sign_as(&mut card, &[], "1234", true).unwrap_err().code(), "not_enrolled");
}

#[test]
fn a_card_left_verified_by_another_program_is_reset_first() {
    let (mut inner, left) = card("jpki", 2);
    for apdu in ["00a4040c0ad392f000260100000001", "00a4020c020018", "002000800431323334"] {
        inner.respond(&hex::decode(apdu).unwrap());
    }
    left.set(2);
    // The other program's transaction is over, the card was not reset, and selecting keeps its state.
    let kept = RefCell::new(true);
    let mut tap = Tap::changing(inner, |_, sent, answer| {
        let empty_verify = sent == [0x00, 0x20, 0x00, 0x80];
        Ok(if empty_verify && kept.replace(false) { vec![0x90, 0x00] } else { answer })
    });
    assert!(sign(&mut tap, "1234", false).is_ok());
    assert_eq!(tap.resets, 2);
}

#[test]
fn other_ways_of_saying_it() {
    // answer to the empty VERIFY, answer to VERIFY, last try allowed → code
    let table: [(&[u8], &[u8], bool, &str); 8] = [
        (&[0x69, 0x84], &[], true, "locked"),
        (&[0x69, 0x83], &[], true, "locked"),
        (&[0x63, 0xC5], &[0x69, 0x84], true, "locked"),
        (&[0x63, 0xC5], &[0x63, 0xC0], true, "locked"),
        (&[0x63, 0xC5], &[0x63, 0x00], true, "wrong_pin"),
        (&[0x63, 0xC5], &[0x6F, 0x00], true, "unexpected"),
        (&[0x6A, 0x86], &[], false, "tries_unknown"),
        (&[0x90, 0x00], &[], false, "tries_unknown"),
    ];
    for (count, verify, allow, code) in table {
        let (card, _) = card("hpki", 15);
        let mut tap = Tap::changing(card, |_, sent, answer| {
            Ok(match sent {
                [0x00, 0x20, 0x00, 0x88] => count.to_vec(),
                [0x00, 0x20, 0x00, 0x88, ..] => verify.to_vec(),
                _ => answer,
            })
        });
        let error = sign(&mut tap, "1234", allow).unwrap_err();
        assert_eq!(error.code(), code, "{count:02x?} {verify:02x?}");
    }
}

#[test]
fn a_pin_never_shows_in_what_is_printed() {
    let (mut card, _) = card("hpki", 15);
    let error = sign(&mut card, "8642-secret", false).unwrap_err();
    let pin = SecretString::from("8642-secret");
    let challenge = challenge();
    let order = SignOrder { challenge: &challenge, enrolled: &[], pin: &pin, allow_last_try: false };
    for printed in [format!("{error}"), format!("{error:?}"), format!("{order:?}")] {
        assert!(!printed.contains("8642"), "{printed}");
    }
}
