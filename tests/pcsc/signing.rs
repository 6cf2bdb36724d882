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
    bed.pcscd.log();
}
