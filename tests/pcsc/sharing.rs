//! Other programs at the same reader.

use super::bed::cards::PIN;
use super::bed::program::{Helper, command, json, refused};
use super::bed::{Bed, Layout, READERS, context};
use pcsc::{Card, Disposition, Protocols, ShareMode};
use std::ffi::CString;

fn connect(share: ShareMode) -> Card {
    let reader = CString::new(READERS[0]).unwrap();
    context().connect(&reader, share, Protocols::T0 | Protocols::T1).unwrap()
}

fn status(card: &Card, apdu: &[u8]) -> String {
    let mut room = [0; 258];
    let answer = card.transmit(apdu, &mut room).unwrap();
    data_encoding::HEXLOWER.encode(&answer[answer.len() - 2..])
}

#[test]
fn a_card_that_another_program_holds_is_in_use() {
    let bed = Bed::new();
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    let mut helper = Helper::start();

    let exclusive = connect(ShareMode::Exclusive);
    let error = helper.sign(&layout).unwrap_err();
    assert_eq!(error.code, "in_use");
    assert!(error.to_string().contains("使用中"), "{error}");
    exclusive.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
    helper.sign(&layout).unwrap();

    // In a transaction: waited for, but not for ever.
    let mut shared = connect(ShareMode::Shared);
    let transaction = shared.transaction().unwrap();
    assert_eq!(refused(helper.client.tries(None)).unwrap_err().code, "in_use");
    transaction.end(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
    helper.sign(&layout).unwrap();

    // A connection alone is in nobody's way, and neither is a reset by somebody else.
    assert_eq!(json(command(), &["tries"], "").code, 0);
    shared.reconnect(ShareMode::Shared, Protocols::T1, Disposition::ResetCard).unwrap();
    helper.sign(&layout).unwrap();
    assert_eq!(card.tries_left(), 3);
}

#[test]
fn after_a_signature_no_other_program_signs_without_the_pin() {
    let bed = Bed::new();
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    // Another program is connected all the time, as a browser's plug-in would be.
    let mut shared = connect(ShareMode::Shared);
    Helper::start().sign(&layout).unwrap();
    shared.reconnect(ShareMode::Shared, Protocols::T1, Disposition::LeaveCard).unwrap();

    let select_application = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";
    let verify = [&b"\x00\x20\x00\x80\x04"[..], PIN.as_bytes()].concat();
    let mut sign =
        b"\x80\x2A\x00\x80\x33\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
            .to_vec();
    sign.extend([7; 32]);
    sign.push(0);
    assert_eq!(status(&shared, select_application), "9000");
    assert_eq!(status(&shared, b"\x00\xA4\x02\x0C\x02\x00\x17"), "9000");
    assert_eq!(status(&shared, &sign), "6982", "security status not satisfied");
    // With the PIN the same would have signed.
    assert_eq!(status(&shared, b"\x00\xA4\x02\x0C\x02\x00\x18"), "9000");
    assert_eq!(status(&shared, &verify), "9000");
    assert_eq!(status(&shared, b"\x00\xA4\x02\x0C\x02\x00\x17"), "9000");
    assert_eq!(status(&shared, &sign), "9000");
    // And what it left verified is not taken over: the helper still sees the tries and asks for the PIN.
    let mut helper = Helper::start();
    assert_eq!(refused(helper.client.tries(None)).unwrap(), Some(3));
    assert_eq!(helper.sign_with(&layout, "4927", false).unwrap_err().code, "wrong_pin");
    assert_eq!(card.tries_left(), 2);
}
