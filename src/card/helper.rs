//! The helper's side of the line protocol, for the card program and for the hidden role of the main program.

use super::line::{Answer, Ask, ErrorReport, Hello, PinFrom, ReaderReport, SignAsk, SignedReport, VERSION};
use super::line_reader::LineReader;
use super::watch::{self, Watching};
use super::{
    CardError, ChallengeText, Identity, Profiles, Readers, SignOrder, SpkiHash, TransportError, identify,
    sign_challenge,
};
use crate::domain::SafeText;
use crate::json;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use secrecy::SecretString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest wait for one question about a watched card: the asker learns within it that the connection lives, and
/// neither side wakes more than once a minute.
const LONGEST_WATCH: Duration = Duration::from_secs(90);

/// Asks the person beside the reader for the PIN.
pub trait PinPrompt {
    /// Shows which card and how many tries are left, and returns what was typed; `None` when the person cancelled.
    /// With one try left (or an unknown number) it asks for a second confirmation. Where there is an `asker`, the line
    /// of whoever wants the signature, it ends when that hangs up: nobody types a PIN for nothing.
    fn ask(&mut self, reader: &str, card: &Identity, asker: Option<BorrowedFd<'_>>) -> Option<PinEntry>;
}

/// A typed PIN.
pub struct PinEntry {
    /// The PIN.
    pub pin: SecretString,
    /// That spending the last try was confirmed.
    pub allow_last_try: bool,
}

/// Answers questions about the cards in some readers.
pub struct Helper {
    pub(super) readers: Box<dyn Readers + Send>,
    prompt: Option<Box<dyn PinPrompt + Send>>,
    profiles: Profiles,
}

impl Helper {
    /// The PIN comes with the question.
    pub fn new(readers: Box<dyn Readers + Send>) -> Self {
        Self { readers, prompt: None, profiles: Profiles::builtin() }
    }

    /// The PIN is asked for here, and one that comes over the connection is refused.
    pub fn asking_here(readers: Box<dyn Readers + Send>, prompt: Box<dyn PinPrompt + Send>) -> Self {
        Self { readers, prompt: Some(prompt), profiles: Profiles::builtin() }
    }

    /// With these profiles instead of the compiled ones alone.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Profiles) -> Self {
        self.profiles = profiles;
        self
    }

    /// The first line of a connection.
    pub fn hello(&self) -> Answer {
        let pin = if self.prompt.is_some() { PinFrom::AtTheReader } else { PinFrom::InRequest };
        Answer::Hello(Hello { program: "kyukyu-card".to_owned(), version: VERSION, pin })
    }

    /// Answers one question.
    pub fn answer(&mut self, ask: Ask) -> Answer {
        self.answer_for(ask, None)
    }

    /// Answers one question of whoever is at the other end of a line.
    fn answer_for(&mut self, ask: Ask, asker: Option<BorrowedFd<'_>>) -> Answer {
        let answer = match ask {
            Ask::List {} => self.list().map(Answer::Readers).map_err(ErrorReport::from),
            Ask::Tries(place) => self.find(place.reader.as_deref()).map(|(reader, card)| Answer::Tries {
                reader: SafeText::new(&reader),
                tries_left: card.tries_left,
            }),
            Ask::Identify(place) => self
                .find(place.reader.as_deref())
                .map(|(reader, card)| Answer::Identity { reader: SafeText::new(&reader), card }),
            Ask::Sign(ask) => self.sign(ask, asker),
            Ask::Await(ask) => {
                Ok(if self.occupied() == ask.occupied { Answer::StillThere {} } else { Answer::Moved {} })
            }
            // A look without a wait; to wait is the connection's part.
            Ask::Watch(ask) => {
                Ok(self.begin_watch(&ask).map_or_else(|gone| *gone, |_| Answer::StillThere {}))
            }
        };
        answer.unwrap_or_else(Answer::Error)
    }

    fn list(&mut self) -> Result<Vec<ReaderReport>, CardError> {
        let mut reports = Vec::new();
        for name in self.readers.names()? {
            let seen = self.identify_in(&name);
            let reader = SafeText::new(&name);
            reports.push(match seen {
                Ok(card) => ReaderReport { reader, card: Some(card), problem: None },
                Err(CardError::Transport { error, .. }) if error.is_of_the_service() => {
                    return Err(error.into());
                }
                Err(error) => ReaderReport { reader, card: None, problem: Some(error.into()) },
            });
        }
        Ok(reports)
    }

    /// The reader's own name for one that crossed the line as safe text.
    pub(super) fn own_name(&mut self, reader: &str) -> Result<String, CardError> {
        let names = self.readers.names()?;
        let known = names.into_iter().find(|name| SafeText::new(name).as_str() == reader);
        known.ok_or_else(|| TransportError::UnknownReader(reader.to_owned()).into())
    }

    pub(super) fn identify_in(&mut self, reader: &str) -> Result<Identity, CardError> {
        let mut card = self.readers.open(reader)?;
        identify(card.as_mut(), &self.profiles)
    }

    /// The readers that a question is about: the named one, or all.
    fn candidates(&mut self, reader: Option<&str>) -> Result<Vec<String>, CardError> {
        let names = match reader {
            Some(name) => vec![self.own_name(name)?],
            None => self.readers.names()?,
        };
        if names.is_empty() { Err(TransportError::NoReader.into()) } else { Ok(names) }
    }

    /// The first card that can be identified. An error about a card counts for more than an empty reader.
    fn find(&mut self, reader: Option<&str>) -> Result<(String, Identity), ErrorReport> {
        self.search(reader, |_| true)
    }

