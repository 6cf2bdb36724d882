//! The filter of the summary: what is looked for, and how often it stands in the sections that are not on the screen.
//! Nobody may believe that a drug is absent because the wrong section is open.

use crate::domain::SafeText;
use crate::domain::enquiry::EnquiryId;
use crate::domain::period::Section;
use crate::domain::search::Wanted;
use crate::protocol::Request;
use crate::terminal::widgets::Editor;
use std::time::{Duration, Instant};

/// Counting is on record, so it is asked for when the typing pauses, not with every letter.
const PAUSE: Duration = Duration::from_millis(300);

/// A filter that is set or being typed.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) editor: Editor,
    /// It is being typed.
    pub(super) typing: bool,
    /// What was counted, and for which word.
    counted: Option<(SafeText, Vec<(Section, usize)>)>,
    /// When to count.
    due: Option<Instant>,
}

impl Finding {
    pub(super) fn new() -> Self {
        Self { editor: Editor::new(60), typing: true, counted: None, due: None }
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::new(self.editor.text())
    }

    /// The word changed.
    pub(super) fn edited(&mut self, now: Instant) {
        self.due = if self.is_counted() || self.wanted().is_empty() { None } else { Some(now + PAUSE) };
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The question to the station, once it is due.
    pub(super) fn ask(&mut self, enquiry: &EnquiryId) -> Request {
        self.due = None;
        Request::FindInSummary { enquiry: enquiry.clone(), text: self.editor.text().to_owned() }
    }

    pub(super) fn counted(&mut self, text: SafeText, hits: Vec<(Section, usize)>) {
        self.counted = Some((text, hits));
    }

    fn is_counted(&self) -> bool {
        let now = SafeText::new(self.editor.text());
        self.counted.as_ref().is_some_and(|(text, _)| *text == now)
    }

    /// 「この区分 2件  ほかの区分: 薬剤情報 1件」
    pub(super) fn words(&self, section: Section, here: usize, loading: bool) -> String {
        if self.wanted().is_empty() {
            return "文字を入力すると、この区分の行を絞り込み、ほかの区分の件数も数えます".to_owned();
        }
        let more = if loading { "以上（読込み中）" } else { "" };
        let others = match self.counted.as_ref().filter(|_| self.is_counted()) {
            None => "確認中…".to_owned(),
            Some((_, hits)) => {
                let others = hits.iter().filter(|(of, count)| *of != section && *count > 0);
                let others: Vec<String> =
                    others.map(|(of, count)| format!("{} {count}件", of.label())).collect();
                if others.is_empty() { "該当なし".to_owned() } else { others.join("・") }
            }
        };
        format!("この区分 {here}件{more}  ほかの区分: {others}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Finding {
        let mut finding = Finding::new();
        finding.editor.set(text);
        finding
    }

    #[test]
    fn other_sections_are_counted_for_this_word_only() {
        let now = Instant::now();
        let mut finding = typed("わーふぁ");
        finding.edited(now);
        assert_eq!(finding.due(), Some(now + PAUSE));
        assert!(finding.words(Section::Drugs, 0, false).ends_with("この区分 0件  ほかの区分: 確認中…"));
        let asked = finding.ask(&EnquiryId::parse("e00000000001").unwrap());
        assert!(matches!(asked, Request::FindInSummary { text, .. } if text == "わーふぁ"));
        assert_eq!(finding.due(), None);
        let hits = vec![(Section::Drugs, 0), (Section::EPrescription, 2), (Section::Visits, 0)];
        finding.counted("わーふぁ".into(), hits);
        assert_eq!(finding.words(Section::Drugs, 0, false), "この区分 0件  ほかの区分: 電子処方箋情報 2件");
        assert_eq!(finding.words(Section::EPrescription, 2, false), "この区分 2件  ほかの区分: 該当なし");
        finding.editor.set("わーふぁり");
        finding.edited(now);
        assert!(
            finding.words(Section::Drugs, 0, false).contains("確認中"),
            "counts of another word are not shown"
        );
        finding.editor.set("");
        finding.edited(now);
        assert_eq!(finding.due(), None, "nothing is asked for an empty word");
    }
}
