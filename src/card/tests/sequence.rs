//! The bytes of the specification, in their order.

use super::*;
use crate::card::profile::SignatureVariant;
use crate::card::{Hash, PublicKey, identify};

const SELECT_HPKI: &str = "00a4040010e828bd080fa00000039100000000000200";
const SELECT_JPKI: &str = "00a4040c0ad392f000260100000001";

fn reads(certificate: &[u8]) -> Vec<String> {
    (0..certificate.len()).step_by(256).map(|offset| format!("00b0{offset:04x}00")).collect()
}

fn digest_info() -> String {
    hex::encode(&Hash::Sha256.digest_info(&Hash::Sha256.digest(challenge().as_bytes())))
}

#[test]
fn my_number_card() {
    let (card, _) = card("jpki", 3);
    let mut tap = Tap::new(card);
    let signed = sign(&mut tap, "1234", false).unwrap();
    let mut expected = vec![SELECT_HPKI.into(), SELECT_JPKI.into(), "00a4020c02000a".to_owned()];
    expected.extend(reads(JPKI));
    expected.extend(["00a4020c020018".into(), "00200080".into(), "002000800431323334".into()]);
    expected.extend(["00a4020c020017".into(), format!("802a008033{}00", digest_info())]);
    assert_eq!(tap.sent(), expected);
    assert_eq!(tap.resets, 1);
    assert_eq!((signed.signature.len(), signed.profile.as_str()), (256, "jpki"));
}

#[test]
fn hpki_variant_b() {
    let (card, _) = card("hpki", 15);
    let mut tap = Tap::new(card);
    sign(&mut tap, "1234", false).unwrap();
    let mut expected = vec![SELECT_HPKI.into(), "00a4020c020016".to_owned()];
    expected.extend(reads(DOCTOR));
    expected.extend(["00a4020c020002".into(), "00200088".into()]);
    expected.extend(["00a4020c02000c".into(), "002241b6048402000c".into()]);
    expected.push("002000880431323334".into());
    expected.push(format!("002a9e9a0001000001{}00{}0000", "ff".repeat(202), digest_info()));
    assert_eq!(tap.sent(), expected);
    assert_eq!(tap.resets, 1);
}

#[test]
fn hpki_variant_a_where_mse_is_unknown() {
    let (card, left) =
        card_with("hpki", 15, DOCTOR, DOCTOR_KEY, |p| p.signature = vec![SignatureVariant::DigestInfo]);
    let mut tap = Tap::new(card);
    let signed = sign(&mut tap, "1234", false).unwrap();
    let sent = tap.sent();
    let tail: Vec<&str> = sent.iter().rev().take(7).rev().map(String::as_str).collect();
    // The key is named anew after VERIFY, is refused again, and variant A follows at no cost.
    let expected = [
        "00a4020c02000c",
        "002241b6048402000c",
        "002000880431323334",
        "00a4020c02000c",
        "002241b6048402000c",
        "00a4020c02000c",
        &format!("802a008033{}00", digest_info()),
    ];
    assert_eq!(tail, expected);
    assert_eq!(left.get(), 15);
    assert_eq!(signed.signature.len(), 256);
}

#[test]
fn either_variant_alone_gives_the_same_signature() {
    let signatures = [SignatureVariant::DigestInfo, SignatureVariant::PaddedBlock].map(|variant| {
        let (mut card, _) = card_with("training", 15, DOCTOR, DOCTOR_KEY, |p| p.signature = vec![variant]);
        sign(&mut card, "1234", false).unwrap().signature
    });
    assert_eq!(signatures[0], signatures[1]);
}

#[test]
fn variant_b_that_fails_after_verify_falls_back_without_a_second_verify() {
    let (card, left) = card("hpki", 15);
    let mut tap = Tap::changing(card, |_, sent, answer| {
        Ok(if sent.starts_with(&[0x00, 0x2A]) { vec![0x6A, 0x81] } else { answer })
    });
    sign(&mut tap, "1234", false).unwrap();
    assert_eq!(tap.sent().iter().filter(|apdu| apdu.starts_with("0020008804")).count(), 1);
    assert_eq!(left.get(), 15);
}

