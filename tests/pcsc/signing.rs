//! Every kind of card, identified and asked for a signature.

use super::bed::cards::PIN;
use super::bed::program::{Helper, challenge_hex, command, json, refused, text, verified};
use super::bed::{Bed, Layout, READERS};
use kyukyu::card::line::Answer;

#[test]
fn every_kind_of_card_is_identified_and_signs() {
    let bed = Bed::new();
    let table = [
        (Layout::jpki(), "jpki"),
        (Layout::hpki_a(), "hpki"),
        (Layout::hpki_b(), "hpki"),
        (Layout::hpki_t0(), "hpki"),
        (Layout::p384(), "p384"),
    ];
    let mut helper = Helper::start();
    for (layout, profile) in table {
        let card = bed.insert(0, &layout);
        let (reader, identity) = refused(helper.client.identify(None)).unwrap();
        assert_eq!((reader.as_str(), identity.profile.as_str()), (READERS[0], profile));
        assert_eq!(identity.tries_left, Some(layout.full_tries()));
        assert_eq!(identity.spki_sha256, layout.spki());
        let resets = card.resets();
        let signed = helper.sign(&layout).unwrap_or_else(|error| panic!("{profile}: {error}"));
        verified(&layout, &signed);
        assert!(card.resets() > resets, "{profile}: no verified PIN stays behind");
        assert_eq!(card.tries_left(), layout.full_tries());
        bed.remove(&card);
    }
}

#[test]
fn what_the_command_line_shows() {
    let bed = Bed::new();
    let hpki = Layout::hpki_a();
    let card = bed.insert(0, &hpki);
    let _unknown = bed.insert(1, &Layout::unknown());

    let (list, code) = text(&["list"], "");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!((lines.len(), code), (2, 0), "{list}");
    let known = format!(
        "{}: HPKIカード PIN残り15回 資格:Medical Doctor 有効期限:2060-01-01 鍵:{}",
        READERS[0],
        hpki.spki()
    );
    assert_eq!(lines[0], known);
    assert!(lines[1].starts_with(READERS[1]) && lines[1].contains("対応していないカード"), "{list}");
    assert!(lines[1].contains("ATR: 3b6500002063cb6800"), "{list}");
    let Answer::Readers(readers) = json(command(), &["list"], "").answer else { panic!() };
    assert_eq!(readers[1].problem.as_ref().unwrap().code, "unknown_card");
    assert_eq!(json(command(), &["tries", "--reader", READERS[1]], "").code, 3);

    assert_eq!(text(&["tries"], ""), (format!("{}: PIN残り15回\n", READERS[0]), 0));
    let sign = ["sign", "--challenge-hex", &challenge_hex()];
    let Answer::Signed(signed) = json(command(), &sign, &format!("{PIN}\n")).answer else { panic!() };
    verified(&hpki, &signed);
    let wrong = json(command(), &sign, "4927\n");
    assert_eq!((wrong.error(), wrong.code), (("wrong_pin", "PINが違います。残り14回です"), 4));
    let document = json(command(), &["sign", "--challenge-hex", "3031"], PIN);
    assert_eq!((document.error().0, document.code), ("challenge_refused", 8));
    assert_eq!(card.tries_left(), 14);
}
