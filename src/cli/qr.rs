//! QR codes in the terminal, for authenticator apps.
//!
//! The colours are set for every cell, black on white, so that a picture is right on dark and on light terminals; the
//! quiet zone of four modules belongs to it, or of two where that alone makes the picture fit: readers want a border, not
//! its full width. Half blocks make it small enough for 80×24; where a terminal gives them two
//! cells (Tera Term in Japanese), the wide form does with blanks alone.

use qrcodegen::{QrCode, QrCodeEcc, QrSegment};
use zeroize::Zeroizing;

/// How it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Style {
    /// 半ブロック文字（1文字に縦2つ）
    Half,
    /// 空白だけ（1つに2文字。罫線が全角になる端末用）
    Wide,
    /// 表示しない
    None,
}

/// Modules around the code: as they should be, and as they may be.
pub(super) const QUIET: [i32; 2] = [4, 2];

/// A drawn code.
pub(super) struct Picture {
    /// Cells in a row.
    pub(super) columns: usize,
    /// The rows, each with its colours set and reset.
    pub(super) rows: Vec<Zeroizing<String>>,
}

/// Draws a text with so many quiet modules around it; `None` where it is too long for any code, or nothing is to be drawn.
pub(super) fn draw(text: &str, style: Style, quiet: i32) -> Option<Picture> {
    let code = QrCode::encode_segments(&segments(text), QrCodeEcc::Low).ok()?;
    let all = || -quiet..code.size() + quiet;
    let across = usize::try_from(code.size() + 2 * quiet).unwrap_or_default();
    match style {
        Style::None => None,
        Style::Half => {
            let cell = |x, y| match (code.get_module(x, y), code.get_module(x, y + 1)) {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => " ",
            };
            let row = |y| {
                let cells: String = all().map(|x| cell(x, y)).collect();
                Zeroizing::new(format!("\x1b[30;47m{cells}\x1b[0m"))
            };
            Some(Picture { columns: across, rows: all().step_by(2).map(row).collect() })
        }
        Style::Wide => {
            let cell = |x, y| if code.get_module(x, y) { "\x1b[40m  " } else { "\x1b[47m  " };
            let row = |y| {
                let cells: String = all().map(|x| cell(x, y)).collect();
                Zeroizing::new(format!("{cells}\x1b[0m"))
            };
            Some(Picture { columns: 2 * across, rows: all().map(row).collect() })
        }
    }
}

/// Long runs of capitals, digits and percent signs take less room in a mode of their own: the secret, and an issuer
/// whose kanji are percent-encoded. They decide whether the picture fits into 24 rows.
fn segments(text: &str) -> Vec<QrSegment> {
    const WORTH_IT: usize = 12;
    let dense = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
    let mut runs: Vec<(bool, String)> = Vec::new();
    for c in text.chars() {
        match runs.last_mut() {
            Some((kind, run)) if *kind == dense(c) => run.push(c),
            _ => runs.push((dense(c), c.to_string())),
        }
    }
    let mut merged: Vec<(bool, String)> = Vec::new();
    for (kind, run) in runs {
        let kind = kind && run.len() >= WORTH_IT;
        match merged.last_mut() {
            Some((before, so_far)) if *before == kind => so_far.push_str(&run),
            _ => merged.push((kind, run)),
        }
    }
    merged
        .iter()
        .map(|(dense, run)| match dense {
            true => QrSegment::make_alphanumeric(run),
            false => QrSegment::make_bytes(run.as_bytes()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules of a picture, from what a terminal would show: `true` is black.
    fn seen(picture: &Picture, style: Style) -> Vec<Vec<bool>> {
        let mut modules = Vec::new();
        for row in &picture.rows {
            assert!(row.ends_with("\x1b[0m"), "colours end with the row");
            match style {
                Style::Half => {
                    let cells = row.strip_prefix("\x1b[30;47m").unwrap().strip_suffix("\x1b[0m").unwrap();
                    modules.push(cells.chars().map(|c| "█▀".contains(c)).collect());
                    modules.push(cells.chars().map(|c| "█▄".contains(c)).collect());
                }
                _ => modules.push(
                    row.split("\x1b[")
                        .filter_map(|cell| cell.strip_suffix("  "))
                        .map(|colour| colour == "40m")
                        .collect(),
                ),
            }
        }
        modules
    }

    /// Reads modules as a camera would: four pixels each, by somebody else's reader.
    fn read(modules: &[Vec<bool>]) -> String {
        const SCALE: usize = 4;
        let (width, height) = (modules[0].len() * SCALE, modules.len() * SCALE);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if modules[y / SCALE][x / SCALE] { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code is found");
        grids[0].decode().unwrap().1
    }

    #[test]
    fn what_is_drawn_is_read_by_another_program() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let facility = "%E6%9E%B6%E7%A9%BA%E7%B7%8F%E5%90%88%E7%97%85%E9%99%A2";
        let long = "x".repeat(600);
        for text in [
            format!("otpauth://totp/sato?secret={secret}&issuer={facility}").as_str(),
            "otpauth://totp/sato?secret=A&issuer=ABC",
            "ABCDEFGHIJKLMNOP",
            "a",
            &long,
        ] {
            for (style, quiet) in [Style::Half, Style::Wide].into_iter().flat_map(|s| QUIET.map(|q| (s, q))) {
                let picture = draw(text, style, quiet).unwrap();
                assert_eq!(read(&seen(&picture, style)), text, "{style:?} {quiet}");
            }
            assert!(draw(text, Style::None, 4).is_none());
        }
        assert!(draw(&"x".repeat(5_000), Style::Half, 4).is_none(), "too long for any");
    }

    #[test]
    fn the_usual_one_fits_into_24_rows_with_its_quiet_zone() {
        let kanji = "%E6%9E%B6";
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (letters, quiet) in [(6, 4), (10, 2)] {
            let facility = kanji.repeat(letters);
            let uri = format!("otpauth://totp/dr.sato?secret={secret}&issuer={facility}");
            let picture = draw(&uri, Style::Half, quiet).unwrap();
            assert!(picture.columns <= 79 && picture.rows.len() <= 23, "{}", picture.rows.len());
            let modules = seen(&picture, Style::Half);
            let quiet = usize::try_from(quiet).unwrap();
            assert!(modules[..quiet].iter().flatten().all(|black| !black));
            assert!(modules.iter().all(|row| row[..quiet].iter().all(|black| !black)));
            assert!(modules[quiet][quiet], "and the code begins after it");
        }
    }
}
