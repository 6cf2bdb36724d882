//! How long a login by card takes over lines of different length, by the agent and by a forwarded pcscd. See
//! `cards-help.txt`.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../pcsc/bed/mod.rs"]
mod bed;
#[path = "../support/mod.rs"]
mod support;

use bed::cards::PIN;
use bed::daemon::SOCKET;
use bed::program::PROGRAM;
use bed::{Bed, Layout};
use kyukyu::card::ChallengeText;
use kyukyu::protocol::{Reply, Request};
use kyukyu::terminal::{CardPlaces, HelperCommand, Order, look_now, sign_now};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::card::log_in;
use support::pty::Pty;
use support::site::Site;
use support::wire::Wire;

/// Logins of which the middle one is shown.
const LOGINS: usize = 5;
const ROUND_TRIPS: [u64; 3] = [0, 10, 50];
/// The agent's round trips for a login.
const TARGET: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Agent,
    Pcscd,
}

/// One login in its two parts: the look at what lies in the reader, and from the order to sign to the station's yes.
#[derive(Clone, Copy)]
struct Login {
    look: (Duration, usize),
    sign: (Duration, usize),
}

fn main() {
    if std::env::args().any(|word| word == "--help" || word == "-h") {
        print!("{}", include_str!("cards-help.txt"));
        return;
    }
    let bed = Bed::new();
    let _card = bed.insert(0, &Layout::hpki_b());
    let mut site = Site::new();
    site.start_station();
    let agent_socket = site.folder.path().join("agent.sock");
    let words = ["agent", "--socket", agent_socket.to_str().unwrap()];
    let mut agent = Pty::program(PROGRAM, &words.map(AsRef::as_ref));
    agent.until_answering(&agent_socket);
    println!("| way | line ms | look ms (waits) | sign ms (waits) | both ms | target |");
    println!("|---|---|---|---|---|---|");
    for (way, name, far) in
        [(Way::Agent, "agent", agent_socket.as_path()), (Way::Pcscd, "pcscd", Path::new(SOCKET))]
    {
        for milliseconds in ROUND_TRIPS {
            let near = site.folder.path().join(format!("{name}-{milliseconds}"));
            let line = Wire::slow(&near, far.to_owned(), Duration::from_millis(milliseconds));
            let mut logins: Vec<Login> =
                (0..LOGINS).map(|_| login(&site, way, &near, &line, &mut agent)).collect();
            logins.sort_by_key(|login| login.look.0 + login.sign.0);
            row(name, way, milliseconds, logins[LOGINS / 2]);
        }
    }
}

fn row(name: &str, way: Way, line: u64, login: Login) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let (look, sign) = (login.look, login.sign);
    let target = match way {
        Way::Agent => format!("{TARGET} waits at most"),
        Way::Pcscd => "none".to_owned(),
    };
    println!(
        "| {name} | {line} | {:.0} ({}) | {:.0} ({}) | {:.0} | {target} |",
        ms(look.0),
        look.1,
        ms(sign.0),
        sign.1,
        ms(look.0 + sign.0)
    );
}

fn places(way: Way, socket: &Path) -> CardPlaces {
    match way {
        Way::Agent => CardPlaces::agent(PathBuf::from(socket)),
        Way::Pcscd => {
            let variable = format!("PCSCLITE_CSOCK_NAME={}", socket.display());
            let arguments = vec![variable.into(), PROGRAM.into(), "helper".into()];
            CardPlaces::helper(HelperCommand { program: "env".into(), arguments })
        }
    }
}

/// The second factor of a person who has given the first: no screen, and a person who types in no time.
fn login(site: &Site, way: Way, socket: &Path, line: &Wire, agent: &mut Pty) -> Login {
    let waits = || line.round_trips().iter().sum::<usize>();
    let (mut client, session) = log_in(site, "sato");
    let (begun, before) = (Instant::now(), waits());
    let found = look_now(&places(way, socket)).unwrap();
    let look = (begun.elapsed(), waits() - before);
    let (begun, before) = (Instant::now(), waits());
    let Reply::Challenge { text } = client.ask(Request::CardChallenge).unwrap() else {
        panic!("no challenge")
    };
    let order = Order {
        challenge: ChallengeText::parse(text.as_bytes()).unwrap(),
        enrolled: session.card_keys.iter().map(|key| key.as_str().parse().unwrap()).collect(),
        pin: (way == Way::Pcscd).then(|| PIN.into()),
        allow_last_try: false,
    };
    // Not on its screen, which scrolls.
    let questions = |agent: &Pty| String::from_utf8_lossy(&agent.raw()).matches("PIN（半角").count();
    let asked = questions(agent);
    let signed = std::thread::scope(|both| {
        let signing = both.spawn(|| sign_now(&found.place, order).unwrap());
        if way == Way::Agent {
            while questions(agent) == asked {
                assert!(begun.elapsed() < bed::PATIENCE, "nobody asks for the PIN: {}", agent.screen());
                std::thread::sleep(Duration::from_millis(1));
            }
            agent.keys(&format!("{PIN}<Enter>"));
        }
        signing.join().unwrap()
    });
    let proof = Request::CardProof {
        challenge: text,
        certificate: data_encoding::BASE64.encode(&signed.certificate),
        signature: data_encoding::BASE64.encode(&signed.signature),
        hash: signed.hash,
    };
    let Reply::Session(session) = client.ask(proof).unwrap() else { panic!("no session") };
    assert!(session.two_factors);
    let sign = (begun.elapsed(), waits() - before);
    Login { look, sign }
}
