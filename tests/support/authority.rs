//! An authority of cards that a test site pins, with its keys: revocation lists of any age, cards that end on any day.

use super::site::{PIN, Site};
use kyukyu::card::Certificate;
use kyukyu::card::software::CardFile;
use kyukyu::domain::UserId;
use kyukyu::identity::Fingerprint;
use kyukyu::protocol::{IssuedCard, Request};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../fixtures/cards/", $name)).as_slice()
    };
}

pub const ROOT: &[u8] = file!("facility/root.der");
pub const ISSUING: &[u8] = file!("facility/issuing.der");
/// An authority of My Number cards, and a card of it.
pub const JPKI: &[u8] = file!("chains/jpki-ca-2.der");
pub const JPKI_CARD: &[u8] = file!("chains/jpki-leaf.der");
const JPKI_KEY: &[u8] = file!("chains/jpki-leaf.key.der");

const SHA256_RSA: &[u8] = &[0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 0x0B, 5, 0];

/// A card: its profile, certificate and key.
pub struct Card {
    pub profile: &'static str,
    pub certificate: Vec<u8>,
    pub key: &'static [u8],
}

/// `doctor`, `doctor-new` (the same person's next one), `nurse` (hcRole General Nurse), `norole`, `jpki`.
pub fn card(name: &str) -> Card {
    let (profile, certificate, key) = match name {
        "doctor" => ("hpki", file!("facility/doctor.der"), file!("facility/doctor.key.der")),
        "doctor-new" => ("hpki", file!("facility/doctor-new.der"), file!("facility/doctor-new.key.der")),
        "nurse" => ("hpki", file!("facility/nurse.der"), file!("facility/nurse.key.der")),
        "norole" => ("hpki", file!("facility/norole.der"), file!("facility/norole.key.der")),
        "jpki" => ("jpki", JPKI_CARD, JPKI_KEY),
        other => panic!("no card {other}"),
    };
    Card { profile, certificate: certificate.to_vec(), key }
}

impl Card {
    /// The same card with a certificate that ends so many days from now.
    pub fn ending_in(self, days: i64) -> Self {
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days + 1);
        let end = end.strftime("%y%m%d%H%M%SZ").to_string();
        let old = Certificate::parse(&self.certificate).unwrap();
        let mut tbs = old.tbs().to_vec();
        let at = tbs.windows(13).position(|window| window == b"450101000000Z").unwrap();
        tbs[at..at + 13].copy_from_slice(end.as_bytes());
        let signature = sign(file!("facility/issuing.key.der"), &tbs);
        let certificate = tlv(0x30, &[&tbs, SHA256_RSA, &tlv(3, &[&[0], &signature])]);
        Self { certificate, ..self }
    }

    /// Writes it as the file of a software card.
    pub fn save(&self, site: &std::path::Path, name: &str) -> PathBuf {
        let path = site.join(format!("{name}.card"));
        let pin = if self.profile == "jpki" { "1357" } else { PIN };
        CardFile::embedded(self.profile, &self.certificate, self.key, pin.into())
            .unwrap()
            .save(&path)
            .unwrap();
        path
    }

    /// Signs without a reader, as a modified helper would.
    pub fn sign(&self, challenge: &str) -> Vec<u8> {
        sign(self.key, challenge.as_bytes())
    }

    /// SHA-256 of its public key, as the log and the list name it.
    pub fn fingerprint(&self) -> String {
        Certificate::parse(&self.certificate).unwrap().spki_sha256().to_string()
    }
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = RsaPrivateKey::from_pkcs8_der(key).unwrap();
    key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)).unwrap()
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let mut out = vec![tag];
    match body.len() {
        0..=0x7F => out.push(length[1]),
        0x80..=0xFF => out.extend([0x81, length[1]]),
        _ => out.extend([0x82, length[0], length[1]]),
    }
    out.extend(body);
    out
}

fn utc(seconds_from_now: i64) -> Vec<u8> {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds_from_now);
    tlv(0x17, &[at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()])
}

/// A revocation list, DER, made a day before it is due `next` seconds from now, with the serial numbers of these.
fn list(authority: &[u8], key: &[u8], next: i64, revoked: &[&[u8]]) -> Vec<u8> {
    let authority = Certificate::parse(authority).unwrap();
    let entries: Vec<Vec<u8>> = revoked
        .iter()
        .map(|of| {
            let of = Certificate::parse(of).unwrap();
            let serial = of.fields().tbs_certificate().serial_number().as_bytes().to_vec();
            tlv(0x30, &[&tlv(2, &[&serial]), &utc(-864_000)])
        })
        .collect();
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    let entries = if entries.is_empty() { Vec::new() } else { tlv(0x30, &entries) };
    // The key identifier of the authority and the number of the list, as RFC 5280 wants them.
    let ids = authority.fields().tbs_certificate().extensions().unwrap();
    let subject_key = ids.iter().find(|e| e.extn_id.to_string() == "2.5.29.14").unwrap();
    let key_id = &subject_key.extn_value.as_bytes()[2..];
    let authority_key = tlv(0x30, &[&tlv(0x80, &[key_id])]);
    let extension = |last: u8, value: &[u8]| tlv(0x30, &[&[6, 3, 0x55, 0x1D, last], &tlv(4, &[value])]);
    let extensions = [extension(35, &authority_key), extension(20, &tlv(2, &[&[1]]))].concat();
    let extensions = tlv(0xA0, &[&tlv(0x30, &[&extensions])]);
    let (made, due) = (utc((next - 86_400).min(-3_600)), utc(next));
    let tbs = tlv(0x30, &[&[2, 1, 1], SHA256_RSA, authority.subject(), &made, &due, &entries, &extensions]);
    tlv(0x30, &[&tbs, SHA256_RSA, &tlv(3, &[&[0], &sign(key, &tbs)])])
}

/// The lists of the issuing authority, due `next` seconds from now, and of its root (always fresh).
pub fn lists(next: i64, revoked: &[&[u8]]) -> [(&'static str, Vec<u8>); 2] {
    [
        ("issuing.crl", list(ISSUING, file!("facility/issuing.key.der"), next, revoked)),
        ("root.crl", list(ROOT, file!("facility/root.key.der"), 86_400, &[])),
    ]
}

/// Lays lists into the folder of a site, as an operator does: under another name first.
pub fn lay(site: &Site, lists: &[(&str, Vec<u8>)]) {
    let folder = site.folder.path().join("site/data/crl");
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in lists {
        let aside = folder.join(format!("{name}.part"));
        fs::write(&aside, bytes).unwrap();
        fs::rename(aside, folder.join(name)).unwrap();
    }
}

/// What an administrator asks to pin an authority.
pub fn pin(card: IssuedCard, der: &[u8]) -> Request {
    Request::AddAuthority {
        card,
        certificate: data_encoding::BASE64.encode(der),
        sha256: Fingerprint::of(der).to_string(),
    }
}

/// What an administrator asks to enrol a card by its certificate.
pub fn enrol(user: &str, card: &Card) -> Request {
    Request::EnrolCard {
        user: UserId::parse(user).unwrap(),
        certificate: data_encoding::BASE64.encode(&card.certificate),
    }
}
