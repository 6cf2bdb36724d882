//! A person at a thin terminal with nothing but `ssh kyukyu`, both sides configured by what is shipped: the card through
//! the agent and through pcscd, lines that break, other versions, and whatever else is asked for.

use super::bed::daemon::SOCKET;
use super::bed::program::PROGRAM;
use super::bed::ssh::{Offer, Sshd};
use super::bed::{Bed, Layout};
use crate::support::audit::Audit;
use crate::support::pty::{Pty, places};
use crate::support::site::{PASSWORD, Site};
use crate::support::wire::Wire;
use kyukyu::client::Client;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

const HOME: &str = "ホーム  症例";
/// So long that chance does not write it into a signature.
const LONG_PIN: &str = "8642097531";

fn site() -> Site {
    let mut site = Site::new();
    site.start_station();
    site
}

fn card() -> Layout {
    Layout::hpki_b().with_pin(LONG_PIN)
}

fn agent(socket: &Path) -> Pty {
    let agent = Pty::program(PROGRAM, &["agent", "--socket", socket.to_str().unwrap()].map(AsRef::as_ref));
    agent.until_answering(socket);
    agent
}

fn password(screen: &mut Pty, then: &str) {
    screen.wait("ログイン（1/2 パスワード）");
    screen.wait("訓練");
    screen.go(&format!("sato<Tab>{PASSWORD}<C-g>"), then);
}

/// Presses for the signature, and types the PIN at the agent's screen once that asks anew.
fn sign(screen: &mut Pty, agent: &mut Pty) {
    let questions = |screen: &str| screen.matches("PIN（半角").count();
    let before = questions(&agent.screen());
    screen.go("<C-g>", "で入力してください");
    agent.wait_until("the question for the PIN", |screen| questions(screen) > before);
    agent.keys(&format!("{LONG_PIN}<Enter>"));
    screen.wait(HOME);
}

/// Nothing of a PIN went anywhere, as it is typed or as the line protocol spells it.
fn crossed_nowhere(places_looked_at: &[(&str, Vec<u8>)]) {
    for (place, bytes) in places_looked_at {
        assert!(bytes.len() > 50, "{place}: nothing was recorded");
        for form in [LONG_PIN.to_owned(), data_encoding::HEXLOWER.encode(LONG_PIN.as_bytes())] {
            assert!(places(form.as_bytes(), bytes).is_empty(), "the PIN went {place}");
        }
    }
}

