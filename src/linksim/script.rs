//! The ways of delivering one answer, right and wrong.

use std::time::Duration;

use super::answer::{self, Content, Envelope, Rendered};
use super::behaviour::{Behaviour, Manner};
use super::book::Book;
use super::coding::Coding;
use super::scenario::Settings;

/// Something that will happen to an answer file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    /// After the request was taken.
    pub(super) after: Duration,
    /// What.
    pub(super) act: Act,
}

/// The ways of putting bytes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Whole, in one step.
    Whole(Rendered),
    /// A part under the final name; the first one makes the file.
    Part {
        /// `pdf` instead of `xml`.
        pdf: bool,
        /// The bytes of this part.
        bytes: Vec<u8>,
        /// Whether the file begins here.
        first: bool,
    },
}

/// One answer and the ways of delivering it.
pub(super) struct Script<'b> {
    /// The data.
    pub(super) book: &'b Book,
    /// The times of the behaviours.
    pub(super) settings: &'b Settings,
    /// The head.
    pub(super) envelope: Envelope,
    /// What is said.
    pub(super) content: Content<'b>,
    /// In which encoding.
    pub(super) coding: Coding,
    /// From taking to the first answer.
    pub(super) after: Duration,
}

impl<'b> Script<'b> {
    /// What will happen, in order of time. `search` says whether a person search was asked.
    pub(super) fn play(mut self, behaviour: Behaviour, manner: &Manner, search: bool) -> Vec<Delivery> {
        let timing = self.settings.timing;
        match behaviour {
            Behaviour::NeverAnswered | Behaviour::NeverTaken => Vec::new(),
            Behaviour::Normal | Behaviour::Late | Behaviour::Doctype | Behaviour::RawControls => {
                vec![self.whole(0)]
            }
            Behaviour::Processing | Behaviour::ProcessingForever => {
                let first = self.render(&Content::Processing);
                let mut deliveries = vec![self.at(0, Act::Whole(first))];
                if behaviour == Behaviour::Processing {
                    deliveries.push(self.whole(timing.processing_ms));
                }
                deliveries
            }
            Behaviour::Error | Behaviour::StatusError | Behaviour::ResultCode => {
                self.fail(behaviour, manner, search);
                vec![self.whole(0)]
            }
            Behaviour::DuplicateSame => vec![self.whole(0), self.whole(timing.duplicate_ms)],
            Behaviour::DuplicateDifferent => {
                let first = self.whole(0);
                let bytes = self.differently();
                vec![first, self.at(timing.duplicate_ms, Act::Whole(bytes))]
            }
            Behaviour::HalfWritten => self.in_parts(timing.half_written_ms),
            Behaviour::Truncated => self.in_parts(0).into_iter().take(1).collect(),
            Behaviour::EmptyFile => {
                let empty = Act::Part { pdf: self.is_pdf(), bytes: Vec::new(), first: true };
                vec![self.at(0, empty)]
            }
            Behaviour::WrongPerson => {
                if let Some(stranger) = manner.wrong_person.as_deref().and_then(|id| self.book.patient(id)) {
                    self.content = match self.content {
                        Content::Medical(_, wanted) => Content::Medical(stranger, wanted),
                        _ => Content::Persons(vec![stranger]),
                    };
                }
                vec![self.whole(0)]
            }
            Behaviour::WrongIdentifier => {
                self.envelope.identifier =
                    format!("zz{}", self.envelope.identifier).chars().take(20).collect();
                vec![self.whole(0)]
            }
            Behaviour::Mislabelled if self.is_pdf() => vec![self.whole(0)],
            Behaviour::Mislabelled => {
                let text = answer::document(self.book, &self.envelope, &self.content, Coding::ShiftJis);
                let bytes = text.into_bytes();
                vec![self.at(0, Act::Whole(Rendered { bytes, pdf: false, coding: Some(Coding::ShiftJis) }))]
            }
        }
    }

    /// Puts the failure that the behaviour asks for in the place of the content.
    fn fail(&mut self, behaviour: Behaviour, manner: &Manner, search: bool) {
        let code = |usual: &str| manner.error_code.clone().unwrap_or_else(|| usual.to_owned());
        let message = |usual: &str| manner.error_message.clone().unwrap_or_else(|| usual.to_owned());
        self.content = match behaviour {
            Behaviour::StatusError => Content::StatusFailure {
                code: code("EMS30002"),
                message: message("資格情報の照会中にエラーが発生しました"),
            },
            Behaviour::ResultCode if search => return,
            Behaviour::ResultCode => Content::MedicalFailure {
                code: code("2"),
                message: message("救急時医療情報を取得できませんでした"),
            },
            _ => Content::Failure {
                code: code("EMS30001"),
                message: message("オンライン資格確認等システムでエラーが発生しました"),
            },
        };
    }

    fn is_pdf(&self) -> bool {
        matches!(&self.content, Content::Medical(_, wanted) if wanted.pdf)
    }

    fn at(&self, more_ms: u64, act: Act) -> Delivery {
        Delivery { after: self.after + Duration::from_millis(more_ms), act }
    }

    fn render(&self, content: &Content<'b>) -> Rendered {
        answer::render(self.book, &self.envelope, content, self.coding)
    }

    fn whole(&self, more_ms: u64) -> Delivery {
        self.at(more_ms, Act::Whole(self.render(&self.content)))
    }

    /// The same question answered differently: a later time, and one fact changed.
    fn differently(&mut self) -> Rendered {
        let mut other = None;
        if let Content::Medical(patient, _) = &self.content {
            other = Some((*patient).clone());
        } else if let Content::Persons(found) = &self.content {
            other = found.first().map(|patient| (*patient).clone());
        }
        let later = Duration::from_millis(self.settings.timing.duplicate_ms).max(Duration::from_secs(1));
        self.envelope.time = self.envelope.time.checked_add(later).unwrap_or(self.envelope.time);
        let Some(mut changed) = other else { return self.render(&self.content) };
        changed.record = None;
        changed.address.push_str("（転居後）");
        let content = match self.content {
            Content::Medical(_, wanted) => Content::Medical(&changed, wanted),
            _ => Content::Persons(vec![&changed]),
        };
        answer::render(self.book, &self.envelope, &content, self.coding)
    }

    /// Two fifths at first, the next two in the middle, the rest at the end.
    fn in_parts(&self, over_ms: u64) -> Vec<Delivery> {
        let Rendered { bytes, pdf, .. } = self.render(&self.content);
        let fifth = bytes.len() / 5;
        let (start, rest) = bytes.split_at(fifth * 2);
        let (middle, end) = rest.split_at(fifth * 2);
        [(0, start), (over_ms / 2, middle), (over_ms, end)]
            .into_iter()
            .enumerate()
            .map(|(place, (more, part))| {
                self.at(more, Act::Part { pdf, bytes: part.to_vec(), first: place == 0 })
            })
            .collect()
    }
}
