//! The card pulled at every command of the sequence, in each way in which PC/SC tells it.

use super::*;

/// How a pull shows: as an error, or as success with too few bytes, before or after the card took the command.
#[derive(Clone, Copy, Debug)]
enum Way {
    Error(bool),
    Empty(bool),
    OneByte,
}

struct Pulled {
    card: Card,
    at: usize,
    way: Way,
    seen: usize,
}

impl Transport for Pulled {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }
    fn begin(&mut self) -> Result<(), TransportError> {
        self.card.begin()
    }
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransportError> {
        let now = self.seen;
        self.seen += 1;
        if now > self.at {
            return Err(TransportError::Pulled);
        }
        if now < self.at {
            return self.card.transmit(apdu);
        }
        if matches!(self.way, Way::Error(true) | Way::Empty(true)) {
            self.card.transmit(apdu)?;
        }
        match self.way {
            Way::Error(_) => Err(TransportError::Pulled),
            Way::Empty(_) => Ok(vec![]),
            Way::OneByte => Ok(vec![0x90]),
        }
    }
    fn end_with_reset(&mut self) -> Result<(), TransportError> {
        self.card.end_with_reset()?;
        if self.seen > self.at { Err(TransportError::NoCard) } else { Ok(()) }
    }
}

#[test]
fn at_every_command() {
    for profile in ["hpki", "jpki", "training", "p384"] {
        let (counted, _) = card(profile, 3);
        let mut tap = Tap::new(counted);
        sign(&mut tap, "1234", false).unwrap();
        let commands = tap.sent().len();
        assert!(commands > 8);
        for at in 0..commands {
            for way in
                [Way::Error(false), Way::Error(true), Way::Empty(false), Way::Empty(true), Way::OneByte]
            {
                let (inner, left) = card(profile, 3);
                let mut pulled = Pulled { card: inner, at, way, seen: 0 };
                let error = sign(&mut pulled, "1234", false).unwrap_err();
                assert_eq!(error.code(), "pulled", "{profile} {at} {way:?}: {error:?}");
                assert!(error.to_string().contains("残り回数を確かめて"), "{error}");
                // Put back, the card is asked anew and still signs.
                pulled.seen = 0;
                pulled.at = usize::MAX;
                let before = left.get();
                assert!(sign(&mut pulled, "1234", false).is_ok(), "{profile} {at} {way:?}, {before} left");
            }
        }
    }
}

#[test]
fn the_tries_are_read_again_when_verify_gave_no_answer() {
    // The answer to VERIFY is lost (wrong PIN: the try is spent), but the card can still be asked.
    let (inner, left) = card("hpki", 15);
    let mut tap = Tap::changing(inner, |_, sent, answer| {
        Ok(if sent.starts_with(&[0x00, 0x20, 0x00, 0x88]) && sent.len() > 4 { vec![] } else { answer })
    });
    let error = sign(&mut tap, "9999", false).unwrap_err();
    assert_eq!((error.code(), error.tries_left(), left.get()), ("pulled", Some(14), 14));
    assert!(error.to_string().ends_with("（PINの残り14回）"), "{error}");
    let verifies = tap.sent().iter().filter(|apdu| apdu.starts_with("0020008804")).count();
    assert_eq!(verifies, 1, "VERIFY is never repeated");
}

#[test]
fn each_row_of_the_error_table_has_its_sentence() {
    let table = [
        (TransportError::NoService, "no_service"),
        (TransportError::VersionMismatch, "version_mismatch"),
        (TransportError::NoAnswer, "no_answer"),
        (TransportError::NoReader, "no_reader"),
        (TransportError::UnknownReader("X".into()), "unknown_reader"),
        (TransportError::NoCard, "no_card"),
        (TransportError::Pulled, "pulled"),
        (TransportError::InUse, "in_use"),
        (TransportError::NotAllowed, "not_allowed"),
        (TransportError::Broken, "broken"),
        (TransportError::Other("0x8010".into()), "reader_error"),
    ];
    let mut sentences = std::collections::BTreeSet::new();
    for (error, code) in table {
        let (inner, _) = card("hpki", 15);
        let mut tap = Tap::changing(inner, |_, _, _| Err(error.clone()));
        let shown = sign(&mut tap, "1234", false).unwrap_err();
        assert_eq!(shown.code(), code);
        assert!(shown.to_string().ends_with("ください"), "it says what to do: {shown}");
        sentences.insert(shown.to_string());
    }
    assert_eq!(sentences.len(), 11, "no two causes share a sentence");
}