#[test]
fn through_the_agent_no_pin_crosses_and_a_killed_line_ends_all_and_is_taken_up_again() {
    let (bed, site) = (Bed::new(), site());
    let card = bed.insert(0, &card());
    let sshd = Sshd::captive(&site);
    let at_the_terminal = tempfile::tempdir().unwrap();
    let (socket, tapped) =
        (at_the_terminal.path().join("agent.sock"), at_the_terminal.path().join("tapped.sock"));
    let mut agent = agent(&socket);
    // So long that a question that does not wait for the greeting has surely set out before it arrives.
    let line = Wire::slow(&tapped, socket, Duration::from_millis(300));
    let mut audit = Audit::new(&site);
    for times in 1..=2 {
        // The second time, the socket that the killed line left is in the way.
        assert_eq!(sshd.runtime("kyukyu-card.sock").exists(), times == 2);
        let before_the_look = line.round_trips().len();
        let mut screen = sshd.window(Some(Offer::Agent(&tapped)), &[]);
        password(&mut screen, "手元の端末のカード読取り（エージェント）");
        screen.wait("PINの残り回数: 15回");
        let before_the_signature = line.round_trips().len();
        sign(&mut screen, &mut agent);
        // Two round trips a login: the greetings come along with the answers.
        let trips = line.round_trips();
        assert_eq!(trips[before_the_look], 1, "the look at the card: {trips:?}");
        assert_eq!(trips[before_the_signature], 1, "the signature: {trips:?}");
        crossed_nowhere(&[
            ("to the agent", line.there()),
            ("from the agent", line.back()),
            ("to the screen", screen.raw()),
            ("to the agent's screen", agent.raw()),
        ]);
        assert!(sshd.processes().iter().any(|name| name == "kyukyu"), "{:?}", sshd.processes());
        // The terminal's power fails, or its ssh is killed.
        drop(screen);
        sshd.until_nobody();
        // The station hears of the end when the process is gone, and writes it down then.
        let mut ended = || {
            let lines = audit.lines().into_iter();
            let ended = lines.filter(|line| {
                line.kind.as_str() == "session_ended" && line.words.as_str().contains("端末の切断")
            });
            ended.count()
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while ended() < times && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(ended(), times, "how the session ended is on record");
    }
    // And the card is watched as anywhere.
    let mut screen = sshd.window(Some(Offer::Agent(&tapped)), &[]);
    password(&mut screen, "PINの残り回数: 15回");
    sign(&mut screen, &mut agent);
    bed.remove(&card);
    screen.wait("カードが抜かれたため、画面をロックしました");
    assert_eq!(card.tries_left(), 15);
}

#[test]
fn through_the_pcscd_of_the_terminal_which_is_found_without_a_word_and_taken_up_again() {
    let (bed, site) = (Bed::new(), site());
    let card = bed.insert(0, &card());
    let sshd = Sshd::captive(&site);
    for times in 1..=2 {
        assert_eq!(sshd.runtime("pcscd.comm").exists(), times == 2);
        let mut screen = sshd.window(Some(Offer::Pcscd(Path::new(SOCKET))), &[]);
        password(&mut screen, "転送された pcscd");
        screen.wait("PINの残り回数: 15回");
        screen.go(&format!("{LONG_PIN}<C-g>"), HOME);
        crossed_nowhere(&[("to the screen", screen.raw())]);
        if times == 1 {
            drop(screen);
            sshd.until_nobody();
            Audit::new(&site).find("session_ended", "端末の切断");
        } else {
            bed.remove(&card);
            screen.wait("カードが抜かれたため、画面をロックしました");
        }
    }
    assert_eq!(card.tries_left(), 15);
}

#[test]
fn other_versions_of_the_terminals_programs_have_their_sentences() {
    let (bed, site) = (Bed::new(), site());
    let _card = bed.insert(0, &card());
    let sshd = Sshd::captive(&site);
    let at_the_terminal = tempfile::tempdir().unwrap();
    let old_agent = at_the_terminal.path().join("old.sock");
    let agents = UnixListener::bind(&old_agent).unwrap();
    std::thread::spawn(move || {
        for line in agents.incoming() {
            let hello = r#"{"hello":{"program":"kyukyu-card","version":99,"pin":"at_the_reader"}}"#;
            let _ = writeln!(line.unwrap(), "{hello}");
        }
    });
    let mut screen = sshd.window(Some(Offer::Agent(&old_agent)), &[]);
    password(&mut screen, "手元の端末のエージェントの版が合いません（版99、必要な版1）");
    drop(screen);

    // A real pcscd whose answer to the first command, the one about versions, is that of a newer one.
    let other_pcscd = at_the_terminal.path().join("pcscd.comm");
    let services = UnixListener::bind(&other_pcscd).unwrap();
    std::thread::spawn(move || {
        for line in services.incoming() {
            let (mut line, mut far) = (line.unwrap(), UnixStream::connect(SOCKET).unwrap());
            let mut asked = [0; 20];
            if line.read_exact(&mut asked).is_err() {
                continue;
            }
            far.write_all(&asked).unwrap();
            let mut answer = [0; 12];
            far.read_exact(&mut answer).unwrap();
            assert_eq!(answer[..8], [4_u32.to_ne_bytes(), 4_u32.to_ne_bytes()].concat());
            answer[4..8].copy_from_slice(&5_u32.to_ne_bytes());
            answer[8..].copy_from_slice(&0x8010_001E_u32.to_ne_bytes());
            let _ = line.write_all(&answer);
        }
    });
    let mut screen = sshd.window(Some(Offer::Pcscd(&other_pcscd)), &[]);
    password(&mut screen, "版が合いません");
    screen.wait("kyukyu-card agent");
}

#[test]
fn nothing_but_what_is_on_the_list_is_to_be_had() {
    let (_bed, site) = (Bed::without_service(), site());
    let sshd = Sshd::captive(&site);
    let told = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let version = sshd.ask(&[], &["--version"]);
    assert!(version.status.success() && told(&version).starts_with("kyukyu "), "{version:?}");
    // Behind a window the first steps of a log line.
    let mut window = sshd.window(None, &["log", "show", "--user", "kansa"]);
    window.wait("パスワード:");
    window.go(&format!("{PASSWORD}<Enter>"), "ログイン");
    assert_eq!(window.ended().1, 0, "{}", window.screen());
    let marked = sshd.runtime("marked");
    let mark = format!("touch {}", marked.display());
    for words in [
        &["sh"][..],
        &["id"],
        &["--version;", &mark],
        &["$(", &mark, ")"],
        &["admin", "account", "list"],
        &["serve"],
        &["--socket", "/run/x.sock"],
        &["scp", "-t", "."],
    ] {
        let refused = sshd.ask(&[], words);
        assert_eq!(refused.status.code(), Some(2), "{words:?}: {refused:?}");
        let sentence = String::from_utf8_lossy(&refused.stderr);
        assert!(sentence.contains("この接続では、そのコマンドは使えません"), "{words:?}: {sentence}");
        assert_eq!(told(&refused), "", "{words:?}");
    }
    assert!(!marked.exists(), "a shell was reached");
    // sftp is a subsystem; the command is forced there as well.
    let sftp = sshd.ask(&["-s"], &["sftp"]);
    assert!(!sftp.status.success() && sftp.stdout.is_empty(), "{sftp:?}");
    // Neither ports nor the sockets of this host.
    for more in [&["-W", "127.0.0.1:22"][..], &["-N", "-R", "0:127.0.0.1:22"]] {
        let refused = sshd.ask(more, &[]);
        assert!(!refused.status.success(), "{more:?}: {refused:?}");
    }
    // -L is refused when somebody uses it.
    let through = sshd.forward_from_the_station(&site.socket());
    assert!(Client::connect(&site.socket()).is_ok());
    assert!(Client::connect(&through.socket).is_err(), "the station is reached without the program");
    drop(through);
    sshd.until_nobody();
}
