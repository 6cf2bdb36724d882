//! The ways in which a link software can go right or wrong, as data.

use serde::Deserialize;

/// What happens to a request. The names in the data files are these in snake_case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Behaviour {
    /// Taken, answered once, whole.
    #[default]
    Normal,
    /// Answered only after `late_ms`.
    Late,
    /// First SegmentOfResult 2 (処理中), later the answer under the same name.
    Processing,
    /// 処理中 and never more.
    ProcessingForever,
    /// SegmentOfResult 9 with ErrorCode and ErrorMessage.
    Error,
    /// ProcessingResultStatus 2 with a code that is neither 0 nor 6 hits.
    StatusError,
    /// The medical service fails: ResultCode other than 1, with MessageContents. A person search goes well.
    ResultCode,
    /// The same bytes a second time.
    DuplicateSame,
    /// A second answer that says something else.
    DuplicateDifferent,
    /// The file appears short and grows.
    HalfWritten,
    /// The file appears short and stays so.
    Truncated,
    /// An empty file, and nothing more.
    EmptyFile,
    /// The answer is about somebody else (`wrong_person`).
    WrongPerson,
    /// ArbitraryFileIdentifier of some other request.
    WrongIdentifier,
    /// Declared Shift_JIS, written in UTF-8.
    Mislabelled,
    /// With a DOCTYPE that declares an external entity.
    Doctype,
    /// C0 controls as the bytes themselves instead of as references.
    RawControls,
    /// Taken, never answered.
    NeverAnswered,
    /// Not even taken.
    NeverTaken,
}

impl Behaviour {
    /// A few words for the report.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Normal => "通常",
            Self::Late => "遅れて応答",
            Self::Processing => "処理中のあと応答",
            Self::ProcessingForever => "処理中のまま",
            Self::Error => "異常（SegmentOfResult 9）",
            Self::StatusError => "エラー（ProcessingResultStatus 2）",
            Self::ResultCode => "医療情報の取得失敗（ResultCode）",
            Self::DuplicateSame => "同じ応答を2回",
            Self::DuplicateDifferent => "異なる応答を2回",
            Self::HalfWritten => "書きかけから完成",
            Self::Truncated => "書きかけのまま",
            Self::EmptyFile => "空のファイル",
            Self::WrongPerson => "別人の応答",
            Self::WrongIdentifier => "別の要求の識別子",
            Self::Mislabelled => "文字コードの宣言違い",
            Self::Doctype => "DOCTYPE付き",
            Self::RawControls => "制御文字をそのまま書く",
            Self::NeverAnswered => "取り込むが応答しない",
            Self::NeverTaken => "取り込まない",
        }
    }
}

/// The requests to which a behaviour applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Every request.
    #[default]
    Both,
    /// The person search (4情報) only.
    Search,
    /// The request for medical information only.
    Medical,
}

impl Step {
    /// Whether a request that is (or is not) a person search is meant.
    pub(super) fn covers(self, search: bool) -> bool {
        match self {
            Self::Both => true,
            Self::Search => search,
            Self::Medical => !search,
        }
    }
}

/// How somebody's requests are treated; the fields are the same for a patient and for `[force]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manner {
    /// What happens; nothing said means normal.
    pub(super) behaviour: Option<Behaviour>,
    /// To which requests that applies.
    #[serde(default)]
    pub(super) on: Step,
    /// Milliseconds until the answer, instead of the general delay (and instead of `late_ms`).
    pub(super) delay_ms: Option<u64>,
    /// For `error`, `status_error`, `result_code`.
    pub(super) error_code: Option<String>,
    /// For `error`, `status_error`, `result_code`.
    pub(super) error_message: Option<String>,
    /// For `wrong_person`: the id of the patient who is in the answer.
    pub(super) wrong_person: Option<String>,
}

impl Manner {
    /// This manner, with whatever `force` says for such a request put over it.
    pub(super) fn under(self, force: Option<&Self>, search: bool) -> Self {
        let Some(force) = force.filter(|force| force.on.covers(search)).cloned() else { return self };
        Self {
            on: if force.behaviour.is_some() { force.on } else { self.on },
            behaviour: force.behaviour.or(self.behaviour),
            delay_ms: force.delay_ms.or(self.delay_ms),
            error_code: force.error_code.or(self.error_code),
            error_message: force.error_message.or(self.error_message),
            wrong_person: force.wrong_person.or(self.wrong_person),
        }
    }

    /// The behaviour towards a request.
    pub(super) fn behaviour(&self, search: bool) -> Behaviour {
        self.behaviour.filter(|_| self.on.covers(search)).unwrap_or_default()
    }
}