#[test]
fn an_ecdsa_card_is_only_another_profile() {
    let (mut card, _) = card("p384", 15);
    let signed = sign(&mut card, "1234", false).unwrap();
    assert_eq!((signed.signature.len(), signed.hash), (96, Hash::Sha384));
    let key = PublicKey::from_spki(signed.certificate.spki()).unwrap();
    assert_eq!(key.verify(Hash::Sha384, challenge().as_bytes(), &signed.signature), Ok(()));
}

#[test]
fn identifying_touches_no_pin() {
    for (profile, tries, kind) in
        [("hpki", 9, "hpki"), ("jpki", 2, "my_number"), ("training", 15, "training")]
    {
        let (card, left) = card(profile, tries);
        let mut tap = Tap::new(card);
        let identity = identify(&mut tap, &Profiles::builtin()).unwrap();
        assert_eq!(identity.tries_left, Some(tries));
        assert_eq!(serde_json::to_value(identity.kind).unwrap(), kind);
        assert_eq!(left.get(), tries);
        assert!(tap.sent().iter().all(|apdu| !apdu.starts_with("0020") || apdu.len() == 8));
        assert_eq!(tap.resets, 1);
    }
}

#[test]
fn cards_that_speak_in_pieces_are_understood() {
    // T=0 manners: 6Cxx for a wrong Le, 61xx and GET RESPONSE for data.
    let (card, _) = card("hpki", 15);
    let waiting: RefCell<Vec<u8>> = RefCell::default();
    let mut tap = Tap::changing(card, |_, sent, answer| {
        let data_length = answer.len() - 2;
        Ok(match sent {
            [0x00, 0xB0, _, _, 0x00] if data_length < 256 && data_length > 0 => {
                vec![0x6C, u8::try_from(data_length).unwrap()]
            }
            [0x00, 0xC0, 0x00, 0x00, le] => {
                let wanted = if *le == 0 { 256 } else { usize::from(*le) };
                let mut now: Vec<u8> = waiting.borrow_mut().drain(..wanted).collect();
                match waiting.borrow().len() {
                    0 => now.extend([0x90, 0x00]),
                    n => now.extend([0x61, u8::try_from(n).unwrap()]),
                }
                now
            }
            [0x00, 0x2A, ..] => {
                *waiting.borrow_mut() = answer[..data_length].to_vec();
                vec![0x61, 100]
            }
            _ => answer,
        })
    });
    let signed = sign(&mut tap, "1234", false).unwrap();
    assert_eq!(signed.certificate.der(), DOCTOR);
    let sent = tap.sent();
    assert!(sent.iter().any(|apdu| apdu == "00c0000064"));
    assert!(sent.iter().any(|apdu| apdu == &format!("00b00400{:02x}", DOCTOR.len() - 1024)));
}

#[test]
fn an_unknown_card_is_named_by_its_answer_to_reset() {
    let (card, _) = card_with("training", 15, DOCTOR, DOCTOR_KEY, |p| p.aid = vec![0xF1, 1, 2, 3, 4]);
    let atr = hex::encode(&card.atr());
    let error = identify(&mut Tap::new(card), &Profiles::builtin()).unwrap_err();
    assert_eq!(error, CardError::UnknownCard { atr: atr.clone() });
    assert!(error.to_string().contains(&atr));
}

#[test]
fn a_certificate_that_is_none() {
    for content in [&b""[..], b"30", &[0x30, 0x82], &[0x30, 0x82, 0xFF, 0xFF, 0], &[0x04, 0x82, 0, 0]] {
        let (mut card, left) = card_with("training", 15, content, DOCTOR_KEY, |_| {});
        let error = sign(&mut card, "1234", false).unwrap_err();
        assert_eq!(error.code(), "certificate", "{content:?}");
        assert_eq!(left.get(), 15);
    }
}

#[test]
fn a_key_that_does_not_fit_the_certificate_is_found_out() {
    let (mut card, _) = card_with("training", 15, DOCTOR, OTHER_KEY, |_| {});
    assert_eq!(sign(&mut card, "1234", false).unwrap_err(), CardError::SignatureMismatch);
}
