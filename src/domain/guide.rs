//! For tests: the guide's tables, copied as text into `fixtures/guide/`.

/// 表4.1.4-2, the cautions.
pub(super) const CAUTIONS: &str = include_str!("../../fixtures/guide/t4.1.4-2.txt");
/// 表4.1.4-3, the periods.
pub(super) const PERIODS: &str = include_str!("../../fixtures/guide/t4.1.4-3.txt");

/// A text without what the conversion from PDF put in: tags of its lists, bullets, and the white space of its
/// line breaks.
pub(super) fn plain(text: &str) -> String {
    let mut in_tag = false;
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            '➤' => {}
            c if in_tag || c.is_whitespace() => {}
            c => plain.push(c),
        }
    }
    plain
}

/// The rows of a table as cells; a row that begins with a tab goes on from the row before (a page ended there).
pub(super) fn rows(table: &str, columns: usize) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in table.lines().filter(|line| line.matches('\t').count() + 1 == columns) {
        let cells: Vec<String> = line.split('\t').map(plain).collect();
        match rows.last_mut() {
            Some(last) if line.starts_with('\t') => {
                last.iter_mut().zip(&cells).for_each(|(whole, rest)| whole.push_str(rest));
            }
            _ if cells[0] == "表示タイミング" => {}
            _ => rows.push(cells),
        }
    }
    rows
}

/// Where the guide itself lies beside the project, the copies must be parts of it, byte for byte.
#[test]
fn the_copies_are_the_guides() {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/spec");
    let Ok(folder) = std::fs::read_dir(beside) else { return };
    let texts: Vec<String> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for copy in [CAUTIONS, PERIODS] {
        assert!(texts.is_empty() || texts.iter().any(|text| text.contains(copy)), "{copy}");
    }
}