    fn search(
        &mut self,
        reader: Option<&str>,
        wanted: impl Fn(&Identity) -> bool,
    ) -> Result<(String, Identity), ErrorReport> {
        let mut first_problem: Option<CardError> = None;
        for name in self.candidates(reader)? {
            let problem = match self.identify_in(&name) {
                Ok(card) if wanted(&card) => return Ok((name, card)),
                Ok(card) => CardError::NotEnrolled { kind: card.kind },
                // Every further reader would have to be waited for as well.
                Err(CardError::Transport { error, .. }) if error.is_of_the_service() => {
                    return Err(CardError::from(error).into());
                }
                Err(error) => error,
            };
            if first_problem.as_ref().is_none_or(is_empty_reader) {
                first_problem = Some(problem);
            }
        }
        Err(first_problem.unwrap_or_else(|| TransportError::NoCard.into()).into())
    }

    fn sign(&mut self, ask: SignAsk, asker: Option<BorrowedFd<'_>>) -> Result<Answer, ErrorReport> {
        if self.prompt.is_some() && ask.pin.is_some() {
            return Err(report("pin_not_here", "PINはカードリーダーのある端末で入力してください"));
        }
        // Before anything moves: what is no challenge is not signed, whatever the card.
        let challenge = ChallengeText::parse(&ask.challenge).map_err(CardError::from)?;
        let (reader, card) =
            self.search(ask.reader.as_deref(), |card| ask.enrolled.contains(&card.spki_sha256))?;
        let entry = match (&mut self.prompt, ask.pin) {
            (Some(prompt), _) => prompt
                .ask(&reader, &card, asker)
                .ok_or_else(|| report("pin_cancelled", "PINの入力が取り消されました"))?,
            (None, Some(pin)) => PinEntry { pin: pin.0, allow_last_try: ask.allow_last_try },
            (None, None) => return Err(report("pin_missing", "PINを入力してください")),
        };
        let order = SignOrder {
            challenge: &challenge,
            enrolled: &ask.enrolled,
            pin: &entry.pin,
            allow_last_try: entry.allow_last_try,
        };
        let signed = match self.readers.open(&reader) {
            Ok(mut card) => sign_challenge(card.as_mut(), &self.profiles, &order),
            Err(error) => Err(error.into()),
        };
        match signed {
            Ok(signed) => Ok(Answer::Signed(SignedReport::new(&reader, signed))),
            Err(error) => Err(self.with_tries_left(&reader, &ask.enrolled, error).into()),
        }
    }

    /// After an exchange that broke off: what the card says of its tries, if it lies there again.
    fn with_tries_left(&mut self, reader: &str, enrolled: &[SpkiHash], failed: CardError) -> CardError {
        let CardError::Transport {
            error: error @ (TransportError::Pulled | TransportError::Broken),
            tries_left: None,
        } = failed
        else {
            return failed;
        };
        let again = self.identify_in(reader).ok().filter(|card| enrolled.contains(&card.spki_sha256));
        CardError::Transport { error, tries_left: again.and_then(|card| card.tries_left) }
    }
}

fn is_empty_reader(error: &CardError) -> bool {
    matches!(error, CardError::Transport { error: TransportError::NoCard, .. })
}

fn report(code: &str, message: &str) -> ErrorReport {
    ErrorReport { code: code.to_owned(), message: SafeText::new(message), tries_left: None }
}

/// A helper that several connections share: a card is used by one of them at a time.
pub struct Shared {
    helper: Mutex<Helper>,
    /// Known without waiting for whoever uses the helper, a person who types a PIN perhaps.
    hello: Answer,
    longest_watch: Duration,
}

impl Shared {
    /// A helper to be shared.
    pub fn new(helper: Helper) -> Self {
        let hello = helper.hello();
        Self { helper: Mutex::new(helper), hello, longest_watch: LONGEST_WATCH }
    }

    /// With another longest wait for one question about a watched card.
    #[must_use]
    pub fn with_longest_watch(mut self, longest_watch: Duration) -> Self {
        self.longest_watch = longest_watch;
        self
    }

    pub(super) fn longest_watch(&self) -> Duration {
        self.longest_watch
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Helper> {
        // A connection that panicked left no half-made state behind: every answer opens its card anew.
        self.helper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says hello and answers line by line until the input ends.
pub fn serve<R: Read + AsFd, W: Write>(input: R, mut output: W, shared: &Shared) -> io::Result<()> {
    let asker = input.as_fd().try_clone_to_owned()?;
    let mut lines = LineReader::new(input);
    let mut watching = Watching::default();
    write_line(&mut output, &shared.hello)?;
    loop {
        let answer = match lines.next_line()? {
            None => return Ok(()),
            Some(line) => match json::from_slice::<Ask>(line) {
                Ok(Ask::Watch(ask)) => watching.answer(shared, ask),
                Ok(Ask::Await(ask)) => watch::await_move(shared, &ask),
                Ok(ask) => shared.lock().answer_for(ask, Some(asker.as_fd())),
                // The parser's message is not passed on: it may quote the line.
                Err(_) => {
                    Answer::Error(report("bad_request", "カードの補助プログラムが要求を理解できません"))
                }
            },
        };
        write_line(&mut output, &answer)?;
    }
}

/// [`serve`] over standard input and output, until the asking side closes its end. Unbuffered, because the library's
/// buffer of standard input would keep a PIN; without core dumps, which would keep it too. Whoever waits for a card
/// does not see that end close, so the process ends with the one that started it.
pub fn serve_stdio(helper: Helper) -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    serve(input, output, &Shared::new(helper))
}

fn write_line<W: Write>(output: &mut W, answer: &Answer) -> io::Result<()> {
    let mut line = json::to_vec_within(answer, 0, 1)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
