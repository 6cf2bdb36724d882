//! The software card as any client sees it.

use super::*;
use crate::card::software::{SoftwareCard, TriesInMemory};

/// Sends hexadecimal commands in order; the status word of the last answer, or its data with it.
fn last(card: &mut Card, commands: &[&str]) -> String {
    let mut answer = Vec::new();
    for command in commands {
        answer = card.respond(&hex::decode(command).unwrap());
    }
    hex::encode(&answer)
}

const APP: &str = "00a4040c0ad392f000260100000001";
const CERT: &str = "00a4020c02000a";
const PIN: &str = "00a4020c020018";
const KEY: &str = "00a4020c020017";

#[test]
fn status_words() {
    let info = format!("802a008033{}00", "00".repeat(51));
    let table: Vec<(Vec<&str>, &str)> = vec![
        (vec![APP], "9000"),
        (vec!["00a4040c0ad392f000260100000002"], "6a82"),
        (vec!["00a4040c0ad3"], "6700"),
        (vec![CERT], "6a82"),
        (vec![APP, "00a4020c020001"], "6a82"),
        (vec![APP, "00a4020c0100"], "6700"),
        (vec![APP, "00b0000004"], "6986"),
        (vec![APP, PIN, "00b0000004"], "6981"),
        (vec![APP, CERT, "00b0000002"], "30829000"),
        (vec![APP, CERT, "00b00000"], "6700"),
        (vec![APP, CERT, "00b07fff00"], "6b00"),
        (vec!["00200080"], "6a88"),
        (vec![APP, "00200080"], "6a88"),
        (vec![APP, PIN, "00200081"], "6a88"),
        (vec![APP, PIN, "00200080"], "63c3"),
        (vec![APP, PIN, "002000800430303030"], "63c2"),
        (vec![APP, PIN, "002000800430303030", "00200080"], "63c2"),
        (vec![APP, PIN, "002000800431323334"], "9000"),
        (vec![APP, PIN, "002000800431323334", "00200080"], "9000"),
        (vec![APP, PIN, "002000800431323334", APP, PIN, "00200080"], "63c3"),
        (vec![APP, KEY, &info], "6982"),
        (vec![APP, PIN, "002000800431323334", &info], "6985"),
        (vec![APP, "002241b6048402000c"], "6d00"),
        (vec![APP, "0084000008"], "6d00"),
        (vec!["b0a4040000"], "6e00"),
        (vec!["00"], "6700"),
        (vec![""], "6700"),
    ];
    for (commands, expected) in table {
        let (mut card, _) = card("jpki", 3);
        assert_eq!(last(&mut card, &commands), expected, "{commands:?}");
    }
}

#[test]
fn three_wrong_pins_lock_and_the_right_one_does_not_unlock() {
    let (mut card, left) = card("jpki", 3);
    let wrong = "002000800430303030";
    let answers: Vec<String> = (0..4).map(|_| last(&mut card, &[APP, PIN, wrong])).collect();
    assert_eq!(answers, ["63c2", "63c1", "63c0", "6983"]);
    assert_eq!(last(&mut card, &[APP, PIN, "002000800431323334"]), "6983");
    assert_eq!(last(&mut card, &[APP, PIN, "00200080"]), "6983");
    assert_eq!(left.get(), 0);
}

#[test]
fn a_reset_forgets_the_pin_and_a_wrong_one_takes_it_back() {
    let (mut card, left) = card("jpki", 3);
    let right = "002000800431323334";
    let key = [KEY, "802a008001aa00"];
    assert!(last(&mut card, &[APP, PIN, right, key[0], key[1]]).ends_with("9000"));
    assert_eq!(last(&mut card, &[APP, PIN, right, PIN, "002000800430303030", key[0], key[1]]), "6982");
    last(&mut card, &[APP, PIN, right]);
    assert_eq!(left.get(), 3, "the right PIN restores all tries");
    card.reset();
    assert_eq!(last(&mut card, &[key[0]]), "6a82");
    assert_eq!(last(&mut card, &[APP, key[0], key[1]]), "6982");
}

#[test]
fn the_whole_certificate_in_pieces_of_any_size() {
    for size in [1, 7, 100, 255, 256] {
        let (mut card, _) = card("jpki", 3);
        last(&mut card, &[APP, CERT]);
        let mut read = Vec::new();
        while read.len() < JPKI.len() {
            let command = format!("00b0{:04x}{:02x}", read.len(), size % 256);
            let answer = card.respond(&hex::decode(&command).unwrap());
            let (data, status) = answer.split_at(answer.len() - 2);
            let rest = JPKI.len() - read.len();
            let expected = if size < 256 && rest < size { [0x62, 0x82] } else { [0x90, 0x00] };
            assert_eq!(status, expected, "{size} {rest}");
            read.extend_from_slice(data);
        }
        assert_eq!(read, JPKI);
    }
}

#[test]
fn a_card_that_cannot_keep_its_tries_compares_no_pin() {
    struct Broken;
    impl TriesStore for Broken {
        fn tries_left(&self) -> u8 {
            3
        }
        fn keep(&mut self, _: u8) -> Result<(), TriesNotKept> {
            Err(TriesNotKept)
        }
    }
    let contents = CardContents {
        profile: Profiles::builtin().get("jpki").unwrap().clone(),
        key: CardKey::from_pkcs8(JPKI_KEY).unwrap(),
        certificate: JPKI.to_vec(),
        pin: "1234".into(),
    };
    let mut card = SoftwareCard::new(contents, Broken);
    let error = sign(&mut card, "1234", false).unwrap_err();
    assert_eq!(error.code(), "unexpected");
}

#[test]
fn the_answer_to_reset_is_well_formed() {
    for profile in ["jpki", "hpki", "training", "p384"] {
        let (card, _) = card(profile, 3);
        let atr = card.answer_to_reset();
        assert_eq!(atr[0], 0x3B);
        assert_eq!(atr[1..].iter().fold(0, |x, b| x ^ b), 0, "check byte");
        assert_eq!(atr.len(), 5 + usize::from(atr[1] & 0x0F), "historical bytes");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_get_an_answer(commands in proptest::collection::vec(
        proptest::collection::vec(proptest::prelude::any::<u8>(), 0..30), 0..20)) {
        let contents = CardContents {
            profile: Profiles::builtin().get("training").unwrap().clone(),
            key: CardKey::from_pkcs8(P384_KEY).unwrap(),
            certificate: P384.to_vec(),
            pin: "1234".into(),
        };
        let mut card = SoftwareCard::new(contents, TriesInMemory(15));
        for command in commands {
            proptest::prop_assert!(card.respond(&command).len() >= 2);
        }
    }
}
