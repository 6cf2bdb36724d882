//! Reading a dialect file: complete, nothing unknown, every value allowed for its place.

use super::check::Check;
use super::error::{DialectError, DialectProblem};
use super::suffix::Suffix;
use super::terms::{
    AnswerNames, CodeValues, DrugNames, FileNames, FolderNames, Marks, MessageNames, MethodFlags,
    PersonNames, RequestNames, SummaryNames, Terms,
};
use super::{AssumedEntry, Dialect, Folders, Methods, Steps, Width};
use crate::domain::SafeText;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Tables in which two entries with one value would make an answer ambiguous.
const DISTINCT: [&str; 11] = [
    "elements.person",
    "codes.consent",
    "codes.authority",
    "codes.information",
    "codes.file",
    "codes.sex",
    "codes.segment",
    "codes.status",
    "codes.validity",
    "codes.in_out",
    "codes.character",
];

/// One table of the file, as far as it was there.
pub(super) struct Section<'a> {
    path: &'static str,
    table: Option<DeTable<'a>>,
    start: usize,
}

/// Collects entries and faults over the whole file.
pub(super) struct Loader<'a> {
    text: &'a str,
    root: DeTable<'a>,
    problems: Vec<DialectProblem>,
    assumed: Vec<AssumedEntry>,
}

/// Reads and checks the whole text.
pub(super) fn parse(text: &str) -> Result<Dialect, DialectError> {
    let root = DeTable::parse(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        let sentence = error.message().to_owned();
        let cause = Box::new(error);
        DialectError::Syntax { at: DialectProblem { line, column, sentence }, cause }
    })?;
    let mut loader = Loader { text, root: root.into_inner(), problems: Vec::new(), assumed: Vec::new() };
    let dialect = loader.dialect();
    loader.problems.sort_by_key(|problem| (problem.line, problem.column));
    match dialect {
        Some(mut dialect) if loader.problems.is_empty() => {
            loader.assumed.sort_by_key(|entry| entry.line);
            dialect.assumed = loader.assumed;
            Ok(dialect)
        }
        _ => Err(DialectError::Invalid(loader.problems)),
    }
}

impl<'a> Loader<'a> {
    fn dialect(&mut self) -> Option<Dialect> {
        let top = self.top();
        let title = self.title(&top);
        let steps = self.terms(&top, "steps", Check::Steps);
        let width = self.terms(&top, "identifier_width", Check::Width);
        let methods = MethodFlags::load(self, "methods");
        let folders = FolderNames::load(self, "folders");
        let files = FileNames::load(self, "files");
        let message = MessageNames::load(self, "elements.message");
        let request = RequestNames::load(self, "elements.request");
        let answer = AnswerNames::load(self, "elements.answer");
        let person = PersonNames::load(self, "elements.person");
        let summary = SummaryNames::load(self, "elements.summary");
        let receipt = DrugNames::load(self, "elements.receipt");
        let dispensing = DrugNames::load(self, "elements.dispensing");
        let prescription = DrugNames::load(self, "elements.prescription");
        let codes = CodeValues::load(self);
        let marks = Marks::load(self, "marks");
        self.unknown_tables();
        self.prefixes_apart(&files);
        let on = |flag: &Terms| flag.first() == "true";
        Some(Dialect {
            text: self.text.into(),
            title,
            fingerprint: fingerprint(self.text),
            steps: if steps.first() == "one" { Steps::One } else { Steps::Two },
            identifier_width: match width.first() {
                "half" => Width::Half,
                "full" => Width::Full,
                _ => Width::AsTyped,
            },
            methods: Methods {
                my_number_card: on(&methods.my_number_card),
                certificate: on(&methods.certificate),
                four_items: on(&methods.four_items),
                medical_assistance: on(&methods.medical_assistance),
            },
            folders: Folders {
                requests: folders.requests.first().to_owned(),
                answers: folders.answers.first().to_owned(),
                face: folders.face.first().to_owned(),
            },
            assumed: Vec::new(),
            suffix: Suffix::template(files.suffix.first())?,
            files,
            message,
            request,
            answer,
            person,
            summary,
            receipt,
            dispensing,
            prescription,
            codes,
            dialysis_marks: marks.dialysis,
        })
    }

