//! The virtual card and the signatures, judged by OpenSC and openssl.

use super::bed::program::{Helper, challenge};
use super::bed::{Bed, Layout, opensc};

#[test]
fn opensc_takes_the_virtual_card_for_a_my_number_card_and_signs_with_it() {
    let bed = Bed::new();
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    assert_eq!(opensc::card_name(), "jpki");
    let folder = tempfile::tempdir().unwrap();
    let signature = opensc::sign(folder.path(), b"any text");
    opensc::verify(folder.path(), &layout, "-sha256", b"any text", &signature);
    assert_eq!(card.tries_left(), 3);
    super::bed::program::no_pin(&bed.pcscd.log());

    // Ours does the same with the same card.
    let signed = Helper::start().sign(&layout).unwrap();
    opensc::verify(folder.path(), &layout, "-sha256", challenge().as_bytes(), &signed.signature);
}
