//! The card taken out at every single command.

use super::bed::program::{Helper, refused};
use super::bed::vcard::Pull;
use super::bed::{Bed, Layout, READERS};
use kyukyu::card::line::{ErrorReport, SignAsk};

/// Signs in one reader, with the right PIN.
fn sign(helper: &mut Helper, slot: usize, layout: &Layout) -> Result<(), ErrorReport> {
    let mut ask = SignAsk::new(&super::bed::program::challenge(), vec![layout.spki()])
        .with_pin(super::bed::cards::PIN.into(), false);
    ask.reader = Some(READERS[slot].into());
    refused(helper.client.sign(ask)).map(|_| ())
}

fn at_every_command(bed: &Bed, slot: usize, layout: &Layout, how: Pull) {
    let card = bed.insert(slot, layout);
    let mut helper = Helper::start();
    sign(&mut helper, slot, layout).unwrap();
    let commands = card.take_seen().len();
    assert!(commands > 20, "identified, then signed: {commands}");
    for at in 0..commands {
        card.pull_at(at, how);
        let error = sign(&mut helper, slot, layout).unwrap_err();
        assert_eq!(error.code, "pulled", "{at} of {commands}: {error}");
        assert!(error.to_string().contains("残り回数を確かめて"), "{error}");
        assert!(!card.is_in());
        bed.wait_until_empty(&card);
        bed.put_back(&card);
        // Whatever became of the try, the card says it, and the helper shows what it says.
        let said = refused(helper.client.tries(Some(READERS[slot].into()))).unwrap();
        assert_eq!(said, Some(card.tries_left()), "{at} of {commands}");
        assert!(card.tries_left() >= layout.full_tries() - 1);
        card.set_tries_left(layout.full_tries());
    }
    sign(&mut helper, slot, layout).unwrap();
    bed.remove(&card);
    assert_eq!(sign(&mut helper, slot, layout).unwrap_err().code, "no_card");
}

#[test]
fn taken_out_at_every_command() {
    let bed = Bed::new();
    std::thread::scope(|both| {
        both.spawn(|| at_every_command(&bed, 0, &Layout::jpki(), Pull::Before));
        both.spawn(|| at_every_command(&bed, 1, &Layout::hpki_b(), Pull::After));
    });
}

#[test]
fn an_answer_of_one_byte_is_no_answer_and_the_tries_are_read_again() {
    let bed = Bed::new();
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    let mut helper = Helper::start();
    sign(&mut helper, 0, &layout).unwrap();
    let seen = card.take_seen();
    // The one with the PIN is the last VERIFY.
    let verify = seen.iter().rposition(|[_, instruction, ..]| *instruction == 0x20).unwrap();
    card.pull_at(verify, Pull::Short);
    let error = helper.sign_with(&layout, "4927", false).unwrap_err();
    assert_eq!((error.code.as_str(), error.tries_left), ("pulled", Some(2)), "{error}");
    assert!(card.is_in() && card.tries_left() == 2);
}