    /// The entries that stand before the first table.
    fn top(&mut self) -> Section<'a> {
        let mut table = DeTable::new();
        for (key, value) in &self.root {
            if value.get_ref().as_table().is_none()
                || ["steps", "identifier_width"].contains(&key.get_ref().as_ref())
            {
                table.insert(key.clone(), value.clone());
            }
        }
        let section = Section { path: "", table: Some(table), start: 0 };
        self.unknown_keys(&section, &["title", "steps", "identifier_width"]);
        section
    }

    fn title(&mut self, top: &Section<'a>) -> String {
        let found = top.table.as_ref().and_then(|table| table.get("title"));
        match found.and_then(|value| value.get_ref().as_str()) {
            Some(title) if !title.trim().is_empty() && title.chars().count() <= 40 => {
                SafeText::new(title.trim()).as_str().to_owned()
            }
            _ => {
                let at = found.map_or(0, |value| value.span().start);
                self.problem(at, "「title」がないか、1～40文字の文字列ではありません".to_owned());
                String::new()
            }
        }
    }

    /// Takes the table at a dotted path and refuses keys that nobody reads.
    pub(super) fn section(&mut self, path: &'static str, keys: &[&str]) -> Section<'a> {
        let mut start = 0;
        let mut table: Option<&DeTable<'a>> = Some(&self.root);
        for name in path.split('.') {
            let value = table.and_then(|table| table.get(name));
            start = value.map_or(start, |value| value.span().start);
            table = value.and_then(|value| value.get_ref().as_table());
        }
        let section = Section { path, table: table.cloned(), start };
        if section.table.is_none() {
            self.problem(start, format!("表 [{path}] がありません。既定の方言から写してください"));
        }
        self.unknown_keys(&section, keys);
        section
    }

    /// Takes one entry; what it gives back after a fault is never used.
    pub(super) fn terms(&mut self, section: &Section<'a>, key: &'static str, check: Check) -> Terms {
        let Some(table) = &section.table else { return Terms::default() };
        let path = if section.path.is_empty() { key.to_owned() } else { format!("{}.{key}", section.path) };
        let Some(entry) = table.get(key) else {
            self.problem(section.start, format!("「{path}」がありません。既定の方言から写してください"));
            return Terms::default();
        };
        let Some((status, value)) = status_of(entry.get_ref()) else {
            let form = "{ known = … } か { assumed = … } のどちらか一つで書いてください";
            self.problem(entry.span().start, format!("「{path}」は {form}"));
            return Terms::default();
        };
        let at = value.span().start;
        let Some(values) = strings(value.get_ref()) else {
            self.problem(at, format!("「{path}」の値は{}で書いてください", check.rule()));
            return Terms::default();
        };
        let count_ok = match check {
            Check::Elements => true,
            _ if check.single() => values.len() == 1,
            _ => !values.is_empty(),
        };
        if !count_ok || !values.iter().all(|value| check.accepts(value)) {
            let shown = SafeText::new(&values.join("、"));
            self.problem(
                at,
                format!("「{path}」の値「{shown}」は使えません。{}にしてください", check.rule()),
            );
            return Terms::default();
        }
        self.distinct(section, key, &values, at);
        if status == "assumed" {
            let line = position(self.text, entry.span().start).0;
            self.assumed.push(AssumedEntry { key: path, value: values.join(", "), line });
        }
        Terms(values)
    }

    fn distinct(&mut self, section: &Section<'a>, key: &str, values: &[String], at: usize) {
        if !DISTINCT.contains(&section.path) {
            return;
        }
        let twin = section.table.iter().flatten().find_map(|(other, entry)| {
            let name = other.get_ref().as_ref();
            let others = status_of(entry.get_ref()).and_then(|(_, value)| strings(value.get_ref()))?;
            // Each pair is named once, at the later of the two.
            let earlier = name != key && entry.span().start < at;
            (earlier && others.iter().any(|value| values.contains(value))).then(|| name.to_owned())
        });
        if let Some(twin) = twin {
            self.problem(
                at,
                format!("「{}.{key}」と「{twin}」が同じ値です。別の値にしてください", section.path),
            );
        }
    }

    /// A prefix that begins another would make a file name mean two things.
    fn prefixes_apart(&mut self, files: &FileNames) {
        let all = [
            &files.person_search_request,
            &files.person_search_answer,
            &files.emergency_request,
            &files.emergency_answer,
            &files.face_result,
        ]
        .map(Terms::first);
        for (index, first) in all.iter().enumerate() {
            for second in all.iter().skip(index + 1) {
                let clash = first.starts_with(second) || second.starts_with(first);
                if clash && !first.is_empty() && !second.is_empty() {
                    let at = self.text.rfind(second).unwrap_or(0);
                    let both = format!("「{first}」と「{second}」");
                    self.problem(
                        at,
                        format!("[files] の{both}は先頭が重なり区別できません。別の名前にしてください"),
                    );
                }
            }
        }
    }

    fn unknown_keys(&mut self, section: &Section<'a>, keys: &[&str]) {
        let unknown: Vec<(usize, String)> = section
            .table
            .iter()
            .flatten()
            .filter(|(key, _)| !keys.contains(&key.get_ref().as_ref()))
            .map(|(key, _)| (key.span().start, SafeText::new(key.get_ref()).as_str().to_owned()))
            .collect();
        for (at, key) in unknown {
            self.problem(
                at,
                format!("「{key}」という項目は使いません。綴りを確かめるか、行を消してください"),
            );
        }
    }

    fn unknown_tables(&mut self) {
        let tables =
            ["methods", "folders", "files", "elements", "codes", "marks", "steps", "identifier_width"];
        let elements =
            ["message", "request", "answer", "person", "summary", "receipt", "dispensing", "prescription"];
        let codes = [
            "consent",
            "authority",
            "treatment",
            "information",
            "file",
            "factor_kind",
            "factor_method",
            "sex",
            "segment",
            "status",
            "result",
            "validity",
            "in_out",
            "character",
            "receipt_class",
        ];
        let inner = |name: &str| self.root.get(name).and_then(|v| v.get_ref().as_table()).cloned();
        let top = self.root.iter().filter(|(_, value)| value.get_ref().is_table());
        let top = Section {
            path: "",
            table: Some(top.map(|(key, value)| (key.clone(), value.clone())).collect()),
            start: 0,
        };
        let elements_table = Section { path: "elements", table: inner("elements"), start: 0 };
        let codes_table = Section { path: "codes", table: inner("codes"), start: 0 };
        self.unknown_keys(&top, &tables);
        self.unknown_keys(&elements_table, &elements);
        self.unknown_keys(&codes_table, &codes);
    }

    fn problem(&mut self, offset: usize, sentence: String) {
        let (line, column) = position(self.text, offset);
        self.problems.push(DialectProblem { line, column, sentence });
    }
}

/// `known` or `assumed`, and the value; `None` unless it is exactly one of them.
fn status_of<'t, 'a>(entry: &'t DeValue<'a>) -> Option<(&'static str, &'t Spanned<DeValue<'a>>)> {
    let table = entry.as_table()?;
    let mut pairs = table.iter();
    let (key, value) = pairs.next()?;
    let status = ["known", "assumed"].into_iter().find(|status| key.get_ref() == status)?;
    if pairs.next().is_some() { None } else { Some((status, value)) }
}

fn strings(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::String(text) => Some(vec![text.as_ref().to_owned()]),
        DeValue::Boolean(flag) => Some(vec![flag.to_string()]),
        DeValue::Array(items) => {
            items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        }
        _ => None,
    }
}

fn fingerprint(text: &str) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(text.as_bytes());
    data_encoding::HEXLOWER.encode(hash.get(..8).unwrap_or_default())
}

/// Line and column, both from 1, the column in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or("").chars().count() + 1)
}
