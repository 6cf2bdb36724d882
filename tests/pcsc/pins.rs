//! Tries are shown before they are spent, and only a card that was compared spends any.

use super::bed::cards::PIN;
use super::bed::program::{Helper, refused};
use super::bed::{Bed, Layout};

/// A PIN of the right shape for every card here.
const WRONG: &str = "4927";

/// VERIFY among what the card saw: empty ones ask for the tries, so they are told apart by the tries themselves.
const VERIFY: u8 = 0x20;

#[test]
fn wrong_last_and_locked() {
    let bed = Bed::new();
    let (jpki, hpki) = (Layout::jpki(), Layout::hpki_b());
    let cards = [bed.insert(0, &jpki), bed.insert(1, &hpki)];
    let mut helper = Helper::start();
    for (card, layout) in cards.iter().zip([jpki, hpki]) {
        let left = layout.full_tries() - 1;
        let wrong = helper.sign_with(&layout, WRONG, false).unwrap_err();
        assert_eq!((wrong.code.as_str(), wrong.tries_left), ("wrong_pin", Some(left)));
        assert_eq!(wrong.to_string(), format!("PINが違います。残り{left}回です"));
        assert_eq!(card.tries_left(), left);
        // The right one gives them all back.
        helper.sign(&layout).unwrap();
        assert_eq!(card.tries_left(), layout.full_tries());

        card.set_tries_left(1);
        let last = helper.sign(&layout).unwrap_err();
        assert_eq!((last.code.as_str(), last.tries_left, card.tries_left()), ("last_try", Some(1), 1));
        let gone = helper.sign_with(&layout, WRONG, true).unwrap_err();
        assert_eq!((gone.code.as_str(), gone.tries_left, card.tries_left()), ("locked", Some(0), 0));
        let unlock = if layout.profile() == "jpki" { "市区町村" } else { "発行機関" };
        assert!(gone.to_string().contains(unlock), "{gone}");
        // Neither does the right one help now, nor is it sent.
        let locked = helper.sign_with(&layout, PIN, true).unwrap_err();
        assert_eq!(locked.code, "locked");
    }
    super::bed::program::no_pin(&bed.pcscd.log());
}

#[test]
fn the_pin_of_a_card_that_is_not_enrolled_is_not_touched() {
    let bed = Bed::new();
    let (mine, patients) = (Layout::jpki(), Layout::patient());
    let card = bed.insert(0, &patients);
    let mut helper = Helper::start();
    let error = helper.sign(&mine).unwrap_err();
    assert_eq!(error.code, "not_enrolled");
    assert!(error.to_string().contains("PINは使っていません"), "{error}");
    assert_eq!(card.tries_left(), patients.full_tries());

    // Nor is one sent that cannot be right.
    card.take_seen();
    for pin in ["123", "12345", "12a4"] {
        assert_eq!(helper.sign_with(&patients, pin, true).unwrap_err().code, "pin_format");
    }
    assert_eq!(card.tries_left(), patients.full_tries());
    let verifies = card.take_seen().iter().filter(|[_, instruction, ..]| *instruction == VERIFY).count();
    assert_eq!(verifies, 6, "two questions for the tries in each of three attempts, and nothing else");

    // Both readers are looked at: mine lies in the other one.
    let other = bed.insert(1, &mine);
    helper.sign(&mine).unwrap();
    assert_eq!((card.tries_left(), other.tries_left()), (3, 3));
    assert_eq!(refused(helper.client.tries(Some("nowhere".into()))).unwrap_err().code, "unknown_reader");
}
