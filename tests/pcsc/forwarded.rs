//! A reader at a thin terminal, used from the host over a real `ssh -R`: through the agent, and raw.

use super::bed::cards::PIN;
use super::bed::daemon::SOCKET;
use super::bed::program::PROGRAM;
use super::bed::program::{Helper, agent_at, challenge, command, refused, verified};
use super::bed::ssh::{Offer, Sshd};
use super::bed::{Bed, Layout};
use super::support::pty::Pty;
use kyukyu::card::line::SignAsk;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn the_raw_socket_of_pcscd_over_a_line_that_breaks_and_returns() {
    let bed = Bed::new();
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    let sshd = Sshd::start();
    let line = sshd.forward(Offer::Pcscd(Path::new(SOCKET)));
    let mode = std::fs::metadata(&line.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else at the station uses the reader");
    let mut at_the_station = command();
    at_the_station.env("PCSCLITE_CSOCK_NAME", &line.socket);
    let mut helper = Helper::start_from(at_the_station);
    verified(&layout, &helper.sign(&layout).unwrap());

    drop(line);
    let error = helper.sign(&layout).unwrap_err();
    assert_eq!(error.code, "no_service", "{error}");
    // The socket of the broken line is still there; sshd replaces it.
    let _line = sshd.forward(Offer::Pcscd(Path::new(SOCKET)));
    verified(&layout, &helper.sign(&layout).unwrap());
    assert_eq!(card.tries_left(), 3);
}

#[test]
fn the_agent_beside_the_reader_over_a_line() {
    let bed = Bed::new();
    let layout = Layout::hpki_b();
    let _card = bed.insert(0, &layout);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent.sock");
    let mut person =
        Pty::program(PROGRAM, &["agent", "--socket", socket.to_str().unwrap()].map(AsRef::as_ref));
    person.until_answering(&socket);
    let sshd = Sshd::start();
    let line = sshd.forward(Offer::Agent(&socket));
    let mut client = agent_at(&line.socket);
    let (_, card) = refused(client.identify(None)).unwrap();
    assert_eq!(card.spki_sha256, layout.spki());
    let ask = SignAsk::new(&challenge(), vec![layout.spki()]);
    let asking = std::thread::spawn(move || refused(client.sign(ask)));
    person.wait("PIN（半角英数記号4～16桁）: ");
    person.keys(&format!("{PIN}<Enter>"));
    verified(&layout, &asking.join().unwrap().unwrap());
}
