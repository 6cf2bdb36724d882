//! What the transmission protocol of a card asks of a command.
//!
//! T=1 (contactless cards included) carries an APDU as it is. T=0 knows no Le behind data and no command without a
//! fifth byte: there the card answers 61xx, and the rules of `kyukyu::card` ask for the rest with GET RESPONSE.

use kyukyu::card::apdu::Command;
use pcsc::Protocol;
use zeroize::Zeroizing;

/// 6700, given here for a command that T=0 cannot carry: as from a card that does not know extended length, so that
/// the next way of signing is tried.
pub(super) const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];

/// The bytes to send; `None` where the protocol cannot carry the command.
pub(super) fn shape(protocol: Protocol, apdu: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(apdu.len() + 1));
    bytes.extend_from_slice(apdu);
    if protocol != Protocol::T0 {
        return Some(bytes);
    }
    let command = Command::parse(apdu).ok()?;
    let (data, expected) = (command.data().len(), command.expects());
    if data > 255 || expected.is_some_and(|bytes| bytes > 256) {
        return None;
    }
    match (data, expected) {
        (0, None) => bytes.push(0),
        (1.., Some(_)) => drop(bytes.pop()),
        _ => {}
    }
    Some(bytes)
}

/// Room for the longest answer to a command: what it expects (256 where that is left to the card), and two bytes.
pub(super) fn longest_answer(apdu: &[u8]) -> usize {
    Command::parse(apdu).ok().and_then(|command| command.expects()).unwrap_or(0).max(256) + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_t0_and_t1() {
        // (command, in T=0)
        let table: [(&[u8], Option<&[u8]>); 6] = [
            (&[0, 0x20, 0, 0x80], Some(&[0, 0x20, 0, 0x80, 0])),
            (&[0, 0xB0, 0, 0, 4], Some(&[0, 0xB0, 0, 0, 4])),
            (&[0, 0xA4, 2, 0x0C, 2, 0, 10], Some(&[0, 0xA4, 2, 0x0C, 2, 0, 10])),
            (&[0x80, 0x2A, 0, 0x80, 1, 7, 0], Some(&[0x80, 0x2A, 0, 0x80, 1, 7])),
            (&[0, 0xB0, 0, 0, 0, 0, 0], None),
            (&[0x00, 0x2A], None),
        ];
        for (apdu, in_t0) in table {
            assert_eq!(shape(Protocol::T0, apdu).as_ref().map(|b| b.as_slice()), in_t0, "{apdu:02X?}");
            assert_eq!(shape(Protocol::T1, apdu).unwrap().as_slice(), apdu);
        }
        let mut long = vec![0, 0x2A, 0x9E, 0x9A, 0, 1, 0];
        long.extend([1; 256]);
        assert!(shape(Protocol::T0, &long).is_none());
    }

    #[test]
    fn room_for_the_answer() {
        assert_eq!(longest_answer(&[0, 0x20, 0, 0x80]), 258);
        assert_eq!(longest_answer(&[0, 0xB0, 0, 0, 4]), 258);
        assert_eq!(longest_answer(&[0, 0xB0, 0, 0, 0, 0, 0]), 65_538);
    }
}
