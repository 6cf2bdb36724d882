//! The file exchange with オンライン資格確認等連携ソフト, the only way in and out of the national system.
//!
//! Only the station enters. The room writes requests ([`request`]), watches the shared folder from a thread of its
//! own ([`folder`]), reads answers strictly ([`answer`]) and says which request an answer belongs to
//! ([`matching`]). Every name on the wire lives in the [`dialect`]. Whether an answer is about the right *person*
//! is judged in `domain`, never here.

pub mod answer;
pub mod dialect;
pub mod folder;
pub mod matching;
pub mod request;
mod xml_write;

pub use answer::{AnswerError, MAX_ANSWER_BYTES, ParsedAnswer, Segment};
pub use dialect::{Dialect, DialectError, RequestId, StationTag, Steps};
pub use folder::{Folder, FolderCommand, FolderConfig, FolderEvent, LinkState, LinkTrouble};
pub use matching::{Matching, MismatchReason, Outstanding, match_answer};
pub use request::{AnswerFile, ConsentFlag, RequestError, RequestFile, RequestKey, RequestKind, RequestSpec};
