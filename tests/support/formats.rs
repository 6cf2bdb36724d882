//! What the exported formats are held against: the published schemas, by tools that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Python's reader of CSV sees the same columns in every row, and no cell that a spreadsheet would run.
const READ: &str = "
import csv, sys
rows = list(csv.reader(open(sys.argv[1], encoding='utf-8-sig', newline='')))
assert len({len(row) for row in rows}) == 1, {len(row) for row in rows}
for row in rows:
    for cell in row:
        assert not cell.lstrip()[:1] in tuple('=+-@|%'), cell
        assert not any(c in cell for c in '\\t\\r\\n'), cell
print(len(rows), rows[0][0], rows[-1][0])
";

const VALIDATE: &str = "
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
check = jsonschema.Draft6Validator(schema)
count = 0
for line in open(sys.argv[2], encoding='utf-8'):
    for error in check.iter_errors(json.loads(line)):
        sys.exit(f'line {count + 1}: {list(error.absolute_path)}: {error.message}')
    count += 1
print(count)
";

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a table: how many rows, the first cell of the first, and the first of the last.
pub fn read_csv(file: &Path) -> String {
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.starts_with(b"\xEF\xBB\xBF"), "Excel needs the mark");
    let out = Command::new("python3").args(["-c", READ]).arg(file).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// Whether files are audit messages by the standard's schema, and what xmllint said.
pub fn are_messages(files: &[PathBuf]) -> (bool, String) {
    let schema = repository().join("fixtures/schemas/dicom-audit-message.rng");
    let mut xmllint = Command::new("xmllint");
    let checked = xmllint.args(["--noout", "--relaxng"]).arg(schema).args(files).output().unwrap();
    (checked.status.success(), String::from_utf8_lossy(&checked.stderr).into_owned())
}

/// How many lines are audit events by HL7's schema, or what is wrong with the first that is none.
///
/// Debian's python3 has the package that tests/run.sh installs; another one in the path may have it too.
pub fn count_events(file: &Path) -> Result<usize, String> {
    let has_it = |python: &&str| {
        Command::new(python).args(["-c", "import jsonschema"]).output().is_ok_and(|out| out.status.success())
    };
    let python = ["python3", "/usr/bin/python3"].into_iter().find(has_it);
    let python = python.expect("python3-jsonschema is missing; tests/run.sh installs it");
    let schema = repository().join("fixtures/schemas/fhir-r4-auditevent.schema.json");
    let out =
        Command::new(python).args(["-W", "ignore", "-c", VALIDATE]).arg(schema).arg(file).output().unwrap();
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).trim().parse().unwrap())
    } else {
        Err(String::from_utf8_lossy(&out.stderr).into_owned())
    }
}
