//! Software cards, and a login over the raw socket with one.

use super::site::{PASSWORD, PIN, Site};
use kyukyu::card::software::{CardFile, SoftwareReaders};
use kyukyu::card::{ChallengeText, Profiles, Readers, SignOrder, Signed, SpkiHash, sign_challenge};
use kyukyu::client::{Client, ClientFault};
use kyukyu::protocol::view::SessionView;
use kyukyu::protocol::{Reply, Request, Secret};
use std::path::PathBuf;

/// Writes a card's file; gives its place.
pub fn card_file(site: &Site, name: &str) -> PathBuf {
    let path = site.folder.path().join(format!("{name}.card"));
    if !path.exists() {
        CardFile::training(name, PIN.into()).unwrap().save(&path).unwrap();
    }
    path
}

/// Has a card sign a challenge, through real APDUs.
pub fn sign(site: &Site, card: &str, challenge: &str, session: &SessionView) -> Signed {
    let mut readers = SoftwareReaders::new(card_file(site, card));
    let name = readers.names().unwrap().remove(0);
    let mut transport = readers.open(&name).unwrap();
    let enrolled: Vec<SpkiHash> =
        session.card_keys.iter().filter_map(|key| key.as_str().parse().ok()).collect();
    let order = SignOrder {
        challenge: &ChallengeText::parse(challenge.as_bytes()).unwrap(),
        enrolled: &enrolled,
        pin: &PIN.into(),
        allow_last_try: false,
    };
    sign_challenge(&mut *transport, &Profiles::builtin(), &order).unwrap()
}

/// The proof of a signature.
pub fn proof(challenge: &str, signed: &Signed) -> Request {
    Request::CardProof {
        challenge: challenge.to_owned(),
        certificate: data_encoding::BASE64.encode(signed.certificate.der()),
        signature: data_encoding::BASE64.encode(&signed.signature),
        hash: signed.hash,
    }
}

/// First factor only.
pub fn log_in(site: &Site, user: &str) -> (Client, SessionView) {
    let mut client = Client::connect(&site.socket()).unwrap();
    let session = password(&mut client, user, PASSWORD).unwrap();
    (client, session)
}

/// First factor on a line that is there.
pub fn password(client: &mut Client, user: &str, password: &str) -> Result<SessionView, ClientFault> {
    let login = Request::Login { user: user.to_owned(), password: Secret::new(password.to_owned()) };
    match client.ask(login)? {
        Reply::LoggedIn { session, .. } => Ok(session),
        other => panic!("{other:?}"),
    }
}

/// Both factors.
pub fn log_in_with_card(site: &Site, user: &str, card: &str) -> (Client, SessionView) {
    let (mut client, session) = log_in(site, user);
    let session = prove(site, card, &mut client, &session);
    (client, session)
}

/// The second factor on a line with the first.
pub fn prove(site: &Site, card: &str, client: &mut Client, session: &SessionView) -> SessionView {
    let Reply::Challenge { text } = client.ask(Request::CardChallenge).unwrap() else { panic!() };
    let signed = sign(site, card, &text, session);
    match client.ask(proof(&text, &signed)).unwrap() {
        Reply::Session(session) => session,
        other => panic!("{other:?}"),
    }
}
