//! `kyukyu-card` as it is run by a person and by the terminal.

use super::PATIENCE;
use super::cards::{Layout, PIN};
use kyukyu::card::client::{ClientError, HelperClient};
use kyukyu::card::line::{Answer, ErrorReport, SignAsk, SignedReport};
use kyukyu::card::{Certificate, ChallengeText, PublicKey};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kyukyu-card");

/// The program, to be started.
pub fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_remove("PCSCLITE_CSOCK_NAME").env_remove("KYUKYU_CARD_PROFILES");
    command
}

/// What a run with `--json` came to.
#[derive(Debug)]
pub struct Outcome {
    pub answer: Answer,
    pub code: i32,
}

impl Outcome {
    /// The error's code and sentence.
    pub fn error(&self) -> (&str, &str) {
        match &self.answer {
            Answer::Error(ErrorReport { code, message, .. }) => (code, message.as_str()),
            other => panic!("not an error: {other:?}"),
        }
    }
}

/// Runs it with `--json`, with this on its standard input.
pub fn json(mut command: Command, arguments: &[&str], input: &str) -> Outcome {
    command.arg("--json").args(arguments);
    let output = run(command, input);
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let answer = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}\n{said}"));
    Outcome { answer, code: output.status.code().unwrap() }
}

/// The text of a run without `--json`, standard output and error together.
pub fn text(arguments: &[&str], input: &str) -> (String, i32) {
    let mut command = command();
    command.args(arguments);
    let output = run(command, input);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (said, output.status.code().unwrap())
}

/// Runs a program to its end, which it must come to.
pub fn run(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let pid = Pid::from_child(&child);
    let (done, ended) = mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        let _ = done.send(());
        output
    });
    if ended.recv_timeout(PATIENCE).is_err() {
        let _ = kill_process(pid, Signal::KILL);
        panic!("it hangs: {command:?}");
    }
    let output = waiting.join().unwrap();
    no_pin(&String::from_utf8_lossy(&output.stdout));
    no_pin(&String::from_utf8_lossy(&output.stderr));
    output
}

/// The PIN is in nothing that anybody wrote, neither as typed nor as the line protocol spells it.
pub fn no_pin(text: &str) {
    for form in [PIN.to_owned(), data_encoding::HEXLOWER.encode(PIN.as_bytes())] {
        assert!(!text.contains(&form), "the PIN is in {text}");
    }
}

/// A running `kyukyu-card helper`.
pub struct Helper {
    pub client: HelperClient<ChildStdout, ChildStdin>,
    child: Child,
    errors: tempfile::NamedTempFile,
}

impl Helper {
    pub fn start() -> Self {
        Self::start_from(command())
    }

    pub fn start_from(mut command: Command) -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let stderr = File::options().append(true).open(errors.path()).unwrap();
        command.arg("helper").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        let (output, input) = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
        Self { client: HelperClient::connect(output, input).unwrap(), child, errors }
    }

    /// Signs the challenge of these tests with the right PIN.
    pub fn sign(&mut self, layout: &Layout) -> Result<SignedReport, ErrorReport> {
        self.sign_with(layout, PIN, false)
    }

    pub fn sign_with(
        &mut self,
        layout: &Layout,
        pin: &str,
        allow_last_try: bool,
    ) -> Result<SignedReport, ErrorReport> {
        let ask = SignAsk::new(&challenge(), vec![layout.spki()]).with_pin(pin.into(), allow_last_try);
        refused(self.client.sign(ask))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            no_pin(&std::fs::read_to_string(self.errors.path()).unwrap());
        }
    }
}

/// A line to an agent that does not leave this side waiting for ever.
pub fn agent_at(socket: &Path) -> HelperClient<UnixStream, UnixStream> {
    let line = UnixStream::connect(socket).unwrap();
    line.set_read_timeout(Some(PATIENCE)).unwrap();
    HelperClient::connect(line.try_clone().unwrap(), line).unwrap()
}

/// What the helper refused, anything else being a failure of the test.
pub fn refused<T>(result: Result<T, ClientError>) -> Result<T, ErrorReport> {
    result.map_err(|error| match error {
        ClientError::Refused(report) => report,
        other => panic!("{other:?}"),
    })
}

pub fn challenge() -> ChallengeText {
    ChallengeText::compose("station-1", "dr.sato", 1_763_856_000, &[7; 32]).unwrap()
}

pub fn challenge_hex() -> String {
    data_encoding::HEXLOWER.encode(challenge().as_bytes())
}

/// The signature is the card's, over the challenge.
pub fn verified(layout: &Layout, signed: &SignedReport) {
    assert_eq!(signed.certificate, layout.certificate());
    let key = PublicKey::from_spki(Certificate::parse(&signed.certificate).unwrap().spki()).unwrap();
    assert_eq!(key.verify(signed.hash, challenge().as_bytes(), &signed.signature), Ok(()));
}
